"""A site has the server count for hours, on a real one."""

import threading
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from panggon.drivers.databases.postgresql import PostgreSql
from panggon.drivers.databases.postgresql.stubborn import ENDS_SECONDS, HAS_SECONDS, WORKED_SECONDS, Stubborn
from panggon.node.servers import postgresql
from tests.drivers.postgresql.reach import guarding, login_beside, make_impatient, root_says
from tests.waiting import until

SITE, NEIGHBOUR, PASSWORD = "s830091", "s830092", "rahasia-tetangga"
KEY = "A" * 43 + "="
FOR_HOURS = f"ALTER ROLE CURRENT_USER PASSWORD 'SCRAM-SHA-256$2147483647:c2FsdA==${KEY}:{KEY}'"
NOBODY = 2**22 + 1  # no process has such a number


@pytest.fixture
def login(reached: PostgreSql, server: postgresql.Settings) -> Iterator[str]:
    with login_beside(reached, server, SITE, NEIGHBOUR, password=PASSWORD) as login:
        yield login


@pytest.mark.real
def test_who_does_not_end_is_killed_and_locked_out_and_the_neighbour_goes(
    login: str, reached: PostgreSql, server: postgresql.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_impatient(monkeypatch)
    over = threading.Event()
    guard = threading.Thread(target=guarding, args=(reached, over))
    with closing(psycopg.connect(login)) as session:
        counting = threading.Thread(target=_is_lost, args=(session,))
        counting.start()
        guard.start()
        counting.join(60)
        assert not counting.is_alive()
    until(lambda: _answers(reached))
    assert root_says(server, f"SELECT rolcanlogin FROM pg_roles WHERE rolname = '{SITE}'") == [(False,)]
    over.set()
    guard.join()
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
        psycopg.connect(login)
    reached.drop(NEIGHBOUR)
    assert root_says(server, f"SELECT 1 FROM pg_database WHERE datname = '{NEIGHBOUR}'") == []


def _is_lost(session: psycopg.Connection[tuple[object, ...]]) -> None:
    with pytest.raises(psycopg.OperationalError):
        session.execute(FOR_HOURS)


def _answers(reached: PostgreSql) -> bool:
    try:
        return reached.sessions(SITE) == 0
    except Exception:  # noqa: BLE001 -- it begins anew
        return False


def test_who_ends_in_time_is_not_killed() -> None:
    worked = {NOBODY: 5.0}
    subject = Stubborn(lambda pid: worked[pid])
    session = (NOBODY, 16400)
    assert subject.look([session], now=100) == ()
    assert subject.look([session], now=100 + HAS_SECONDS) == ()  # told
    assert subject.look([], now=101 + HAS_SECONDS) == ()
    assert subject.look([session], now=102 + HAS_SECONDS + ENDS_SECONDS) == ()  # another one of the same number


@pytest.mark.parametrize(("worked_since", "killed"), [(0.0, False), (WORKED_SECONDS, True)])
def test_who_waits_for_a_disk_is_not_killed(*, worked_since: float, killed: bool) -> None:
    worked = {NOBODY: 5.0}
    subject = Stubborn(lambda pid: worked[pid])
    session = (NOBODY, 16400)
    for now in (100.0, 100 + HAS_SECONDS):
        assert subject.look([session], now=now) == ()
    worked[NOBODY] += worked_since
    assert subject.look([session], now=99 + HAS_SECONDS + ENDS_SECONDS) == ()
    assert subject.look([session], now=100 + HAS_SECONDS + ENDS_SECONDS) == ((session,) if killed else ())
