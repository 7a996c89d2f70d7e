"""The doors of a site's database, on a real server. A door stands for an hour here, and is opened by the test."""

import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from panggon.core.node.databases.database_load import Taken
from panggon.core.node.planning.resources import Key
from panggon.drivers.databases.database_server import Watched
from panggon.drivers.databases.postgresql import PostgreSql
from panggon.drivers.databases.postgresql.doors import SECONDS_LEAST
from panggon.node.servers import postgresql
from tests.drivers.postgresql.reach import as_site, refusal, root_says
from tests.waiting import until

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("_database")]
HOUR = 3600.0
ASKING = "SELECT pid FROM pg_locks WHERE locktype = 'object' AND mode = 'AccessExclusiveLock' AND NOT granted"


class Login(threading.Thread):
    """Of the site, that may take its time."""

    def __init__(self, private: Path) -> None:
        super().__init__(daemon=True)
        self.private, self.session, self.error = private, None, ""
        self.start()

    session: psycopg.Connection | None

    def run(self) -> None:
        try:
            self.session = as_site(self.private)
        except psycopg.OperationalError as error:
            self.error = str(error)


@pytest.fixture
def watched(reached: PostgreSql, server: postgresql.Settings) -> Iterator[Watched]:
    with reached.watched() as watched:
        yield watched
        open_door(server)


def open_door(server: postgresql.Settings) -> None:
    """As a server does that begins anew."""
    root_says(server, f"SELECT pg_terminate_backend(pid) FROM ({ASKING}) asking")


def shut(watched: Watched, server: postgresql.Settings, site: str) -> None:
    watched.hold({site: HOUR})
    until(lambda: root_says(server, ASKING))


def test_who_begins_a_session_waits_and_what_has_begun_goes_on(
    key: Key, reached: PostgreSql, server: postgresql.Settings, private: Path, watched: Watched
) -> None:
    with as_site(private) as before:
        shut(watched, server, key.name)
        login = Login(private)
        until(lambda: len(watched.threads([key.name])) == 2)  # also who waits is put where he belongs
        assert refusal(before, "CREATE TABLE lain AS SELECT 1") is None
        assert refusal(before, "DROP TABLE lain") is None
        assert login.is_alive()
        assert reached.sessions(key.name) == 2
        assert root_says(server, "SELECT 1") == [(1,)]
        open_door(server)
        login.join()
        assert login.session
        assert refusal(login.session, "SELECT 1") is None
        login.session.close()
    assert reached.find(key.name, known=False).detail == ""  # its mark too is as it was


def test_a_door_stands_again_when_it_is_asked_for_and_is_open_when_it_is_not(
    key: Key, server: postgresql.Settings, private: Path, watched: Watched
) -> None:
    shut(watched, server, key.name)
    open_door(server)
    until(lambda: watched.hold({key.name: HOUR}) or root_says(server, ASKING))
    watched.hold({})
    open_door(server)
    login = Login(private)
    login.join()
    assert login.session
    assert not root_says(server, ASKING)
    login.session.close()


def test_each_time_that_it_opens_all_come_in_who_stand_there(key: Key, reached: PostgreSql, private: Path) -> None:
    with reached.watched() as watched:
        watched.hold({key.name: SECONDS_LEAST})
        crowd = [Login(private) for _ in range(3)]
        for login in crowd:
            login.join()
            assert login.session
            login.session.close()


def test_who_waits_at_a_door_is_ended_when_his_site_is_closed(
    key: Key, reached: PostgreSql, server: postgresql.Settings, private: Path, watched: Watched
) -> None:
    shut(watched, server, key.name)
    login = Login(private)
    until(lambda: watched.threads([key.name]))
    reached.lock(key.name)
    login.join()
    assert "terminating connection" in login.error
    assert reached.sessions(key.name) == 0


def test_what_has_begun_is_counted_by_site_and_what_is_refused_is_not(
    key: Key, private: Path, watched: Watched
) -> None:
    watched.taken()
    for _ in range(3):
        as_site(private).close()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        as_site(private, password="salah")
    seen = 0

    def all_seen() -> bool:
        nonlocal seen
        seen += watched.taken().get(key.name, Taken()).begun
        return seen >= 3

    until(all_seen)
    assert (seen, watched.taken()) == (3, {})
