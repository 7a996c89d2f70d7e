"""Drivers that fail or lie, and people who change things at the worst moment."""

import json
import os
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import dns.update
import psycopg
import pymysql

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.node.planning.driver import Check, Driver
from panggon.core.node.planning.resources import Attributes, Key, Kind, Observation
from panggon.core.sites.kinds import PythonApplication
from panggon.core.sites.spec import Engine, SiteKind, SiteSpec
from panggon.drivers.file_systems import storage
from panggon.drivers.nginx import control
from panggon.drivers.system import asking
from panggon.engine.observe import Drivers
from tests.faults.machine import Machine

NOBODY = 65534
JUDI = "https://judi.example"


@dataclass
class Wrapped:
    """A driver as it is; what fails or lies changes one of its verbs."""

    driver: Driver

    def read(self, key: Key) -> Observation:
        return self.driver.read(key)

    def write(self, key: Key, after: Attributes | None) -> None:
        self.driver.write(key, after)

    def probe(self, key: Key, *, spec: SiteSpec) -> tuple[Check, ...]:
        return self.driver.probe(key, spec=spec)


@dataclass(frozen=True)
class Around(ABC):
    """The machine's drivers, of which one kind is another."""

    kind: Kind

    def __call__(self, drivers: Drivers) -> Drivers:
        return {kind: self.other(each) if kind is self.kind else each for kind, each in drivers.items()}

    @abstractmethod
    def other(self, driver: Driver) -> Driver:
        """What stands in for this driver."""


@dataclass(frozen=True)
class Refuted(Around):
    """Nothing of this kind can be proven, so that everything is taken back."""

    def other(self, driver: Driver) -> Driver:
        return _Unproven(driver)


@dataclass(frozen=True)
class Failing(Around):
    """The verb fails so many times, for now or for good; `late`: after it has done its work."""

    verb: str
    times: int
    permanent: bool
    late: bool

    def other(self, driver: Driver) -> Driver:
        return _Failing(driver, self)


@dataclass(frozen=True)
class Lying(Around):
    """Says that it wrote, and did not."""

    def other(self, driver: Driver) -> Driver:
        return _Lying(driver)


@dataclass(frozen=True)
class Unheard:
    """The agent tells nginx nothing."""

    def __call__(self, drivers: Drivers) -> Drivers:
        control.forget = lambda *_, **__: None
        return drivers


@dataclass(frozen=True)
class Meddled(Around):
    """Somebody changes something right after this kind was written."""

    meddle: Callable[[], None]

    def other(self, driver: Driver) -> Driver:
        return _Meddled(driver, self.meddle)


class _Unproven(Wrapped):
    def probe(self, key: Key, *, spec: SiteSpec) -> tuple[Check, ...]:
        return (Check(f"{key.kind}.refuted", ok=False, detail="by the test"),)


class _Lying(Wrapped):
    def write(self, key: Key, after: Attributes | None) -> None:
        pass


@dataclass
class _Meddled(Wrapped):
    meddle: Callable[[], None]

    def write(self, key: Key, after: Attributes | None) -> None:
        super().write(key, after)
        self.meddle()


@dataclass
class _Failing(Wrapped):
    how: Failing
    failures: int = field(default=0)

    def read(self, key: Key) -> Observation:
        return self._failing("read", lambda: super(_Failing, self).read(key))

    def write(self, key: Key, after: Attributes | None) -> None:
        self._failing("write", lambda: super(_Failing, self).write(key, after))

    def probe(self, key: Key, *, spec: SiteSpec) -> tuple[Check, ...]:
        return self._failing("probe", lambda: super(_Failing, self).probe(key, spec=spec))

    def _failing(self, verb: str, act: Callable[[], Any]) -> Any:
        due = verb == self.how.verb and self.failures < self.how.times
        if not due:
            return act()
        self.failures += 1
        if self.how.late:
            act()
        kind = PermanentError if self.how.permanent else TemporaryError
        raise kind("test.fault", f"{verb} by the test")


