"""Copies of databases on real servers, asked for by files; what takes longer is in `hostile.py`. And when the database
of a site that closes is locked.
"""

import gzip
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from panggon.core.node.planning.resources import Key, Kind
from panggon.core.sites.spec import Engine, SiteSpec, SiteState
from panggon.drivers.file_systems import storage
from panggon.drivers.file_systems.storage import leaving_mark, open_mark
from panggon.drivers.system import files
from panggon.node.databases.watch import Databases
from panggon.node.databases.wishes import Todo, Wish, loading_mark
from tests.node.databases.place import ENGINES, FILL, Place, client
from tests.node.stand import UID_BASE
from tests.waiting import until

pytestmark = pytest.mark.real
ASLEEP = {Engine.MARIADB: "SELECT 'mulai'; DO SLEEP(600);", Engine.POSTGRESQL: "SELECT 'mulai'; SELECT pg_sleep(600);"}
# psql loads one row, and takes that for all.
CUT_ROWS = "--\n-- PostgreSQL database dump\n--\n\nCREATE TABLE surat (isi text);\nCOPY surat (isi) FROM stdin;\nsatu\n"
# Within what was packed, not at its end: what unpacks it says so in another way.
DAMAGED = bytearray(gzip.compress(b"INSERT INTO surat VALUES ('satu');\n" * 999))
DAMAGED[20:60] = bytes(40)
GONE = "SELECT count(*) FROM information_schema.tables WHERE table_name = 'surat'"


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
    with gzip.open(copy, "ab") as file:
        file.write(b"SELECT repeat('x', 100000);\n")  # nobody reads what a file asks for
    place.say(site, "INSERT INTO surat VALUES ('baru'); CREATE TABLE lain (n int); CREATE VIEW v AS SELECT 1 AS n;")
    copy.rename(copy.with_name("muat.sql.gz"))
    place.work()
    assert place.result(site) == "Isi muat.sql.gz sudah dimuat. Isi sebelumnya ada di sebelum-muat.sql.gz."
    assert not loading_mark(place.stand.settings.site(site)).exists()
    assert place.say(site, "SELECT isi FROM surat") == "asli"
    assert "baru" in gzip.decompress((place.folder(site) / "sebelum-muat.sql.gz").read_bytes()).decode()
    named = "SELECT count(*) FROM information_schema.tables WHERE table_name IN ('lain', 'v')"
    assert place.say(site, named) == "0"
    assert not place.owner.running
    place.look()
    assert not place.owner.running, "nothing is done twice"


@ENGINES
def test_a_copy_that_waits_for_a_lock_of_the_site_says_so_soon(made: tuple[Place, str], engine: Engine) -> None:
    """Others wait for its place."""
    place, site = made
    script = place.stand.settings.pages / "panggon_database.py"
    former = script.read_text()
    script.write_text(former.replace("SILENT_SECONDS = 30.0", "SILENT_SECONDS = 0.5"))
    words, held = {
        Engine.MARIADB: (
            "LOCK TABLES surat WRITE; DO SLEEP(600);",
            "SELECT COUNT(*) FROM information_schema.processlist WHERE info = 'DO SLEEP(600)'",
        ),
        Engine.POSTGRESQL: (
            "BEGIN; LOCK TABLE surat; SELECT pg_sleep(600);",
            "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock'",
        ),
    }[engine]
    holding = client(place, site, engine, words)
    until(lambda: place.say(site, held) == "1")
    (place.folder(site) / "minta-salinan").touch()
    place.work()
    assert "Salinan gagal: sebuah program situs ini mengunci tabelnya" in place.result(site)
    assert not [*place.folder(site).glob("*salinan-*")]
    place.driver.settings.servers[engine].lock(site)
    place.driver.settings.servers[engine].unlock(site)
    holding.communicate()
    script.write_text(former)


@pytest.mark.parametrize("engine", [Engine.MARIADB])
@pytest.mark.parametrize("left", ["nothing", "an empty folder"])
def test_the_command_line_is_answered_whatever_its_owner_has_removed(made: tuple[Place, str], left: str) -> None:
    place, site = made
    for path in place.folder(site).iterdir():
        path.unlink()
    if left == "nothing":
        place.folder(site).rmdir()
    assert place.owner._take(Wish(site, Todo.DUMP), Databases(place.owner.watch.sites).whole()[site]) == ""
    until(lambda: place.owner._step(0.05) or not place.owner.running, seconds=60)
    assert place.result(site).startswith("Salinan basis data selesai: ")
    assert len([*place.folder(site).glob("salinan-*.sql.gz")]) == 1


