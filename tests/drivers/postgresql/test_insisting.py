"""A site has what is changed of it, by a transaction that goes on, on a real server."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress

import psycopg
import pytest

from panggon.drivers.databases.postgresql import PostgreSql
from panggon.node.servers import postgresql
from tests.drivers.postgresql.reach import login_beside, root_says
from tests.waiting import until

pytestmark = pytest.mark.real
SITE, NEIGHBOUR, PASSWORD = "s830081", "s830082", "rahasia-tetangga"
HOLDING = {
    "role": "ALTER ROLE CURRENT_USER PASSWORD 'x'",
    "settings": "ALTER ROLE CURRENT_USER SET work_mem = '1MB'",
    "database": f"GRANT CONNECT ON DATABASE {SITE} TO PUBLIC",
    "neighbour": f"ALTER ROLE CURRENT_USER IN DATABASE {NEIGHBOUR} SET work_mem = '1MB'",
}


@pytest.fixture
def login(reached: PostgreSql, server: postgresql.Settings) -> Iterator[str]:
    with login_beside(reached, server, SITE, NEIGHBOUR, password=PASSWORD) as login:
        yield login


@pytest.mark.parametrize(
    ("held", "change"),
    [
        ("role", lambda reached: reached.lock(SITE)),
        ("role", lambda reached: reached.make(SITE, password=PASSWORD, connections=5)),
        ("settings", lambda reached: reached.make(SITE, password=PASSWORD, connections=5)),
        ("database", lambda reached: reached.make(SITE, password=None, connections=5, locked=True)),
        ("database", lambda reached: reached.shut(SITE)),
        ("database", lambda reached: reached.stop_writing(SITE)),
        ("neighbour", lambda reached: reached.drop(NEIGHBOUR)),
    ],
)
def test_who_has_what_is_changed_of_a_site_is_ended(
    login: str, reached: PostgreSql, held: str, change: Callable[[PostgreSql], None]
) -> None:
    with closing(psycopg.connect(login)) as session:
        session.execute(HOLDING[held])
        change(reached)
        with pytest.raises(psycopg.errors.AdminShutdown):
            session.execute("SELECT 1")


@pytest.mark.parametrize("held", ["role", "settings", "database"])
def test_nor_does_it_help_to_change_it_without_end(login: str, reached: PostgreSql, held: str) -> None:
    def change() -> None:
        with closing(psycopg.connect(login, autocommit=True)) as session:
            while not over.is_set():
                try:
                    session.execute(HOLDING[held])
                except psycopg.errors.InternalError_:  # the other one was faster
                    continue
                except psycopg.Error:
                    return

    over = threading.Event()
    changing = [threading.Thread(target=change) for _ in range(2)]
    for thread in changing:
        thread.start()
    for _ in range(5):
        reached.make(SITE, password=PASSWORD, connections=5)
    reached.lock(SITE)
    over.set()
    for thread in changing:
        thread.join()
    assert reached.sessions(SITE) == 0


def test_who_was_let_in_and_takes_his_time_is_ended_with_all_others(
    login: str, reached: PostgreSql, server: postgresql.Settings
) -> None:
    def come_late() -> None:
        with suppress(psycopg.Error), closing(psycopg.connect(login, options="-c post_auth_delay=3")) as session:
            session.execute("CREATE TABLE terlambat ()")
            session.commit()

    late = threading.Thread(target=come_late)
    late.start()
    begins = f"SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.objid WHERE d.datname = '{SITE}'"
    until(lambda: root_says(server, f"{begins} AND mode = 'RowExclusiveLock'") != [])
    reached.lock(SITE)
    late.join()
    assert root_says(server, "SELECT relname FROM pg_class WHERE relname = 'terlambat'", database=SITE) == []


@pytest.mark.parametrize("verifier", ["50000:eA==", f"4096:{'eHh4' * 10_000}"])
def test_a_verifier_that_takes_long_or_much_holds_up_nobody(
    login: str, reached: PostgreSql, server: postgresql.Settings, verifier: str
) -> None:
    """Whoever logs in by it counts as often as it says, proofs too, and cannot be told to stop."""
    keys = ":".join([f"{'A' * 43}="] * 2)
    with closing(psycopg.connect(login, autocommit=True)) as session:
        session.execute(f"ALTER ROLE CURRENT_USER PASSWORD 'SCRAM-SHA-256${verifier}${keys}'".encode())
    found = reached.find(SITE, known=True).verifier
    assert len(found) < 300
    assert not reached.verifies(found, PASSWORD)
    assert [(check.name, check.ok) for check in reached.proofs(SITE, PASSWORD)] == [("database.login", False)]
    reached.make(SITE, password=PASSWORD, connections=5)
    assert all(check.ok for check in reached.proofs(SITE, PASSWORD))


@pytest.mark.parametrize(
    "setting",
    [
        "default_transaction_read_only = on",
        "client_encoding = 'SQL_ASCII'",
        "default_tablespace = 'pg_global'",
        "idle_in_transaction_session_timeout = '1ms'",
        "default_transaction_isolation = 'serializable'",
    ],
)
def test_what_it_sets_for_its_programs_breaks_no_proof(login: str, reached: PostgreSql, setting: str) -> None:
    with closing(psycopg.connect(login, autocommit=True)) as session:
        session.execute(f"ALTER ROLE CURRENT_USER SET {setting}".encode())
    assert [check.name for check in reached.proofs(SITE, PASSWORD) if not check.ok] == []
