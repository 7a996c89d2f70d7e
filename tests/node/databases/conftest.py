import contextlib
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from panggon.core.node.planning.resources import Key, Kind
from panggon.core.sites.spec import Engine
from panggon.drivers.database import DatabaseDriver, Settings
from panggon.drivers.databases.database_server import DatabaseServer
from panggon.drivers.databases.mariadb import MariaDb
from panggon.drivers.databases.postgresql import PostgreSql
from panggon.drivers.system import files
from panggon.node.databases import wishes
from panggon.node.databases.brake import Brake
from panggon.node.databases.jobs import SandboxLauncher
from panggon.node.databases.owner import Owner
from panggon.node.databases.watch import Watch
from panggon.node.servers import mariadb, postgresql
from panggon.node.sockets import holder as holders
from panggon.node.sockets import protections
from panggon.node.sockets.control_groups import controllers
from panggon.node.sockets.sandboxes.sandbox import Machine
from panggon.node.sockets.shields.protections import active
from tests.drivers.running import running
from tests.node.databases.place import SITES, Place
from tests.node.databases.watched import Server
from tests.node.stand import UID_BASE, Stand
from tests.waiting import until

NEIGHBOURS = {Engine.MARIADB: 900872, Engine.POSTGRESQL: 900873}
PAGES = Path(holders.__file__).parents[1]


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    base = Path(f"/srv/panggon-test-{os.getpid()}-databases")
    one = mariadb.Settings(
        data=base / "state/mariadb",
        socket=base / "run/mariadb/mysqld.sock",
        configuration=base / "etc/mariadb.cnf",
        log=base / "logs/mariadb.log",
        buffer_mebibytes=16,
    )
    two = postgresql.Settings(
        data=base / "state/postgresql",
        run=base / "run/pgsql",
        configuration=base / "etc/postgresql.conf",
        log=base / "logs/postgresql.log",
        buffer_mebibytes=16,
    )
    stand = Stand("databases", mariadb_socket=one.socket, postgresql_run=two.run)
    with contextlib.ExitStack() as stack:
        stack.callback(stand.close)
        mariadb.prepare(one)
        postgresql.prepare(two)
        with two.configuration.open("a") as file:
            file.write("fsync = off\n")
        stack.enter_context(running(mariadb.server(one)))
        stack.enter_context(running(postgresql.server(two)))
        files.directory(stand.settings.records)
        files.directory(stand.settings.pages)
        files.directory(stand.settings.root / "live")
        for page in (PAGES / "python").glob("panggon_*.py"):
            shutil.copy(page, stand.settings.pages)
        for engine, site in SITES.items():
            stand.lay_out(int(site[1:]), {"database": engine})
            (stand.settings.root / "live" / f"{site}.test").symlink_to(f"../sites/{site}")
        servers: dict[Engine, DatabaseServer] = {
            Engine.MARIADB: MariaDb(one.socket, Path("/run/mysqld/mysqld.sock"), one.data, one.temporary),
            Engine.POSTGRESQL: PostgreSql(two.run, Path("/run/postgresql")),
        }
        launcher = SandboxLauncher(stand.settings, "Asia/Jakarta")
        launcher._machine = Machine(stand.settings, active(protections(stand.settings.uid_base)), controllers.find())
        sites = stand.settings.root / "sites"
        watch = Watch(servers, sites, UID_BASE, base / "state" / "databases.json")
        owner = Owner(watch, launcher, base / "run" / "databases.sock", base / "run" / "databases.json")
        yield Place(stand, DatabaseDriver(Settings(servers, stand.settings.root, UID_BASE)), owner)


@pytest.fixture
def made(place: Place, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Place, str]]:
    """A site with a database that holds one letter, and the folder of copies."""
    monkeypatch.setattr(wishes, "SETTLED_SECONDS", 0.0)
    site = SITES[engine]
    place.make(site, engine)
    place.look()
    place.say(site, "CREATE TABLE surat (isi varchar(80)); INSERT INTO surat VALUES ('asli');")
    yield place, site
    place.driver.write(Key(Kind.DATABASE, site), None)
    shutil.rmtree(place.folder(site))


@pytest.fixture
def neighbour(place: Place, engine: Engine) -> Iterator[str]:
    site = place.stand.lay_out(NEIGHBOURS[engine], {"database": engine})
    place.make(site, engine)
    yield site
    place.driver.write(Key(Kind.DATABASE, site), None)


@pytest.fixture
def _brake(place: Place) -> Iterator[None]:
    over = threading.Event()
    thread = threading.Thread(target=Brake(place.owner.watch.servers, UID_BASE).run, args=(over,))
    thread.start()
    yield
    over.set()
    thread.join()


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def brake(server: Server) -> Brake:
    return Brake({Engine.MARIADB: server}, UID_BASE)  # type: ignore[dict-item]


@pytest.fixture
def threads() -> Iterator[tuple[int, int]]:
    """One that works and one that sleeps."""
    with subprocess.Popen(["sh", "-c", "while :; do :; done"]) as busy, subprocess.Popen(["sleep", "60"]) as idle:
        until(lambda: "(sleep) S" in Path(f"/proc/{idle.pid}/stat").read_text())  # to begin takes work too
        yield busy.pid, idle.pid
        busy.kill()
        idle.kill()
