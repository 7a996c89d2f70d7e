"""What one site's ordinary user can do to a server, on real ones and with the brake on: it is ended within seconds, and
the neighbour goes on (script/test-more).
"""

import contextlib
import os
import threading
import time
from collections.abc import Iterable, Iterator

import pytest

from panggon.core.errors import TemporaryError
from panggon.core.node.databases import database_load, haste, heaviness
from panggon.core.node.databases.database_load import FIRST_FEW, MEBIBYTE, Session
from panggon.core.sites.spec import Engine
from panggon.drivers.databases.database_server import DatabaseServer
from panggon.drivers.databases.mariadb import sessions as mariadb_sessions
from panggon.node.databases.brake import Brake
from tests.node.databases.place import Place, client, served
from tests.node.stand import UID_BASE
from tests.waiting import until

pytestmark = pytest.mark.real
ASLEEP = {Engine.MARIADB: "DO SLEEP(600);", Engine.POSTGRESQL: "SELECT pg_sleep(600);"}
FOR_EVER = "CREATE TABLE IF NOT EXISTS lama (n int, isi varchar(7000)); DELETE FROM lama;"
UNDO = """
INSERT INTO lama SELECT seq, REPEAT('a', 7000) FROM seq_1_to_2000;
DELIMITER //
CREATE OR REPLACE PROCEDURE ubah() BEGIN
  DECLARE i INT DEFAULT 0;
  START TRANSACTION;
  WHILE 1 DO UPDATE lama SET isi = REPEAT(CHAR(97 + i % 20), 7000); SET i = i + 1; END WHILE;
END//
DELIMITER ;
CALL ubah();
"""
ALL_LOCKS = """
DO $$ BEGIN FOR n IN 1..100000000 LOOP PERFORM pg_advisory_lock(n); END LOOP;
EXCEPTION WHEN OTHERS THEN PERFORM pg_sleep(1000); END $$;
"""
ATTACKS = {
    (Engine.MARIADB, "memory"): "SET sort_buffer_size = 4 << 30, max_heap_table_size = 16 << 30;"
    "SET tmp_table_size = 16 << 30;"
    "SELECT COUNT(*) FROM (SELECT DISTINCT CONCAT(seq, REPEAT('x', 200)) FROM seq_1_to_90000000) t;",
    (Engine.MARIADB, "temporary file"): "SET max_heap_table_size = 16384;"
    "SELECT COUNT(*) FROM (SELECT CONCAT(seq, REPEAT('x', 9000)) a FROM seq_1_to_9000000 ORDER BY RAND() LIMIT 1) t;",
    (Engine.MARIADB, "temporary table"): "CREATE TEMPORARY TABLE t (isi LONGTEXT);"
    "INSERT INTO t SELECT REPEAT('x', 1000000) FROM seq_1_to_90000;",
    (Engine.MARIADB, "undo"): UNDO,
    (Engine.MARIADB, "row locks"): "INSERT INTO lama (n) SELECT seq FROM seq_1_to_500000; START TRANSACTION;"
    "SELECT COUNT(*) FROM lama FOR UPDATE; DO SLEEP(1000);",
    (Engine.MARIADB, "opened tables"): "CREATE TABLE IF NOT EXISTS bagian (n int) PARTITION BY HASH(n) PARTITIONS 1000;"
    "EXECUTE IMMEDIATE CONCAT('SELECT 1 FROM bagian', REPEAT(' UNION ALL SELECT 1 FROM bagian', 400));",
    (Engine.MARIADB, "procedure"): "EXECUTE IMMEDIATE CONCAT('CREATE OR REPLACE PROCEDURE panjang() BEGIN ',"
    "REPEAT('SELECT 1 INTO @n;', 400000), ' END'); CALL panjang(); DO SLEEP(1000);",
    (Engine.MARIADB, "for ever"): "SET max_statement_time = 0; DO SLEEP(1000);",
    (Engine.POSTGRESQL, "memory"): "SET work_mem = '8GB'; SET statement_timeout = 0;"
    "SELECT count(*) FROM (SELECT array_agg(md5(n::text)) FROM generate_series(1, 90000000) n) t;",
    (Engine.POSTGRESQL, "locks"): "DO $$ BEGIN FOR n IN 1..30000 LOOP PERFORM pg_advisory_lock(n); END LOOP; "
    "PERFORM pg_sleep(1000); END $$;",
    (Engine.POSTGRESQL, "every lock"): ALL_LOCKS,
    (Engine.POSTGRESQL, "for ever"): "SET statement_timeout = 0; DO $$ BEGIN LOOP END LOOP; END $$;",
}
# A procedure that has been called takes some MiB until its session ends: some of them in a second.
SLOWLY = """
DELIMITER //
CREATE OR REPLACE PROCEDURE mulai(n INT) BEGIN
  EXECUTE IMMEDIATE CONCAT('CREATE OR REPLACE PROCEDURE p', n, '() BEGIN ', REPEAT('SELECT 1 INTO @n;', 4000), ' END');
END//
DELIMITER ;
""" + "".join(f"CALL mulai({n}); CALL p{n}(); DO SLEEP(0.3);" for n in range(200))
# Smaller than in earnest, so that it does not take minutes.
BOUNDS = {
    "SHARED_SOME": 96 * MEBIBYTE,
    "UNCOUNTED_SOME": 256 * MEBIBYTE,
    "UNDO_MOST": 96 * MEBIBYTE,
    "TEMPORARY_MOST": 96 * MEBIBYTE,
    "ROW_LOCKS_PART": 256,
}
LATE = {"SECONDS_MOST": 5.0}