@dataclass(frozen=True)
class Meddling:
    """What a person, a program or a mishap does to one site, by name."""

    machine: Machine
    spec: SiteSpec
    name: str

    def __call__(self) -> None:
        MEDDLINGS[self.name](self.machine, self.spec)


def _tree(machine: Machine, spec: SiteSpec) -> Path:
    return machine.sites_folder / spec.site


def _other_link(machine: Machine, spec: SiteSpec, state: str) -> None:
    link = machine.layout.hosting / "live" / spec.host
    link.unlink(missing_ok=True)
    link.symlink_to(f"../{state}/{spec.site}")


def _document(machine: Machine, spec: SiteSpec, **members: Any) -> None:
    path = _tree(machine, spec) / "site.json"
    if path.exists():
        path.write_text(json.dumps({**json.loads(path.read_text()), **members}))


def _sql(machine: Machine, spec: SiteSpec, *, mariadb: str, postgresql: str) -> None:
    """As the server's administrator; `{0}` is the site. It is no matter when there is nothing yet to change."""
    run = machine.layout.run
    with suppress(pymysql.MySQLError, psycopg.Error):
        if spec.database is Engine.MARIADB:
            place = str(run / "mariadb" / "mysqld.sock")
            with pymysql.connect(unix_socket=place, user="root", autocommit=True) as session, session.cursor() as line:
                line.execute(mariadb.format(spec.site))
        else:
            with psycopg.connect(host=str(run / "pgsql"), user="postgres", dbname="postgres") as line:
                line.execute(postgresql.format(spec.site).encode())


def _holder(machine: Machine, **request: object) -> None:
    try:
        asking.ask(machine.layout.run / "sockets.sock", silent="holder", seconds=60, request=request)
    except (PermanentError, TemporaryError):
        return


def _served(spec: SiteSpec) -> dict[str, str]:
    """What the holder is asked for; as for PHP where it is asked for nothing."""
    if spec.python is None or spec.kind is not SiteKind.PYTHON:
        return {"site": spec.site, "kind": "php", "php_version": spec.php_version}
    return {
        "site": spec.site,
        "kind": "python",
        "interface": spec.python.interface.value,
        "entry": spec.python.entry,
    }


def _other(spec: SiteSpec) -> dict[str, str]:
    other = SiteKind.PHP if spec.kind is SiteKind.PYTHON else SiteKind.PYTHON
    return _served(replace(spec, kind=other, python=PythonApplication("lain:aplikasi")))


def _bundle(machine: Machine, spec: SiteSpec) -> None:
    """A certificate that nobody vouches for."""
    path = _bundle_of(machine, spec)
    if path.exists():
        argv = [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "9",
        ]
        argv += ["-subj", f"/CN={spec.host}", "-addext", f"subjectAltName=DNS:{spec.host}", "-keyout", "-", "-out", "-"]
        path.write_bytes(subprocess.run(argv, capture_output=True, check=True).stdout)


def _mode(path: Path, mode: int) -> None:
    if path.exists():
        path.chmod(mode)


def _owner(path: Path, *, uid: int = -1, gid: int = -1) -> None:
    if path.exists() or path.is_symlink():
        os.chown(path, uid, gid, follow_symlinks=False)


def _bundle_of(machine: Machine, spec: SiteSpec) -> Path:
    return machine.layout.hosting / "tls" / spec.host / "bundle.pem"


def _back_door(machine: Machine, spec: SiteSpec) -> None:
    folder = machine.layout.hosting / "etc" / "probe-keys"
    if folder.is_dir():
        (folder / spec.site).write_text("ssh-ed25519 AAAAC3NzaC1lZDI1\n")


def _one_name_more(machine: Machine, spec: SiteSpec) -> None:
    link = machine.layout.hosting / "live" / f"judi-{spec.host}"
    link.unlink(missing_ok=True)
    link.symlink_to(f"../sites/{spec.site}")


def _appended(path: Path, line: str) -> None:
    if path.exists():
        path.write_text(path.read_text() + line)


def _wider(tree: Path) -> None:
    if tree.exists():
        storage.bound(tree, storage.Limit(4711, 4711))


