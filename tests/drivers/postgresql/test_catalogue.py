"""One site asks to have alone what every session reads when it begins, on a real server."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from panggon.core.node.planning.resources import Key
from panggon.drivers.databases.postgresql import PostgreSql, catalogue
from panggon.drivers.system import files
from panggon.node.servers import postgresql
from tests.drivers.postgresql.reach import as_site, root_says
from tests.waiting import until

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("_database")]
ASKING = {
    "CREATE RULE r AS ON INSERT TO pg_database DO NOTHING": "SELECT count(*) FROM pg_database",
    "CREATE RULE r AS ON INSERT TO pg_class DO NOTHING": "SELECT count(*) FROM pg_class",
    "ALTER DATABASE postgres RENAME TO lain": "ALTER ROLE CURRENT_USER IN DATABASE postgres SET work_mem = '1MB'",
}


@pytest.fixture
def guard(reached: PostgreSql) -> Iterator[threading.Thread]:
    over = threading.Event()
    thread = threading.Thread(target=reached.guard, args=(over,))
    yield thread
    over.set()
    thread.join()


@contextmanager
def asked(private: Path, statement: str) -> Iterator[threading.Thread]:
    """It has what it asks for when the transaction of another session of the site ends."""

    def ask() -> None:
        with pytest.raises(psycopg.errors.AdminShutdown):
            asking.execute(statement)

    with closing(as_site(private)) as asking, closing(as_site(private)) as reading:
        reading.execute("BEGIN")
        reading.execute(ASKING[statement])
        title = Path(f"/proc/{asking.info.backend_pid}/cmdline")
        thread = threading.Thread(target=ask)
        thread.start()
        until(lambda: not thread.is_alive() or " waiting" in (files.read(title) or b"").decode())  # or is ended already
        yield thread


@pytest.mark.parametrize("statement", ASKING)
@pytest.mark.parametrize("is_first", [True, False])
def test_who_asks_for_the_catalogue_alone_is_ended_and_all_come_in(
    key: Key,
    reached: PostgreSql,
    server: postgresql.Settings,
    private: Path,
    guard: threading.Thread,
    statement: str,
    is_first: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also where nobody has watched when it began, and who is to watch does not come in."""
    monkeypatch.setattr(catalogue, "BEGINS_SECONDS", 0.1)
    if is_first:
        guard.start()
        until(lambda: len(root_says(server, "SELECT pid FROM pg_stat_activity WHERE usename = 'postgres'")) > 1)
    with asked(private, statement) as asking:
        if not is_first:
            guard.start()
        asking.join(10)
        assert not asking.is_alive()
        assert root_says(server, "SELECT 1") == [(1,)]
        if is_first:  # with him who has only read there
            until(lambda: not reached.sessions(key.name))


def test_who_sends_notices_is_ended_by_nobody(
    private: Path, guard: threading.Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their queue is one of all databases, too, and who sends has it alone for a moment."""

    def send() -> None:
        with closing(as_site(private)) as session:
            for _ in range(300):
                session.execute("NOTIFY kabar, 'ada'")
            sent.append(True)

    sent: list[bool] = []
    monkeypatch.setattr(catalogue, "SECONDS", 0.002)
    guard.start()
    sending = [threading.Thread(target=send) for _ in range(4)]
    for thread in sending:
        thread.start()
    for thread in sending:
        thread.join()
    assert len(sent) == 4


def test_nor_is_who_does_what_applications_do(
    private: Path, guard: threading.Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some of it goes over all tables, those of the server too, and passes over what is not its own."""
    monkeypatch.setattr(catalogue, "SECONDS", 0.002)
    guard.start()
    with closing(as_site(private)) as session:
        for words in ("VACUUM", "VACUUM FULL", "ANALYZE", "CREATE EXTENSION citext", "DROP EXTENSION citext"):
            session.execute(words.encode())
        for number in range(100):
            session.execute(f"CREATE TABLE t{number} (id serial PRIMARY KEY); DROP TABLE t{number}".encode())
