"""What roles give themselves in the catalogues of all databases, on a real server."""

import secrets
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import psycopg
import pytest

from panggon.drivers.databases.postgresql import PostgreSql, sessions, swollen
from panggon.node.servers import postgresql
from tests.drivers.postgresql.reach import is_tidy, login_beside, refusal, root_says
from tests.waiting import until

pytestmark = pytest.mark.real
SITE, NEIGHBOUR, PASSWORD = "s830093", "s830094", "rahasia-tetangga"
MEBIBYTE = 1024 * 1024
KEY = "A" * 43 + "="
SET = "ALTER ROLE CURRENT_USER SET search_path = '{}'"
TAKE = "ALTER ROLE CURRENT_USER SET search_path = public"
GIVEN = {"settings": SET, "password": f"ALTER ROLE CURRENT_USER PASSWORD 'SCRAM-SHA-256$1:{{}}${KEY}:{KEY}'"}
HELD = (
    "SELECT setconfig, rolpassword FROM pg_authid r JOIN pg_db_role_setting s ON s.setrole = r.oid WHERE rolname = '{}'"
)
QUIET = ["log_min_messages=fatal"]


@pytest.fixture
def login(reached: PostgreSql, server: postgresql.Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(sessions, "CATALOGUES_MOST", 2 * MEBIBYTE)
    with login_beside(reached, server, SITE, NEIGHBOUR, password=PASSWORD) as login:
        assert is_tidy(reached)
        yield login


@contextmanager
def beside(login: str) -> Iterator[psycopg.Connection]:
    """The neighbour's transaction, which is the longest one and goes on."""
    words = login.replace(SITE, NEIGHBOUR)
    with closing(psycopg.connect(words, autocommit=True)) as session:
        session.execute("BEGIN; SELECT count(*) FROM pg_roles")
        yield session


def much() -> str:
    return secrets.token_hex(MEBIBYTE)


@pytest.mark.parametrize("kind", GIVEN)
def test_what_a_role_gives_itself_is_taken_back_where_it_is_too_much(
    login: str, reached: PostgreSql, server: postgresql.Settings, kind: str
) -> None:
    ((kept, verifier),) = root_says(server, HELD.format(SITE))
    with beside(login) as other, closing(psycopg.connect(login, autocommit=True)) as session:
        for _ in range(3):
            session.execute(GIVEN[kind].format(much()).encode())
        assert not is_tidy(reached)
        reached.tidy()
        assert (refusal(session, "SELECT 1"), refusal(other, "SELECT 1")) == ("57P01", None)
    assert kept == QUIET
    assert root_says(server, HELD.format(SITE)) == [(QUIET, None if kind == "password" else verifier)]
    assert is_tidy(reached)
    assert root_says(server, f"SELECT rolcanlogin FROM pg_roles WHERE rolname = '{SITE}'") == [(True,)]


def test_who_does_so_without_end_is_locked_out_and_the_neighbours_transaction_goes_on(
    login: str, reached: PostgreSql, server: postgresql.Settings
) -> None:
    def change() -> None:
        with suppress(psycopg.OperationalError), closing(psycopg.connect(login, autocommit=True)) as session:
            while True:
                session.execute(SET.format(much()).encode())
                session.execute(TAKE)

    changing = threading.Thread(target=change)
    with beside(login) as other:
        changing.start()
        until(lambda: reached.tidy() or not changing.is_alive())
        until(lambda: reached.tidy() or is_tidy(reached))
        assert refusal(other, "SELECT 1") is None
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
        psycopg.connect(login)
    assert root_says(server, HELD.format(SITE))[0][0] in (QUIET, [*QUIET, "search_path=public"])


def test_who_sees_what_was_there_is_ended_until_it_is_gone(login: str, reached: PostgreSql) -> None:
    with beside(login) as other, closing(psycopg.connect(login, autocommit=True)) as session:
        other.execute("COMMIT; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
        for _ in range(4):
            session.execute(SET.format(much()).encode())
        session.execute(TAKE)
        reached.tidy()
        assert (refusal(session, "SELECT 1"), refusal(other, "SELECT 1")) == (None, "57P01")
    reached.tidy()
    assert is_tidy(reached)


def test_room_behind_which_something_lies_costs_nobody_a_transaction(
    login: str, reached: PostgreSql, server: postgresql.Settings
) -> None:
    """It is given back as soon as nobody reads there."""
    with beside(login) as other, closing(psycopg.connect(login, autocommit=True)) as session:
        for _ in range(4):
            session.execute(SET.format(much()).encode())
        other.execute("COMMIT")
        other.execute(SET.format(secrets.token_hex(swollen.OF_ONE // 4)).encode())
        session.execute(TAKE)
        other.execute("BEGIN; SELECT 1")
        with server_reads(server):
            reached.tidy()
            assert not is_tidy(reached)
        reached.tidy()
        assert is_tidy(reached)
        assert (refusal(session, "SELECT 1"), refusal(other, "SELECT 1")) == (None, None)


@contextmanager
def server_reads(server: postgresql.Settings) -> Iterator[None]:
    with psycopg.connect(host=str(server.run), user="postgres", dbname="postgres") as session:
        session.execute("SELECT count(*) FROM pg_db_role_setting")
        yield
