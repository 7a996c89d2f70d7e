"""A hosting machine of its own and what stands on it, for tests that break it."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import dns.query
import dns.rdatatype
import dns.tsigkeyring
import dns.update
import pymysql

from demo import cleaning
from demo import layout as layouts
from demo.clients import Answer, ask_dns, ask_https, make_key
from demo.layout import REPOSITORY, UID_BASE, ZONE, Layout
from demo.settings import write_node_config
from demo.stack import BINARIES
from panggon.core.sites import spec_document as specs
from panggon.core.sites.spec import Access, Engine, SiteSpec, SiteState
from panggon.drivers.system import processes
from tests.waiting import until

USERDB = Path("/etc/userdb")
SECONDS = 60


@dataclass
class Machine:
    """`panggon-node services run` and `panggon-node apply` on a layout of the demonstration; no portal.

    `roots` is the authority of its sites' certificates unless it is its own. `beside` are servers of other people that
    it needs, by name, and `secondary` the port of that among them which has its zone as well.
    """

    layout: Layout
    config: Path
    command: tuple[str, ...] = (str(BINARIES / "panggon-node"),)
    roots: Path | None = None
    beside: Mapping[str, int] = field(default_factory=dict)
    secondary: int = 0

    @classmethod
    def at(cls, base: Path, *, first_site: int) -> "Machine":
        layout = layouts.prepare(state=base / "state", hosting=base / "machine", first_site=first_site)
        write_node_config(layout, simulation=False)
        return cls(layout, layout.node_config)

    def site(self, number: int) -> str:
        return f"s{self.layout.first_site + number:06d}"

    def spec(self, number: int, **members: Any) -> SiteSpec:
        usual = {"host": f"uji-{number}.{ZONE}", "state": SiteState.PREPARED, "generation": 1}
        return SiteSpec(**{"site": self.site(number), "database": Engine.MARIADB, **usual, **members})

    @property
    def authority(self) -> Path:
        return self.roots or self.layout.hosting / "etc" / "ca.pem"

    @property
    def sites_folder(self) -> Path:
        return self.layout.hosting / "sites"

    @property
    def journal_folder(self) -> Path:
        return self.layout.state / "node" / "journal"

    def journal(self, site: str) -> str:
        path = self.journal_folder / f"{site}.jsonl"
        return path.read_bytes().decode(errors="replace") if path.exists() else ""

    @property
    def key(self) -> Path:
        """The secret half of the key of every site's owner."""
        return self.layout.state / "owner-key"

    def opened(self, spec: SiteSpec) -> SiteSpec:
        if not self.key.exists():
            self.key.with_suffix(".pub").write_text(make_key(self.key))
        access = Access((self.key.with_suffix(".pub").read_text().strip(),))
        return replace(spec, state=SiteState.OPEN, generation=spec.generation + 1, access=access)

    # Its command line

    def start(self, *words: str, config: Path | None = None) -> subprocess.Popen[str]:
        # When the tests are killed, a supervisor stops its servers.
        argv = ["setpriv", "--pdeathsig", "TERM", *self.command, "--config", str(config or self.config), *words]
        return subprocess.Popen(
            argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY, start_new_session=True
        )

    def run(self, *words: str, config: Path | None = None) -> subprocess.CompletedProcess[str]:
        process = self.start(*words, config=config)
        output, errors = process.communicate(timeout=110)
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    def write_spec(self, spec: SiteSpec | Mapping[str, Any] | str) -> str:
        path = self.layout.state / "spec.json"
        document = specs.dump(spec) if isinstance(spec, SiteSpec) else spec
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return str(path)

    def apply(self, spec: SiteSpec, *, config: Path | None = None) -> dict[str, Any]:
        """The outcome document; an outcome of "error" and its words when it came to none."""
        done = self.run("apply", self.write_spec(spec), "--json", config=config)
        found = json.loads(done.stdout) if done.stdout else {"outcome": "error", "problem": None}
        return {**found, "status": done.returncode, "errors": done.stderr}

    def config_with(self, old: str, new: str) -> Path:
        text = self.config.read_text()
        assert old in text
        path = self.config.with_name("changed.toml")
        path.write_text(text.replace(old, new))
        return path

    # What stands on it

    @staticmethod
    def processes(record: Path) -> dict[str, int]:
        """What a supervisor has written down, by name."""
        return {row["name"]: row["pid"] for row in _rows(record)}

    def servers(self) -> dict[str, int]:
        """MariaDB, keeper (`sockets`), holder, Knot, sshd, nginx."""
        found = self.processes(self.layout.run / "services.json")
        for holder in processes.children(found.get("sockets", 0)):
            found["holder"] = holder
        return found

    def page(self, host: str, path: str = "/") -> Answer:
        return ask_https(host, path, address="127.0.0.1", port=self.layout.ports["https"], authority=self.authority)

    def standing(self) -> frozenset[str]:
        """Every resource that any site has here, one word each; what an aborted write leaves is a word as well."""
        root = self.layout.hosting
        users = {f"user {path.name}" for path in USERDB.iterdir() if self._is_ours(path.name)}
        places = ("sites", "live", "tls", "proof", "run", "etc/keys", "etc/probe-keys")
        found = {f"{place}/{path.name}" for place in places for path in _inside(root / place)}
        return frozenset(users | found | self._databases() | self._zone())

    def of_site(self, spec: SiteSpec) -> frozenset[str]:
        """What one whole site consists of, open or prepared."""
        site, uid = spec.site, UID_BASE + int(spec.site[1:])
        users = {f"user {name}.{end}" for name in (site, uid) for end in ("user", "user-privileged", "group")}
        paths = {f"sites/{site}", f"live/{spec.host}", f"tls/{spec.host}", f"etc/keys/{site}"}
        paths |= {f"run/{site}.sock", f"run/{site}.kind"}
        records = {f"{kind} {spec.host}" for kind in ("A", "AAAA", "MX", "TXT")}
        records |= {f"TXT {label}.{spec.host}" for label in ("_panggon", "_dmarc")}
        return frozenset(users | paths | {f"database {site}", f"login {site}"} | records)

    def unfinished(self) -> list[str]:
        return list(json.loads(self.run("status", "--json").stdout)["unfinished"])

    def _is_ours(self, record: str) -> bool:
        number = re.search(r"(?<=s)[0-9]{6}|[0-9]{10}", record)
        first, last = self.layout.first_site, self.layout.last_site
        return number is not None and first <= int(number[0]) % UID_BASE <= last

    def sql(self, statement: str) -> list[str]:
        place = str(self.layout.run / "mariadb" / "mysqld.sock")
        until(lambda: _answers(place), "MariaDB answers")
        with pymysql.connect(unix_socket=place, user="root", autocommit=True) as session, session.cursor() as cursor:
            cursor.execute(statement)
            return [str(row[0]) for row in cursor.fetchall()]

    def _databases(self) -> set[str]:
        names = self.sql("SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 's______'")
        logins = self.sql("SELECT User FROM mysql.user WHERE User LIKE 's______'")
        return {f"database {name}" for name in names} | {f"login {name}" for name in logins}

    def _zone(self) -> set[str]:
        argv = ["knotc", "-s", str(self.layout.run / "knot" / "knot.sock"), "zone-read", ZONE]
        lines = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()
        records = [line.split() for line in lines]
        names = {
            f"{kind} {name.strip('.')}" for _, name, _, kind, *_ in records if kind in ("A", "AAAA", "CAA", "MX", "TXT")
        }
        return names - {f"A ns1.{ZONE}"}

    def update_zone(self, change: Callable[[dns.update.UpdateMessage], None]) -> None:
        """As somebody else does who may change the zone."""
        secret = (self.layout.hosting / "etc" / "tsig.secret").read_text()
        update = dns.update.UpdateMessage(ZONE, keyring=dns.tsigkeyring.from_text({"panggon": secret}))
        change(update)
        answer = dns.query.tcp(update, "127.0.0.1", port=self.layout.ports["dns"], timeout=60)
        assert answer.rcode() == 0

    def ask(self, name: str, kind: str) -> list[str]:
        return ask_dns("127.0.0.1", self.layout.ports["dns"], name, kind)

    # Its life

    @contextmanager
    def serving(self) -> Iterator[subprocess.Popen[str]]:
        process = self.start("services", "run")
        try:
            until(lambda: self._said("semua server siap", process), "semua server siap")
            yield process
        finally:
            end(process)

    def remove(self) -> None:
        base = self.layout.state.parent
        cleaning.remove(self.layout.state, hosting=self.layout.hosting, first_site=self.layout.first_site)
        shutil.rmtree(base)

    def _said(self, words: str, process: subprocess.Popen[str]) -> bool:
        assert process.poll() is None, process.communicate()
        line = process.stdout.readline() if process.stdout else ""
        return words in line


def end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def kill(pid: int) -> None:
    """SIGKILL; one that has just ended by itself is dead as well."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


@contextmanager
def frozen(*pids: int) -> Iterator[None]:
    """Stopped, not dead: whoever asks them waits."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def _answers(place: str) -> bool:
    with socket.socket(socket.AF_UNIX) as line:
        return line.connect_ex(place) == 0


def _rows(record: Path) -> list[dict[str, Any]]:
    return list(json.loads(record.read_text())) if record.exists() else []


def _inside(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []
