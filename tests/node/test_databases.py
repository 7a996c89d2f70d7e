"""The owner of the databases on real servers: sizes, and copies that are asked for by files, with hostile content."""

import contextlib
import gzip
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from panggon.core.resources import Key, Kind
from panggon.core.spec import Engine
from panggon.drivers import files
from panggon.drivers.database import DatabaseDriver, Settings
from panggon.drivers.mariadb import MariaDb
from panggon.drivers.postgresql import PostgreSql
from panggon.node import cgroups, records
from panggon.node.databases import wishes
from panggon.node.databases.jobs import SandboxLauncher
from panggon.node.databases.owner import Owner
from panggon.node.databases.watch import Watch
from panggon.node.servers import mariadb, postgresql
from panggon.node.sockets import holder as holders
from panggon.node.sockets import protections
from panggon.node.sockets.protections import active
from panggon.node.sockets.sandbox import Machine
from tests.drivers.running import running
from tests.node.stand import UID_BASE, Stand
from tests.waiting import until

pytestmark = pytest.mark.real
SITES = {Engine.MARIADB: "s900100", Engine.POSTGRESQL: "s900101"}
ENGINES = pytest.mark.parametrize("engine", list(Engine))
PAGES = Path(holders.__file__).parents[1]


@dataclass
class Place:
    stand: Stand
    driver: DatabaseDriver
    owner: Owner
    written: dict[str, str] = field(default_factory=dict)

    def folder(self, site: str) -> Path:
        return self.stand.settings.site(site) / "private" / "database"

    def make(self, site: str, engine: Engine, mebibytes: int = 64) -> None:
        self.driver.write(Key(Kind.DATABASE, site), {"engine": engine, "connections": 8, "mebibytes": mebibytes})

    def put(self, site: str, name: str, content: str | bytes) -> None:
        """As the owner's upload leaves it, long ago."""
        data = content.encode() if isinstance(content, str) else content
        files.write(self.folder(site) / name, data, mode=0o600, uid=UID_BASE + int(site[1:]))

    def look(self) -> None:
        self.owner.look()

    def work(self) -> None:
        """Look once, and wait until what was begun has ended."""
        self.owner.look()
        until(lambda: self.owner._step(0.05) or not self.owner.running, seconds=60)

    def result(self, site: str) -> str:
        return (self.folder(site) / "hasil.txt").read_text().splitlines()[0].partition("  ")[2]

    def say(self, site: str, words: str, user: str = "root") -> str:
        """What the server answers the superuser about the site's database."""
        if site == SITES[Engine.MARIADB]:
            socket = self.stand.settings.mariadb_socket
            argv = ["mariadb", "--no-defaults", f"--socket={socket}", "-BN", "-u", user, site]
        else:
            run = self.stand.settings.postgresql_run
            argv = ["psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-h", str(run), "-U", "postgres", "-d", site]
            words = f"SET ROLE {site};" + words
        done = subprocess.run(argv, input=words, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


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
        shutil.copy(PAGES / "python" / "panggon_database.py", stand.settings.pages)
        for engine, site in SITES.items():
            stand.lay_out(int(site[1:]), {"database": engine})
            (stand.settings.root / "live" / f"{site}.test").symlink_to(f"../sites/{site}")
        servers = {
            Engine.MARIADB: MariaDb(one.socket, Path("/run/mysqld/mysqld.sock"), one.data),
            Engine.POSTGRESQL: PostgreSql(two.run, Path("/run/postgresql")),
        }
        launcher = SandboxLauncher(stand.settings, "Asia/Jakarta")
        launcher._machine = Machine(stand.settings, active(protections(stand.settings)), cgroups.find())
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


@ENGINES
def test_a_copy_is_asked_for_and_loaded_again_by_files(made: tuple[Place, str]) -> None:
    place, site = made
    assert "minta-salinan" in (place.folder(site) / "BACA-SAYA.txt").read_text()
    (place.folder(site) / "Minta-Salinan").mkdir()
    place.work()
    (copy,) = place.folder(site).glob("salinan-*.sql.gz")
    assert place.result(site).startswith(f"Salinan basis data selesai: {copy.name} (")
    assert "asli" in gzip.decompress(copy.read_bytes()).decode()
    assert (copy.stat().st_uid, copy.stat().st_mode & 0o777) == (UID_BASE + int(site[1:]), 0o600)
    assert sorted(path.name for path in place.folder(site).iterdir()) == ["BACA-SAYA.txt", "hasil.txt", copy.name]
    place.say(site, "INSERT INTO surat VALUES ('baru'); CREATE TABLE lain (n int); CREATE VIEW v AS SELECT 1 AS n;")
    copy.rename(copy.with_name("muat.sql.gz"))
    place.work()
    assert place.result(site) == "Isi muat.sql.gz sudah dimuat. Isi sebelumnya ada di sebelum-muat.sql.gz."
    assert place.say(site, "SELECT isi FROM surat") == "asli"
    assert "baru" in gzip.decompress((place.folder(site) / "sebelum-muat.sql.gz").read_bytes()).decode()
    named = "SELECT count(*) FROM information_schema.tables WHERE table_name IN ('lain', 'v')"
    assert place.say(site, named) == "0"
    assert not place.owner.running
    place.look()
    assert not place.owner.running, "nothing is done twice"


@ENGINES
@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("DROP TABLE IF EXISTS surat;\nCREATE TABLE a (n int);\nBUKAN SQL;\n", "Isi semula sudah dikembalikan."),
        (gzip.compress(b"DROP TABLE surat;" * 999)[:-20], "unggahannya mungkin terputus."),
        ("", "kosong."),
    ],
)
def test_a_load_that_fails_leaves_what_was_there(made: tuple[Place, str], content: str | bytes, words: str) -> None:
    place, site = made
    place.put(site, "muat.sql", content)
    place.work()
    assert place.result(site).startswith("Pemuatan gagal: ")
    assert place.result(site).endswith(words)
    assert place.say(site, "SELECT isi FROM surat") == "asli"
    assert (place.folder(site) / "gagal-muat.sql").exists()
    assert not (place.folder(site) / ".sedang-memuat").exists()


LOOK = "\\! ls /srv /root /etc/panggon /site/.. > /site/private/lihat; id -u >> /site/private/lihat\n"
HOSTILE = {
    Engine.MARIADB: (
        f"{LOOK}source /etc/shadow\n",
        "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE surat;\n",
        "LOAD DATA INFILE '/etc/passwd' INTO TABLE surat;\n",
        "CREATE DATABASE lain;\n",
        "SELECT * FROM mysql.global_priv;\n",
    ),
    Engine.POSTGRESQL: (
        f"{LOOK}\\i /etc/shadow\n",
        "COPY surat FROM PROGRAM 'id';\n",
        "\\copy surat FROM '/etc/shadow'\n",
        "\\connect postgres\n",
        "COMMIT; DROP TABLE surat; SET ROLE postgres;\n",
    ),
}


@ENGINES
def test_a_hostile_file_gets_what_the_site_could_get_anyway(made: tuple[Place, str], engine: Engine) -> None:
    place, site = made
    for content in HOSTILE[engine]:
        place.put(site, "muat.sql", content)
        place.work()
        assert place.result(site).endswith("Isi semula sudah dikembalikan."), content
        assert place.say(site, "SELECT isi FROM surat") == "asli"
    seen = (place.folder(site).parent / "lihat").read_text().split()
    assert seen[-1] == str(UID_BASE + int(site[1:]))
    assert {"srv", "root"} & set(seen) == set()
    assert "panggon-test" not in " ".join(seen)


