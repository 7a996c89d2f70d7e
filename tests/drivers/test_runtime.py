"""The runtime driver against the real holder, php-fpm, nginx and MariaDB."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from demo.ports import free_port
from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.node.planning.desired import MachineFacts, desired
from panggon.core.node.planning.driver import Check, Driver
from panggon.core.node.planning.resources import Attributes, Key, Kind, Observation, Standing, absent
from panggon.core.sites.spec import Engine, Interface, PhpLimits, PythonApplication, SiteKind, SiteSpec, SiteState
from panggon.drivers import database, directory, host_link, site_file, tls
from panggon.drivers.certificates.authority import Authority, create_authority
from panggon.drivers.databases.mariadb import MariaDb, line
from panggon.drivers.nginx import visit, web
from panggon.drivers.nginx.visit import Door
from panggon.drivers.runtime import RuntimeDriver, Settings, ask
from panggon.drivers.system import files
from panggon.node.servers import Server, mariadb, nginx
from panggon.node.sockets import SocketSettings
from tests import php
from tests.drivers.contract import Case, Contract
from tests.drivers.running import running
from tests.waiting import until

pytestmark = pytest.mark.real
UID_BASE = 1_900_000_000
SITE, OTHER = "s900150", "s900151"
SPEC = SiteSpec(SITE, "dinas.kota.example", SiteState.OPEN, 3, php_version=php.VERSION, database=Engine.MARIADB)
FIRST: Attributes = {"kind": "php", "php_version": php.VERSION, "generation": 3}


@dataclass
class Node:
    root: Path
    door: Door
    drivers: dict[Kind, Driver]
    facts: MachineFacts

    @property
    def runtime(self) -> RuntimeDriver:
        runtime = self.drivers[Kind.RUNTIME]
        assert isinstance(runtime, RuntimeDriver)
        return runtime

    def make(self, spec: SiteSpec) -> None:
        for key, attributes in desired(spec, self.facts):
            if key.kind in self.drivers:
                self.drivers[key.kind].write(key, attributes)

    def remove(self, spec: SiteSpec) -> None:
        for key, _ in reversed(list(desired(spec, self.facts))):
            if key.kind in self.drivers:
                self.drivers[key.kind].write(key, None)

    def probe(self, spec: SiteSpec) -> dict[str, Check]:
        return {check.name: check for check in self.runtime.probe(Key(Kind.RUNTIME, spec.site), spec=spec)}


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    base = Path(f"/srv/panggon-test-{os.getpid()}-runtime")
    root, run, logs = base / "root", base / "run", base / "logs"
    data = mariadb.Settings(
        data=base / "state" / "mariadb",
        socket=run / "mysqld" / "mysqld.sock",
        configuration=base / "etc" / "mariadb.cnf",
        log=logs / "mariadb.log",
        buffer_mebibytes=16,
    )
    http = nginx.Settings(
        root=root,
        run=run,
        configuration=base / "etc" / "nginx.conf",
        logs=logs,
        addresses=("127.0.0.1",),
        http_port=free_port(),
        https_port=free_port(),
    )
    holder = SocketSettings(
        root=root, run=run, logs=logs, uid_base=UID_BASE, web_group=33, mariadb_socket=data.socket, stop_seconds=20
    )
    try:
        files.directory(base)
        authority = create_authority(base / "ca", now=datetime.now(UTC))
        door = Door("127.0.0.1", http.https_port, authority.certificate)
        mariadb.prepare(data)
        nginx.prepare(http)
        holder.save(base / "etc" / "sockets.json")
        with ExitStack() as stack:
            for server in (
                mariadb.server(data),
                nginx.server(http),
                _holder(holder, base / "etc" / "sockets.json"),
            ):
                stack.enter_context(running(server))
            yield _node(root, door, authority, data, http, holder)
    finally:
        shutil.rmtree(base)


def _holder(settings: SocketSettings, configuration: Path) -> Server:
    def ready() -> bool:
        try:
            return bool(ask(settings.control, do="list"))
        except TemporaryError:
            return False

    argv = (sys.executable, "-m", "panggon.node.sockets", "--config", str(configuration))
    return Server("sockets", argv, settings.logs / "keeper.log", ready, stop_seconds=20)


def _node(
    root: Path,
    door: Door,
    authority: Authority,
    data: mariadb.Settings,
    http: nginx.Settings,
    holder: SocketSettings,
) -> Node:
    web_settings = web.Settings(root, http.control, door)
    drivers: dict[Kind, Driver] = {
        Kind.DIRECTORY: directory.DirectoryDriver(directory.Settings(root, UID_BASE)),
        Kind.DATABASE: database.DatabaseDriver(
            database.Settings(
                {Engine.MARIADB: MariaDb(data.socket, Path("/run/mysqld/mysqld.sock"), data.data, data.temporary)},
                root,
                UID_BASE,
            )
        ),
        Kind.SITE: site_file.SiteDriver(web_settings),
        Kind.RUNTIME: RuntimeDriver(Settings(root, holder.control, UID_BASE, door, sandboxed=True)),
        Kind.CERTIFICATE: tls.CertificateDriver(
            tls.Settings(root, http.control, authority, door, lambda: datetime.now(UTC))
        ),
        Kind.HOST: host_link.HostDriver(web_settings),
    }
    return Node(root, door, drivers, MachineFacts(UID_BASE, (), (), tls.LOCAL, str(root), sandboxed=True))


@pytest.fixture
def made(node: Node) -> Iterator[Node]:
    other = replace(SPEC, site=OTHER, host="lain.kota.example")
    for spec in (SPEC, other):
        node.make(spec)
    yield node
    for spec in (SPEC, other):
        node.remove(spec)


@pytest.fixture
def described(node: Node) -> Iterator[Node]:
    """A site with its tree and `site.json`, and no runtime."""
    described = {Kind.DIRECTORY, Kind.SITE}
    wishes = [(key, attributes) for key, attributes in desired(SPEC, node.facts) if key.kind in described]
    for key, attributes in wishes:
        node.drivers[key.kind].write(key, attributes)
    yield node
    for key, _ in reversed(wishes):
        node.drivers[key.kind].write(key, None)


class TestContract(Contract):
    @pytest.fixture
    def case(self, described: Node) -> Case:
        path = described.root / "run" / f"{SITE}.sock"
        return Case(
            driver=lambda: described.runtime,
            key=Key(Kind.RUNTIME, SITE),
            first=FIRST,
            second={"kind": "python", "interface": "asgi", "entry": "situs:app", "generation": 4},
            plant=lambda: path.write_text("milik orang lain") and None,
            planted=path.read_text,
            clear=path.unlink,
        )

    @pytest.mark.parametrize("change", [{"php_version": "../8.2"}, {"kind": "static"}, {"generation": 0}])
    def test_what_cannot_be_is_refused_and_changes_nothing(self, case: Case, change: Attributes) -> None:
        with pytest.raises(PermanentError, match=r"runtime\."):
            case.write({**FIRST, **change})
        assert case.read() == Observation(case.key, Standing.ABSENT)


def test_without_a_holder_nothing_is_known(node: Node) -> None:
    alone = RuntimeDriver(replace(node.runtime.settings, control=node.root / "none.sock"))
    with pytest.raises(TemporaryError, match=r"runtime\.holder"):
        alone.read(Key(Kind.RUNTIME, SITE))


def test_every_proof_holds_over_https(made: Node) -> None:
    checks = made.probe(SPEC)
    assert list(checks) == ["php.user", "php.generation", "php.isolation", "php.database"]
    assert [check for check in checks.values() if not check.ok] == []
    assert str(UID_BASE + 900150) in checks["php.user"].detail
    assert list((made.root / "proof").iterdir()) == []
    assert made.runtime.answers(SPEC)


def test_a_python_site_proves_itself_before_anything_is_uploaded(made: Node) -> None:
    wish = replace(SPEC, kind=SiteKind.PYTHON, python=PythonApplication("situs:app"), generation=4)
    made.make(wish)
    checks = made.probe(wish)
    assert list(checks) == ["python.user", "python.generation", "python.isolation", "python.database"]
    assert [check for check in checks.values() if not check.ok] == []
    assert not made.probe(replace(wish, generation=5))["python.generation"].ok
    asgi = replace(wish, python=PythonApplication("situs:app", Interface.ASGI))
    assert not made.probe(asgi)["python.generation"].ok


@pytest.mark.parametrize("kind", [SiteKind.PHP, SiteKind.PYTHON])
def test_a_database_user_that_reaches_more_is_told(made: Node, kind: SiteKind) -> None:
    python = PythonApplication("situs:app") if kind is SiteKind.PYTHON else None
    wish = replace(SPEC, kind=kind, python=python, generation=4)
    made.make(wish)
    databases = made.drivers[Kind.DATABASE]
    assert isinstance(databases, database.DatabaseDriver)
    with line.root(databases.settings.servers[Engine.MARIADB].door) as cursor:
        for rights, more in (("SHOW DATABASES ON *.*", "*"), ("SELECT ON mysql.user", "mysql")):
            cursor.execute(f"GRANT {rights} TO {SITE}@localhost")
            seen = made.probe(wish)[f"{kind}.database"]
            cursor.execute(f"REVOKE {rights} FROM {SITE}@localhost")
            assert not seen.ok
            assert set(seen.detail.partition("terlihat: ")[2].split(", ")) == {SITE, more}
        assert made.probe(wish)[f"{kind}.database"].ok


def test_limits_and_variables_of_the_site_are_phps(made: Node) -> None:
    limits = PhpLimits(memory_mebibytes=48, execution_seconds=7, input_vars=123, post_mebibytes=90)
    made.make(replace(SPEC, php=limits, environment=(("MODE", "uji 'a' \"b\" $HOME"),), generation=4))
    names = '["memory_limit", "max_execution_time", "max_input_vars", "post_max_size", "upload_max_filesize"]'
    code = f'echo json_encode([...array_map("ini_get", {names}), getenv("MODE"), getenv("PANGGON_SITE")]);'
    public = made.root / "sites" / SITE / "public"
    files.write(public / "batas.php", f"<?php {code}", mode=0o640, uid=UID_BASE + 900150, gid=33)
    answer = visit.get(made.door, SPEC.host, "/batas.php")
    assert json.loads(answer.body) == ["48M", "7", "123", "90M", "64M", "uji 'a' \"b\" $HOME", SITE]


def test_the_prepared_site_proves_itself_too(made: Node) -> None:
    prepared = replace(SPEC, state=SiteState.PREPARED)
    made.make(prepared)
    assert all(check.ok for check in made.probe(prepared).values())


def test_an_older_generation_does_not_pass(made: Node) -> None:
    assert not made.probe(replace(SPEC, generation=4))["php.generation"].ok


def test_a_database_that_is_closed_or_sees_more_does_not_pass(made: Node) -> None:
    key = Key(Kind.DATABASE, SITE)
    full = made.root / "sites" / SITE / "run" / "database-full"
    full.touch()
    assert not made.probe(SPEC)["php.database"].ok, "it is said to be full, and takes a row"
    databases = made.drivers[Kind.DATABASE]
    assert isinstance(databases, database.DatabaseDriver)
    databases.settings.servers[Engine.MARIADB].stop_writing(SITE)
    assert made.probe(SPEC)["php.database"].ok
    full.unlink()
    assert not made.probe(SPEC)["php.database"].ok
    assert not made.runtime.answers(SPEC)
    made.drivers[Kind.DATABASE].write(key, None)
    assert not made.probe(SPEC)["php.database"].ok


def test_what_the_page_may_say_that_is_no_isolation(made: Node) -> None:
    said = {"site": SITE, "foreign": [f"{made.root}/sites/{OTHER}/private"], "shadow": False, "process_owners": []}
    assert not made.runtime._isolation(said, SPEC, 1).ok
    assert not made.runtime._isolation({**said, "foreign": [], "process_owners": [0]}, SPEC, 1).ok
    assert not made.runtime._isolation({}, SPEC, 1).ok


def test_a_site_without_runtime_has_no_proof(made: Node) -> None:
    made.runtime.write(Key(Kind.RUNTIME, SITE), None)
    checks = made.probe(SPEC)
    assert [(check.name, check.ok) for check in checks.values()] == [("php.answer", False)]
    assert checks["php.answer"].detail.endswith("menjawab status 503, halaman mesin “down”")
    assert not made.runtime.answers(SPEC)


def test_a_site_that_becomes_one_without_programs_has_no_gap_and_answers_who_is_inside(made: Node) -> None:
    """They answer until the settings of the site say what it is then, and go on where that is undone."""
    key, settings, public = Key(Kind.RUNTIME, SITE), Key(Kind.SITE, SITE), made.root / "sites" / SITE / "public"
    waits = "while (!file_exists('told')) { usleep(20000); clearstatcache(); }"
    (public / "lambat.php").write_text(f"<?php touch('begun'); {waits} echo 'utuh';")
    (public / "kini.php").write_text("<?php echo 'masih';")
    door = replace(made.door, seconds=300)

    def page(path: str) -> bytes:
        return visit.get(door, SPEC.host, path).body

    becoming, static = replace(made.runtime, kind=SiteKind.STATIC), replace(SPEC, kind=SiteKind.STATIC, database=None)
    with ThreadPoolExecutor() as visitors:
        inside = visitors.submit(page, "/lambat.php")
        until((public / "begun").exists)
        becoming.write(key, None)
        assert becoming.read(key) == absent(key)
        assert not inside.done(), "it waited for who is inside"
        assert page("/kini.php") == b"masih"
        becoming.write(key, FIRST)
        assert (becoming.read(key).attributes, page("/kini.php")) == (FIRST, b"masih")
        becoming.write(key, None)
        made.drivers[Kind.SITE].write(settings, dict(desired(static, made.facts))[settings])
        (public / "told").touch()
        assert inside.result() == b"utuh"