@ENGINES
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            "DROP TABLE IF EXISTS surat;\nCREATE TABLE a (n int);\nBUKAN SQL;\n",
            r"baris 3: perintah itu tidak dikenal.*\(kata server: .*BUKAN.*\)\. Isi semula sudah dikembalikan\.",
        ),
        ("CREATE TABLE a (n int PRIMARY KEY);\nINSERT INTO a VALUES (1), (1);\n", "baris 2: dua baris .*"),
        (gzip.compress(b"DROP TABLE surat;" * 999)[:-20], ".* unggahannya mungkin terputus."),
        ("", ".* kosong."),
        ("-- MariaDB dump 10.19\n--\nCREATE TABLE surat (isi text);\n", ".* unggahannya mungkin terputus."),
        (CUT_ROWS, ".* unggahannya mungkin terputus."),
        (DAMAGED, ".* unggahannya mungkin terputus."),
    ],
)
def test_a_load_that_fails_leaves_what_was_there(made: tuple[Place, str], content: str | bytes, words: str) -> None:
    place, site = made
    place.put(site, "muat.sql", content)
    place.work()
    assert re.fullmatch(f"Pemuatan gagal: {words}", place.result(site))
    assert place.say(site, "SELECT isi FROM surat") == "asli"
    assert (place.folder(site) / "gagal-muat.sql").exists()
    assert not (place.folder(site) / ".sedang-memuat").exists()


@ENGINES
def test_a_dump_of_the_other_kind_of_server_is_refused(made: tuple[Place, str], engine: Engine) -> None:
    """Without tables it is nothing but remarks, and would leave nothing."""
    place, site = made
    mariadb = "-- MariaDB dump 10.19\n--\n-- Dump completed on 2026-11-28\n"
    postgresql = "--\n-- PostgreSQL database dump\n--\n\n--\n-- PostgreSQL database dump complete\n--\n"
    foreign, words = {
        Engine.MARIADB: (postgresql, "dari PostgreSQL, sedangkan situs ini memakai MariaDB"),
        Engine.POSTGRESQL: (mariadb, "dari MariaDB, sedangkan situs ini memakai PostgreSQL"),
    }[engine]
    place.put(site, "muat.sql", foreign)
    place.work()
    assert re.fullmatch(rf"Pemuatan gagal: \S+ berasal {words}\.", place.result(site))
    assert place.say(site, "SELECT isi FROM surat") == "asli"


@ENGINES
def test_a_load_that_was_cut_off_is_taken_back(made: tuple[Place, str], engine: Engine) -> None:
    place, site = made
    slow = {Engine.MARIADB: "DO SLEEP(600);", Engine.POSTGRESQL: "COMMIT; SELECT pg_sleep(600);"}[engine]
    place.put(site, "muat.sql", f"CREATE TABLE separuh (n int);\n{slow}\n")
    place.look()
    until((place.folder(site) / ".sedang-memuat").exists)
    until(lambda: place.say(site, GONE) == "0")
    place.owner.running[site].end("listrik padam")
    until(lambda: place.owner._step(0.05) or not place.owner.running)
    place.work()
    assert place.result(site) == "Pemuatan tadi terputus. Isi semula sudah dikembalikan."
    assert place.say(site, "SELECT isi FROM surat") == "asli"
    assert not (place.folder(site) / ".sedang-memuat").exists()
    (place.folder(site) / "gagal-muat.sql").rename(place.folder(site) / "sedang-dimuat.sql")
    storage.write(loading_mark(place.stand.settings.site(site)), "")
    place.work()
    assert place.result(site) == "Pemuatan tadi terputus. Isi basis data belum diubah."
    assert (place.folder(site) / "gagal-muat.sql").exists()
    assert place.say(site, "SELECT isi FROM surat") == "asli"


@ENGINES
def test_a_suspended_sites_database_is_open_for_its_owners_copy_alone(made: tuple[Place, str], engine: Engine) -> None:
    place, site = made
    live, mark = place.stand.settings.root / "live" / f"{site}.test", place.stand.settings.site(site) / "run"
    place.make(site, engine, locked=True)
    files.link(live, f"../suspended/{site}")
    place.put(site, "minta-salinan", "")
    place.work()
    assert place.result(site).startswith("Salinan basis data selesai: ")
    assert (place.is_locked(site, engine), [*mark.glob("database-*")]) == (True, [])
    slow = {Engine.MARIADB: "DO SLEEP(600);", Engine.POSTGRESQL: "SELECT pg_sleep(600);"}[engine]
    place.put(site, "muat.sql", f"CREATE TABLE separuh (n int);\n{slow}\n")
    place.look()
    assert not place.is_locked(site, engine)
    assert place.driver.read(Key(Kind.DATABASE, site)).attributes["locked"], "it reads as closed all the while"
    files.link(live, f"../quarantined/{site}")
    until(lambda: place.look() or place.owner._step(0.1) or not place.owner.running)
    assert place.is_locked(site, engine)
    place.owner._unlock(site, Databases(place.owner.watch.sites).whole()[site])  # killed meanwhile
    place.look()
    assert (place.is_locked(site, engine), [*mark.glob("database-*")]) == (True, [])
    place.make(site, engine)
    files.link(live, f"../sites/{site}")


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