@pytest.mark.usefixtures("_brake")
@pytest.mark.parametrize(("engine", "name"), list(ATTACKS))
def test_it_is_ended_and_the_neighbour_goes_on(
    made: tuple[Place, str], neighbour: str, engine: Engine, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, site = made
    for bound, value in (BOUNDS | (LATE if name == "for ever" else {})).items():
        monkeypatch.setattr(database_load, bound, value)
    attack = client(place, site, engine, FOR_EVER + ATTACKS[engine, name])
    until(lambda: attack.poll() is not None, seconds=60)
    _, words = attack.communicate()
    assert "Lost connection" in words or "terminating connection due to administrator command" in words, words
    until(lambda: served(place, neighbour, engine), seconds=20)
    assert served(place, neighbour, engine)
    assert served(place, site, engine)


@pytest.mark.usefixtures("_brake")
@pytest.mark.parametrize("engine", [Engine.MARIADB])
def test_who_makes_the_servers_memory_grow_slowly_is_ended_and_not_who_works_most(
    made: tuple[Place, str], neighbour: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, site = made
    monkeypatch.setattr(database_load, "UNCOUNTED_SOME", 128 * MEBIBYTE)
    monkeypatch.setattr(database_load, "UNCOUNTED_SLOWLY", 32 * MEBIBYTE)
    monkeypatch.setattr(database_load, "UNCOUNTED_STEP", 512 * MEBIBYTE)
    beside = client(place, neighbour, engine, BUSY[engine])
    attack = client(place, site, engine, SLOWLY)
    until(lambda: attack.poll() is not None, seconds=120)
    assert "Lost connection" in attack.communicate()[1]
    assert beside.poll() is None
    end_all(place, engine)
    beside.communicate(timeout=20)
    assert served(place, site, engine)


@pytest.mark.parametrize("engine", [Engine.POSTGRESQL])
def test_who_has_every_lock_is_ended_by_a_session_that_was_there_before(
    made: tuple[Place, str], neighbour: str, engine: Engine
) -> None:
    """Not even the superuser comes in any more."""
    place, site = made
    server, over = place.owner.watch.servers[engine], threading.Event()
    with server.watched() as watched:
        watched.load()
        attack = client(place, site, engine, ALL_LOCKS)
        until(lambda: not comes_in(server))
        assert "out of shared memory" in client(place, neighbour, engine, "SELECT 1;").communicate()[1]
        Brake({engine: server}, UID_BASE)._follow(engine, watched, over, time.monotonic() + 1, also=lambda _: None)
        attack.communicate(timeout=60)
        assert attack.returncode != 0
    assert served(place, neighbour, engine)


@pytest.mark.usefixtures("_brake")
@pytest.mark.parametrize("engine", list(Engine))
def test_where_places_are_short_who_has_most_sessions_gives_way(
    made: tuple[Place, str], neighbour: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, site = made
    server, places = place.owner.watch.servers[engine], {Engine.MARIADB: 500, Engine.POSTGRESQL: 200}[engine]
    monkeypatch.setattr(mariadb_sessions, "THREADS_MANY", 0)
    beside = [client(place, neighbour, engine, ASLEEP[engine]) for _ in range(2)]
    crowd = [client(place, site, engine, ASLEEP[engine]) for _ in range(8)]
    until(lambda: (server.sessions(neighbour), server.sessions(site)) == (2, 8))
    monkeypatch.setattr(database_load, "PLACES_LEFT", 4.5 / places)
    monkeypatch.setattr(database_load, "PLACES_MOST", 7 / places)
    until(lambda: server.sessions(site) == FIRST_FEW)
    assert served(place, neighbour, engine)
    assert (server.sessions(neighbour), [each.poll() for each in beside]) == (2, [None, None])
    end_all(place, engine)
    for each in (*beside, *crowd):
        each.communicate(timeout=20)


def end_all(place: Place, engine: Engine) -> None:
    """MariaDB goes on for a while when the client is gone, and even when the database is."""
    with place.owner.watch.servers[engine].watched() as watched:
        for session in watched.load().sessions:
            watched.end(session.number)


def comes_in(server: DatabaseServer) -> bool:
    try:
        with server.watched():
            return True
    except TemporaryError:
        return False


BUSY = {
    Engine.MARIADB: "SET max_statement_time = 0; SELECT BENCHMARK(1e12, SHA2('x', 512));",
    Engine.POSTGRESQL: "SET statement_timeout = 0; DO $$ BEGIN LOOP END LOOP; END $$;",
}
DOOR = "DO SLEEP(CASE SUBSTRING_INDEX(USER(), '@', 1) {} ELSE 0 END)"
# In PostgreSQL somebody asks again and again to have the database alone.
ASKING = "RESET ROLE; SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'ALTER DATABASE \"{}\" RENAME %'"
SLEEPING = {Engine.MARIADB: "DO SLEEP(1000);", Engine.POSTGRESQL: "SELECT pg_sleep(1000);"}


def places(threads: Iterable[int]) -> Iterator[frozenset[int]]:
    for thread in threads:
        with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
            yield frozenset(os.sched_getaffinity(thread))


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="with one processor there is none to share")
@pytest.mark.usefixtures("_brake")
@pytest.mark.parametrize("engine", list(Engine))
def test_the_sessions_of_a_heavy_site_share_a_processor_and_are_free_again(
    made: tuple[Place, str], neighbour: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that begins later, and what the server does of itself. Who does not sleep is heavy here: how much it
    gets is the machine's matter.
    """
    monkeypatch.setattr(heaviness, "HEAVY", 0.02)
    monkeypatch.setattr(heaviness, "LIGHT", 0.02)
    monkeypatch.setattr(heaviness, "LIGHT_SECONDS", 2.0)
    place, site = made
    everywhere = os.sched_getaffinity(0)
    shared = {sorted(everywhere)[1]}
    server = place.owner.watch.servers[engine]

    def sessions() -> tuple[Session, ...]:
        with server.watched() as watched:
            return watched.load().sessions

    def where(of: str) -> set[frozenset[int]]:
        return set(places(each.thread for each in sessions() if each.site == of))

    def of_the_server() -> set[frozenset[int]]:
        with server.watched() as watched:
            own = watched.own()
        assert len(own) > 3
        assert own.isdisjoint({each.thread for each in sessions()})
        return set(places(own))

    def end(number: int) -> None:
        with server.watched() as watched:
            watched.end(number)

    clients = [client(place, neighbour, engine, SLEEPING[engine]), client(place, site, engine, BUSY[engine])]
    until(lambda: where(site) == {frozenset(shared)}, seconds=30)
    (busy,) = (each.number for each in sessions() if each.site == site)
    if engine is Engine.MARIADB:  # who comes now waits at the door, and is let in
        until(lambda: place.say(site, "SELECT @@GLOBAL.init_connect") == DOOR.format(f"WHEN '{site}' THEN 0.03"))
    clients.append(client(place, site, engine, SLEEPING[engine]))
    until(lambda: len(sessions()) == 3 and where(site) == {frozenset(shared)}, seconds=10)
    until(lambda: where(neighbour) == {frozenset(everywhere)}, seconds=30)
    until(lambda: of_the_server() == {frozenset(everywhere - {min(everywhere)})}, seconds=30)
    end(busy)
    until(lambda: where(site) == of_the_server() == {frozenset(everywhere)}, seconds=30)
    if engine is Engine.MARIADB:
        until(lambda: place.say(site, "SELECT @@GLOBAL.init_connect") == "")
    for session in sessions():
        end(session.number)
    for each in clients:
        each.communicate(timeout=20)


@pytest.mark.usefixtures("_brake")
@pytest.mark.parametrize("engine", list(Engine))
def test_who_begins_sessions_as_fast_as_it_can_is_let_in_slowly_until_some_seconds_after(
    made: tuple[Place, str], neighbour: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a door at which eight places are worth four sessions in a second, and a bound that any machine reaches."""
    monkeypatch.setattr(haste, "bound", lambda *_: 10.0)
    monkeypatch.setattr(heaviness, "HASTY_DOOR", 2.0)
    monkeypatch.setattr(haste, "SECONDS", 15.0)
    monkeypatch.setattr(heaviness, "HEAVY", 100.0)
    place, site = made
    over = threading.Event()
    entered: list[float] = []

    def enter_again() -> None:
        while not over.is_set():
            said, _ = client(place, site, engine, "SELECT 1;").communicate()
            if said:
                entered.append(time.monotonic())

    def door() -> str:
        return place.say(site, "SELECT @@GLOBAL.init_connect" if engine is Engine.MARIADB else ASKING.format(site))

    attackers = [threading.Thread(target=enter_again) for _ in range(8)]
    for each in attackers:
        each.start()
    shut, is_open = (DOOR.format(f"WHEN '{site}' THEN 2.0"), "") if engine is Engine.MARIADB else ("1", "0")
    try:
        until(lambda: door() == shut, seconds=30)
        began = time.monotonic()
        assert served(place, neighbour, engine)
        over.wait(4)
        assert door() == shut
        ended = time.monotonic()
    finally:  # or they would come in the next test as well
        over.set()
        for each in attackers:
            each.join()
    let_in = sum(began < each < ended for each in entered)
    if engine is Engine.MARIADB:  # in PostgreSQL it is open for a moment each time
        assert let_in <= 8 * (2 + (ended - began) / 2)  # eight have come in before it was shut
    assert let_in
    until(lambda: door() == is_open, seconds=30)
    assert served(place, site, engine)


@pytest.mark.parametrize("engine", [Engine.MARIADB])
def test_memory_tables_are_none_and_what_is_prepared_goes_with_its_session(made: tuple[Place, str]) -> None:
    place, site = made
    words = "SET sql_mode = ''; CREATE TABLE m (n int) ENGINE = MEMORY; SELECT engine FROM information_schema.tables"
    said, _ = client(place, site, Engine.MARIADB, f"{words} WHERE table_name = 'm';").communicate()
    assert said == "InnoDB\n"
    words = "XA START 'a'; INSERT INTO m VALUES (1); XA END 'a'; XA PREPARE 'a';"
    client(place, site, Engine.MARIADB, words).communicate()
    assert place.say(site, "XA RECOVER") != ""
    with place.owner.watch.servers[Engine.MARIADB].watched() as watched:
        assert not watched.is_tidy()
        place.owner.watch.servers[Engine.MARIADB].tidy()
        assert watched.is_tidy()
    assert place.say(site, "XA RECOVER; SELECT COUNT(*) FROM m") == "0"