@ENGINES
def test_a_load_that_was_cut_off_is_taken_back(made: tuple[Place, str], engine: Engine) -> None:
    place, site = made
    slow = {Engine.MARIADB: "DO SLEEP(60);", Engine.POSTGRESQL: "COMMIT; SELECT pg_sleep(60);"}[engine]
    place.put(site, "muat.sql", f"CREATE TABLE separuh (n int);\n{slow}\n")
    place.look()
    until((place.folder(site) / ".sedang-memuat").exists, seconds=20)
    until(lambda: place.say(site, GONE) == "0", seconds=20)
    place.owner.running[site].end("listrik padam")
    until(lambda: place.owner._step(0.05) or not place.owner.running, seconds=20)
    place.work()
    assert place.result(site) == "Pemuatan tadi terputus. Isi semula sudah dikembalikan."
    assert place.say(site, "SELECT isi FROM surat") == "asli"
    assert not (place.folder(site) / ".sedang-memuat").exists()


GONE = "SELECT count(*) FROM information_schema.tables WHERE table_name = 'surat'"
FILL = {
    Engine.MARIADB: "INSERT INTO surat SELECT REPEAT(MD5(seq), 2) FROM seq_1_to_300000;",
    Engine.POSTGRESQL: "INSERT INTO surat SELECT repeat(md5(n::text), 2) FROM generate_series(1, 250000) n;",
}


@ENGINES
def test_a_full_database_is_told_and_given_back(made: tuple[Place, str], engine: Engine) -> None:
    place, site = made
    place.make(site, engine, mebibytes=24)
    place.look()
    assert records.load(place.owner.watch.report) == []
    place.say(site, FILL[engine])
    place.look()
    (told,) = records.load(place.owner.watch.report)
    assert told.startswith(f"basis data {site} penuh (")
    assert told.endswith(" dari 24 MiB): hanya dapat dibaca dan dihapus")
    note = place.stand.settings.site(site) / "logs" / "PENUH-BASIS-DATA.txt"
    assert note.stat().st_gid == UID_BASE + int(site[1:])
    server = place.owner.watch.servers[engine]
    assert server.find(site, known=True).full
    place.owner.watch.full.clear()  # a watch that was started anew
    place.look()
    assert records.load(place.owner.watch.report) == [told]
    place.put(site, "minta-salinan", "")
    place.work()
    assert place.result(site).startswith("Salinan basis data selesai")
    emptied = {Engine.MARIADB: "TRUNCATE surat;", Engine.POSTGRESQL: "RESET ROLE; TRUNCATE surat;"}[engine]
    place.say(site, emptied)
    place.look()
    assert records.load(place.owner.watch.report) == []
    assert not note.exists()
    assert not server.find(site, known=True).full


@ENGINES
def test_a_file_that_is_larger_than_the_bound_is_not_loaded(made: tuple[Place, str], engine: Engine) -> None:
    place, site = made
    place.make(site, engine, mebibytes=24)
    wait = {Engine.MARIADB: "DO SLEEP(60);", Engine.POSTGRESQL: "COMMIT; SELECT pg_sleep(60);"}[engine]
    place.put(site, "muat.sql", f"CREATE TABLE surat (isi varchar(80));{FILL[engine]}{wait}")
    place.look()
    until(lambda: place.look() or place.owner._step(0.2) or not place.owner.running, seconds=60)
    place.work()
    assert place.result(site) == "Pemuatan tadi terputus. Isi semula sudah dikembalikan."
    assert place.say(site, "SELECT isi FROM surat") == "asli"


@pytest.mark.parametrize("engine", [Engine.MARIADB])
def test_only_who_may_come_in_is_heard_and_only_files_are_taken(made: tuple[Place, str]) -> None:
    place, site = made
    live = place.stand.settings.root / "live" / f"{site}.test"
    place.put(site, "minta-salinan", "")
    files.link(live, f"../quarantined/{site}")
    place.look()
    assert not place.owner.running
    files.link(live, f"../sites/{site}")
    (place.folder(site) / "minta-salinan").unlink()
    (place.folder(site) / "muat.sql").symlink_to("/etc/shadow")
    place.look()
    assert not place.owner.running
    shutil.rmtree(place.folder(site))
    place.folder(site).symlink_to("/etc")
    place.look()
    assert not Path("/etc/BACA-SAYA.txt").exists()
    place.folder(site).unlink()
    place.look()
    assert (place.folder(site) / "BACA-SAYA.txt").exists()