# Who was let in before a suspension ends with the database; a quarantine waits for nobody.


@pytest.fixture
def leaving(made: tuple[Place, str]) -> Iterator[tuple[Place, str]]:
    """A site that the holder serves no more but to who was let in before, and one of those."""
    place, site = made
    files.write(leaving_mark(place.stand.settings.site(site)), "")
    yield place, site
    files.remove(leaving_mark(place.stand.settings.site(site)))


def close(
    place: Place, site: str, engine: Engine, state: SiteState, *, locked: bool = True, mebibytes: int = 64
) -> Place:
    """As a plan for this state does with the database; the place with a driver for it."""
    found = replace(place, driver=replace(place.driver, state=state))
    found.make(site, engine, mebibytes, **({"locked": True} if locked else {}))
    return found


def idle(place: Place, site: str, engine: Engine) -> bool:
    """What the plan's proof says."""
    spec = SiteSpec(site, f"{site}.test", place.driver.state, 2, database=engine)
    proofs = {check.name: check.ok for check in place.driver.probe(Key(Kind.DATABASE, site), spec=spec)}
    return proofs["database.idle"]


def reads_locked(place: Place, site: str) -> bool:
    return bool(dict(place.driver.read(Key(Kind.DATABASE, site)).attributes or {}).get("locked"))


@ENGINES
def test_requests_end_with_their_database_and_then_it_is_locked(leaving: tuple[Place, str], engine: Engine) -> None:
    place, site = leaving
    mark, server = place.stand.settings.site(site) / "run", place.owner.watch.servers[engine]
    begun = client(place, site, engine, ASLEEP[engine])
    until(lambda: server.sessions(site) == 1)
    suspended = close(place, site, engine, SiteState.SUSPENDED)
    place.look()
    assert (begun.poll(), server.sessions(site), place.is_locked(site, engine)) == (None, 1, False)
    late = client(place, site, engine, "SELECT isi FROM surat;")  # let in before, and only now at its first query
    assert late.communicate(timeout=60)[0] == "asli\n"
    assert (reads_locked(suspended, site), idle(suspended, site, engine)) == (True, True)
    quarantined = replace(place, driver=replace(place.driver, state=SiteState.QUARANTINED))
    assert not reads_locked(quarantined, site), "that is not enough there"
    files.remove(leaving_mark(mark.parent))
    place.look()
    assert (place.is_locked(site, engine), server.sessions(site), [*mark.glob("database-*")]) == (True, 0, [])
    assert begun.communicate(timeout=60)[1]
    assert (reads_locked(suspended, site), idle(suspended, site, engine)) == (True, True)
    assert reads_locked(quarantined, site), "locked once, it is not locked again"


@ENGINES
def test_who_was_let_in_before_fills_no_database_beyond_its_bound(leaving: tuple[Place, str], engine: Engine) -> None:
    place, site = leaving
    server = place.owner.watch.servers[engine]
    close(place, site, engine, SiteState.SUSPENDED, mebibytes=16)
    written = client(place, site, engine, FILL[engine])
    assert (written.communicate(timeout=60), written.returncode) == (("", ""), 0)
    place.look()
    assert (server.find(site, known=True).full, place.is_locked(site, engine)) == (True, False)
    assert client(place, site, engine, "INSERT INTO surat VALUES ('lagi');").communicate(timeout=60)[1]
    files.remove(leaving_mark(place.stand.settings.site(site)))
    place.look()
    assert (server.find(site, known=True).full, place.is_locked(site, engine)) == (True, True)
    close(place, site, engine, SiteState.OPEN, locked=False).say(site, "DELETE FROM surat")
    server.compact(site)
    place.make(site, engine)
    place.look()
    assert not server.find(site, known=True).full


@ENGINES
@pytest.mark.parametrize("state", [SiteState.QUARANTINED, SiteState.PARKED])
def test_what_is_shut_for_good_waits_for_nobody(leaving: tuple[Place, str], engine: Engine, state: SiteState) -> None:
    place, site = leaving
    server = place.owner.watch.servers[engine]
    begun = client(place, site, engine, ASLEEP[engine])
    until(lambda: server.sessions(site) == 1)
    close(place, site, engine, SiteState.SUSPENDED)
    shut = close(place, site, engine, state)
    assert (place.is_locked(site, engine), server.sessions(site), idle(shut, site, engine)) == (True, 0, True)
    assert begun.communicate(timeout=60)[1]


@ENGINES
def test_who_is_opened_again_meanwhile_stays_open(leaving: tuple[Place, str], engine: Engine) -> None:
    place, site = leaving
    close(place, site, engine, SiteState.SUSPENDED)
    opened = close(place, site, engine, SiteState.OPEN, locked=False)
    place.look()
    files.remove(leaving_mark(place.stand.settings.site(site)))
    place.look()
    assert (place.is_locked(site, engine), open_mark(place.stand.settings.site(site)).exists()) == (False, False)
    assert not reads_locked(opened, site)