def _kept(machine: Machine, zone: dns.update.UpdateMessage, name: str, kind: str = "A", *, ttl: int) -> None:
    """The same records with another TTL."""
    texts = machine.ask(name, kind)
    zone.delete(f"{name}.", kind)
    for text in texts:
        zone.add(f"{name}.", ttl, kind, text)


def _emptied(path: Path) -> None:
    if path.exists():
        path.write_text("")


def _forget(machine: Machine, spec: SiteSpec) -> None:
    control.forget(machine.layout.run / "nginx" / "control.sock", spec.host, holds=bool)


MEDDLINGS: Mapping[str, Callable[[Machine, SiteSpec], None]] = {
    "link to another state": lambda m, s: (_other_link(m, s, "quarantined"), _forget(m, s))[0],
    "link to another site": lambda m, s: (
        (m.layout.hosting / "live" / s.host).unlink(missing_ok=True),
        (m.layout.hosting / "live" / s.host).symlink_to("../sites/s999999"),
        _forget(m, s),
    )[0],
    "no link": lambda m, s: ((m.layout.hosting / "live" / s.host).unlink(missing_ok=True), _forget(m, s))[0],
    "another generation": lambda m, s: (_document(m, s, generation=4711), _forget(m, s))[0],
    "another document root": lambda m, s: (_document(m, s, document_root="/site/private"), _forget(m, s))[0],
    "another target": lambda m, s: (_document(m, s, target=JUDI, address="192.0.2.66:80"), _forget(m, s))[0],
    "site.json empty": lambda m, s: (_emptied(_tree(m, s) / "site.json"), _forget(m, s))[0],
    "no keys": lambda m, s: _emptied(m.layout.hosting / "etc" / "keys" / s.site),
    "public closed to nginx": lambda m, s: _mode(_tree(m, s) / "public", 0o700),
    "private closed to its owner": lambda m, s: _mode(_tree(m, s) / "private", 0o000),
    "private open to others": lambda m, s: _mode(_tree(m, s) / "private", 0o755),
    "tmp closed to its owner": lambda m, s: _mode(_tree(m, s) / "tmp", 0o000),
    "database.ini empty": lambda m, s: _emptied(_tree(m, s) / "private" / "database.ini"),
    "no grants": lambda m, s: _sql(
        m,
        s,
        mariadb="REVOKE ALL PRIVILEGES ON `{0}`.* FROM '{0}'@localhost",
        postgresql="REVOKE ALL ON DATABASE {0} FROM {0}",
    ),
    "no database user": lambda m, s: _sql(
        m, s, mariadb="DROP USER '{0}'@localhost", postgresql="ALTER ROLE {0} NOLOGIN"
    ),
    "database locked": lambda m, s: _sql(
        m, s, mariadb="ALTER USER '{0}'@localhost ACCOUNT LOCK", postgresql="ALTER ROLE {0} NOLOGIN"
    ),
    "another database password": lambda m, s: _sql(
        m, s, mariadb="SET PASSWORD FOR '{0}'@localhost = PASSWORD('x')", postgresql="ALTER ROLE {0} PASSWORD 'x'"
    ),
    "a user of its name for other machines": lambda m, s: _sql(
        m, s, mariadb="CREATE USER '{0}'@'%'", postgresql="ALTER ROLE {0} SET temp_file_limit = -1"
    ),
    "rights of everybody": lambda m, s: _sql(
        m, s, mariadb="GRANT SELECT ON `{0}`.* TO PUBLIC", postgresql="GRANT CONNECT ON DATABASE {0} TO PUBLIC"
    ),
    "another way into the database": lambda m, s: _sql(
        m,
        s,
        mariadb="ALTER USER '{0}'@localhost IDENTIFIED VIA unix_socket",
        postgresql="ALTER ROLE {0} PASSWORD NULL",
    ),
    "another TTL": lambda m, s: m.update_zone(lambda zone: _kept(m, zone, s.host, ttl=7)),
    "another TTL of the mark": lambda m, s: m.update_zone(
        lambda zone: _kept(m, zone, f"_panggon.{s.host}", "TXT", ttl=7)
    ),
    "address changed": lambda m, s: m.update_zone(lambda zone: zone.replace(f"{s.host}.", 300, "A", "192.0.2.7")),
    "no address": lambda m, s: m.update_zone(lambda zone: zone.delete(f"{s.host}.", "A")),
    "a self-signed certificate": lambda m, s: (_bundle(m, s), _forget(m, s))[0],
    "holder dropped it": lambda m, s: _holder(m, do="drop", site=s.site),
    "holder serves another generation": lambda m, s: _holder(m, do="sync", generation=4711, **_served(s)),
    "holder serves another kind": lambda m, s: _holder(m, do="sync", generation=s.generation, **_other(s)),
    "one key more": lambda m, s: _appended(
        m.layout.hosting / "etc" / "keys" / s.site, "ssh-ed25519 AAAAC3NzaC1lZDI1\n"
    ),
    "no tasks": lambda m, s: (m.layout.hosting / "etc" / "tasks" / f"{s.site}.json").unlink(missing_ok=True),
    "a wider bound": lambda m, s: _wider(_tree(m, s)),
    "rights on all databases": lambda m, s: _sql(
        m, s, mariadb="GRANT SELECT ON *.* TO '{0}'@localhost", postgresql="ALTER ROLE {0} CREATEDB"
    ),
    "tree open to all": lambda m, s: _mode(_tree(m, s), 0o777),
    "logs readable by all": lambda m, s: _mode(_tree(m, s) / "logs", 0o755),
    "sockets of another group": lambda m, s: _owner(_tree(m, s) / "run", gid=NOBODY),
    "site.json readable by all": lambda m, s: _mode(_tree(m, s) / "site.json", 0o644),
    "quota.json writable by all": lambda m, s: _mode(_tree(m, s) / "quota.json", 0o666),
    "database.json writable by all": lambda m, s: _mode(_tree(m, s) / "database.json", 0o666),
    "password readable by all": lambda _m, s: _mode(Path(f"/etc/userdb/{s.site}.user-privileged"), 0o644),
    "user record of a stranger": lambda _m, s: _owner(Path(f"/etc/userdb/{s.site}.user"), uid=NOBODY),
    "keys writable by all": lambda m, s: _mode(m.layout.hosting / "etc" / "keys" / s.site, 0o666),
    "a key among those of the proofs": _back_door,
    "tasks readable by all": lambda m, s: _mode(m.layout.hosting / "etc" / "tasks" / f"{s.site}.json", 0o644),
    "certificate's key readable by all": lambda m, s: _mode(_bundle_of(m, s), 0o644),
    "certificate's folder open to all": lambda m, s: _mode(_bundle_of(m, s).parent, 0o755),
    "link of a stranger": lambda m, s: _owner(m.layout.hosting / "live" / s.host, uid=NOBODY),
    "one name more": _one_name_more,
    "a stranger's rights on the database": lambda m, s: _sql(
        m, s, mariadb="GRANT SELECT ON `{0}`.* TO 'mariadb.sys'@localhost", postgresql="GRANT {0} TO pg_monitor"
    ),
    "no user": lambda _m, s: Path(f"/etc/userdb/{s.site}.user").unlink(missing_ok=True),
}


def take_away(machine: Machine, spec: SiteSpec) -> None:
    """What a person does whose meddling has made something foreign, or has closed what is the owner's."""
    root = machine.layout.hosting
    link, document, keys = root / "live" / spec.host, _tree(machine, spec) / "site.json", root / "etc/keys" / spec.site
    if link.is_symlink() and link.readlink().name != spec.site:
        link.unlink()
    _mode(_tree(machine, spec) / "public", 0o2750)
    _mode(_tree(machine, spec) / "private", 0o700)
    for path in (document, keys):
        if path.exists() and not path.read_text():
            path.unlink()
    if not machine.ask(f"_panggon.{spec.host}", "TXT"):
        machine.update_zone(lambda zone: (zone.delete(f"{spec.host}.", "A"), zone.delete(f"{spec.host}.", "AAAA"))[0])
