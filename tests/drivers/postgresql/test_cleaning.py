"""What cleans a site's tables calls the site's functions, on a real server."""

import threading
from collections.abc import Iterator
from contextlib import closing, suppress

import psycopg
import pytest

from panggon.core.node.databases.database_load import Load, Session
from panggon.drivers.databases.postgresql import PostgreSql, cleaning, stubborn
from panggon.node.servers import postgresql
from tests.drivers.postgresql.reach import guarding, login_beside, make_impatient, root_says
from tests.waiting import until

pytestmark = pytest.mark.real
SITE, NEIGHBOUR, PASSWORD = "s830095", "s830096", "rahasia-tetangga"
KEY = "A" * 43 + "="
# Those that clean have no timeout.
FOUND = """
CREATE FUNCTION lama(i int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN
  IF current_setting('statement_timeout') = '0' THEN RAISE LOG 'banyak-kata'; PERFORM {0}; END IF;
  RETURN i;
END $$;
CREATE TABLE t (i int);
CREATE INDEX ON t (lama(i));
INSERT INTO t SELECT generate_series(1, 2000);
"""
# Of what is not zero the next one begins.
LEFT = "SELECT coalesce(sum(n_mod_since_analyze), 0) FROM pg_stat_user_tables"
COUNTS = f"""
CREATE FUNCTION hitung() RETURNS void LANGUAGE plpgsql AS $f$ BEGIN
  ALTER ROLE {SITE} PASSWORD 'SCRAM-SHA-256$2147483647:c2FsdA==${KEY}:{KEY}';
END $f$;
"""


@pytest.fixture
def login(reached: PostgreSql, server: postgresql.Settings) -> Iterator[str]:
    """On a server that cleans each second."""
    root_says(server, "ALTER SYSTEM SET autovacuum_naptime = '1s'", "SELECT pg_reload_conf()")
    with login_beside(reached, server, SITE, NEIGHBOUR, password=PASSWORD) as login:
        yield login
    root_says(server, "ALTER SYSTEM RESET autovacuum_naptime", "SELECT pg_reload_conf()")


def test_who_keeps_it_for_ever_is_locked_out_and_it_ends(
    login: str, reached: PostgreSql, server: postgresql.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stubborn, "LOOK_SECONDS", 0.1)
    over = threading.Event()
    guard = threading.Thread(target=reached.guard, args=(over,))
    guard.start()
    try:
        with closing(psycopg.connect(login, autocommit=True)) as session, reached.watched() as watched:
            session.execute(FOUND.format("pg_sleep(100000)").encode())
            stuck = until(lambda: cleaners(server, at="public.t"))  # others of that database end in a moment
            found = [each for each in of_the_site(watched.load()) if (each.number,) in stuck]
            assert [each.seconds for each in found] == [0] * len(stuck)
            assert watched.own().isdisjoint(each.number for each in found)
            assert cleaners(server)
            monkeypatch.setattr(cleaning, "SECONDS", 1.0)
            until(lambda: not cleaners(server))
    finally:
        over.set()
        guard.join()
    assert root_says(server, f"SELECT rolcanlogin FROM pg_roles WHERE rolname = '{SITE}'") == [(False,)]
    assert root_says(server, LEFT, database=SITE) == [(0,)]
    assert "banyak-kata" not in server.log.read_text()


def test_one_that_hears_nothing_is_killed_and_its_site_locked_out(
    login: str, reached: PostgreSql, server: postgresql.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_impatient(monkeypatch)
    over = threading.Event()
    with closing(psycopg.connect(login, autocommit=True)) as session:
        session.execute(f"{COUNTS}{FOUND.format('public.hitung()')}".encode())
    until(lambda: cleaners(server))
    guard = threading.Thread(target=guarding, args=(reached, over))
    guard.start()
    try:
        until(lambda: is_locked_out(server))
    finally:
        over.set()
        guard.join()
    until(lambda: is_without_cleaners(server))


def of_the_site(load: Load) -> list[Session]:
    return [each for each in load.sessions if each.site == SITE]


def is_locked_out(server: postgresql.Settings) -> bool:
    with suppress(psycopg.OperationalError):  # it begins anew
        return root_says(server, f"SELECT rolcanlogin FROM pg_roles WHERE rolname = '{SITE}'") == [(False,)]
    return False


def is_without_cleaners(server: postgresql.Settings) -> bool:
    with suppress(psycopg.OperationalError):  # it begins anew: it is locked out before it is killed
        return not cleaners(server)
    return False


def cleaners(server: postgresql.Settings, *, at: str = "") -> list[tuple[object, ...]]:
    """Those in the site's database, or `at` one table of it."""
    words = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'"
    return root_says(server, f"{words} AND datname = '{SITE}' AND query LIKE '%{at}'")
