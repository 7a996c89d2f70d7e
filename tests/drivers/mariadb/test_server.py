"""The server as a whole: who comes in, what its errors mean, and that it is prepared once."""

import shutil
import subprocess
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pymysql
import pytest

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.node.planning.resources import Key
from panggon.drivers.databases.mariadb import MariaDb, line, sessions
from panggon.node.servers import mariadb
from tests.drivers.mariadb.reach import FIRST, driver_of, root_says
from tests.drivers.running import running
from tests.waiting import until

pytestmark = pytest.mark.real


def test_a_server_that_is_down_may_come_back(server: mariadb.Settings, root: Path, key: Key) -> None:
    away = driver_of(root / "run" / "none.sock", server, root)
    for ask in (lambda: away.read(key), lambda: away.write(key, FIRST)):
        with pytest.raises(TemporaryError, match=r"database\.down"):
            ask()


@pytest.mark.parametrize(
    ("number", "text", "error", "code"),
    [
        (1006, 'Database not created (errno: 28 "No space left on device")', TemporaryError, "disk.full"),
        (1040, "Too many connections", TemporaryError, "database.down"),
        (1044, "Access denied", PermanentError, "database.refused"),
    ],
)
def test_what_the_server_says_is_temporary_or_not(
    server: mariadb.Settings, number: int, text: str, error: type[Exception], code: str
) -> None:
    with pytest.raises(error, match=code), line.root(server.socket) as cursor:
        cursor.execute(f"SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = {number}, MESSAGE_TEXT = %s", (text,))


def test_only_root_and_the_sites_come_in(server: mariadb.Settings) -> None:
    assert root_says(server, "SELECT User FROM mysql.user WHERE User NOT IN ('mariadb.sys') ORDER BY User") == [
        ("root",)
    ]
    as_nobody = ["setpriv", "--reuid=65534", "--clear-groups", "mariadb", f"--socket={server.socket}", "-u", "root"]
    refused = subprocess.run([*as_nobody, "-e", "SELECT 1"], capture_output=True, text=True)
    assert "Access denied" in refused.stderr


def test_preparing_again_keeps_the_data(server: mariadb.Settings) -> None:
    before = server.data.stat()
    mariadb.prepare(server)
    assert (server.data.stat().st_ino, server.data.stat().st_uid) == (before.st_ino, before.st_uid)
    beside = sorted(path.name for path in server.data.parent.iterdir() if path.name.startswith("mariadb"))
    assert beside == ["mariadb", "mariadb.tmp"]


@pytest.fixture
def another(server: mariadb.Settings, root: Path) -> mariadb.Settings:
    """Whose data are to be made."""
    return replace(
        server,
        data=root / "state" / "another",
        socket=root / "run" / "another" / "mysqld.sock",
        configuration=root / "etc" / "another" / "mariadb.cnf",
    )


def test_what_can_be_taken_back_has_files_from_the_first(another: mariadb.Settings) -> None:
    """A server that had to make them at its start would not where the first had ended too early to take all back."""
    mariadb.prepare(another)
    assert sorted(path.name for path in another.data.glob("undo*")) == ["undo001", "undo002", "undo003"]
    assert "innodb-fast-shutdown" not in another.configuration.read_text()
    shutil.rmtree(another.data)


def test_data_that_were_made_without_files_for_it_get_them_after_a_stop(
    another: mariadb.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop_with_something_left() -> int:
        """How it stops."""
        with running(mariadb.server(another)):
            root_says(another, "CREATE OR REPLACE TABLE mysql.lama (n INT) AS SELECT 1 AS n")
            with pymysql.connect(unix_socket=str(another.socket), user="root") as one, one.cursor() as cursor:
                cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT")
                root_says(another, "UPDATE mysql.lama SET n = 2")
                return int(str(root_says(another, "SELECT @@innodb_fast_shutdown")[0][0]))

    monkeypatch.setattr(mariadb, "UNDO_FILES", 0)
    mariadb.prepare(another)
    stop_with_something_left()
    assert not mariadb.has_undo_files(another)
    monkeypatch.undo()
    mariadb.prepare(another)
    assert stop_with_something_left() == 0
    with running(mariadb.server(another)):
        assert mariadb.has_undo_files(another)
    mariadb.prepare(another)
    assert "innodb-fast-shutdown" not in another.configuration.read_text()


def test_who_renames_an_index_for_ever_takes_no_memory_of_the_server(server: mariadb.Settings) -> None:
    """It counts, with what users take, how often each table and index is read, also of names that are gone."""

    def counted(what: str) -> int:
        statistics = f"information_schema.{what}_statistics"
        return len(root_says(server, f"SELECT 1 FROM {statistics} WHERE table_schema = 'counted'"))

    read = "SELECT a FROM counted.one FORCE INDEX ({0}) WHERE a = 1"
    root_says(
        server,
        "CREATE DATABASE counted",
        "CREATE TABLE counted.one (a INT, KEY former (a)) AS SELECT 1 AS a",
        read.format("former"),
        "ALTER TABLE counted.one RENAME INDEX former TO latter",
        read.format("latter"),
    )
    assert (counted("table"), counted("index")) == (1, 2)
    with MariaDb(server.socket, server.socket, server.data, server.temporary).watched() as watched:
        watched.taken()
    assert (counted("table"), counted("index")) == (0, 0)
    root_says(server, "DROP DATABASE counted")


def test_transactions_that_are_noted_down_for_ever_are_forgotten(
    server: mariadb.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what is done goes on."""
    noted, change = "SELECT COUNT(*) FROM mysql.transaction_registry", "UPDATE noted.t SET n = n + 1"
    numbers = "mulai BIGINT UNSIGNED AS ROW START INVISIBLE, akhir BIGINT UNSIGNED AS ROW END INVISIBLE"
    root_says(
        server,
        "CREATE DATABASE noted",
        f"CREATE TABLE noted.t (n INT, {numbers}, PERIOD FOR SYSTEM_TIME (mulai, akhir)) WITH SYSTEM VERSIONING",
        "INSERT INTO noted.t VALUES (1)",
    )
    reached = MariaDb(server.socket, server.socket, server.data, server.temporary)
    with reached.watched() as watched:
        assert root_says(server, change, noted) == [(2,)]
        reached.tidy()
        assert watched.is_tidy()
        assert root_says(server, noted) == [(2,)]
        monkeypatch.setattr(sessions, "REGISTERED_MOST", 0)
        assert not watched.is_tidy()
        reached.tidy()
    assert root_says(server, change, noted) == [(1,)]
    root_says(server, "DROP DATABASE noted")


def test_who_changes_its_own_entry_for_ever_keeps_nobody_from_the_list_of_users(server: mariadb.Settings) -> None:
    """Whoever writes there came before all that read, plans of every site among them, which waited for ever."""
    name, words = "s999997", "BEGIN NOT ATOMIC WHILE 1 DO SET DEFAULT ROLE NONE; END WHILE; END"
    root_says(server, f"CREATE USER {name}@localhost IDENTIFIED BY 'x'")
    client = ["mariadb", f"--socket={server.socket}", f"--user={name}", "--password=x", "--delimiter=//", "-e", words]
    asked = MariaDb(server.socket, server.socket, server.data, server.temporary)
    with ExitStack() as stack:
        stack.callback(root_says, server, f"DROP USER {name}@localhost")
        clients = [stack.enter_context(subprocess.Popen(client, stderr=subprocess.DEVNULL)) for _ in range(10)]
        stack.callback(root_says, server, f"KILL USER {name}@localhost")
        until(lambda: asked.sessions(name) == len(clients))
        for _ in range(5):
            assert f"basis data {name} tidak ada" in asked.find(name, known=True).detail


def test_who_stands_at_a_door_is_among_those_that_wait(server: mariadb.Settings) -> None:
    """The server does not name it."""
    name = "s999998"
    root_says(server, f"CREATE USER {name}@localhost IDENTIFIED BY 'x'")
    client = ["mariadb", f"--socket={server.socket}", f"--user={name}", "--password=x", "--execute=SELECT 1"]
    with MariaDb(server.socket, server.socket, server.data, server.temporary).watched() as watched:
        known = watched.own()
        assert watched.waiting(known) == set()
        watched.hold({name: 1000.0})
        with subprocess.Popen(client, stderr=subprocess.DEVNULL):
            (waiting,) = until(lambda: watched.waiting(known))
            time.sleep(0.1)  # by now it has logged in
            assert (watched.waiting(known), len(watched.threads([name]))) == ({waiting}, 0)
            watched.hold({})
            root_says(server, f"KILL USER {name}@localhost")
        until(lambda: not watched.waiting(known))
    root_says(server, f"DROP USER {name}@localhost")


def number_of_session(server: mariadb.Settings) -> int:
    with line.root(server.socket) as cursor:
        cursor.execute("SELECT CONNECTION_ID()")
        return int(cursor.fetchall()[0][0])


def test_what_is_asked_in_a_row_is_asked_in_one_session_and_one_that_failed_is_not_used_again(
    server: mariadb.Settings,
) -> None:
    assert number_of_session(server) != number_of_session(server)
    with line.lasting():
        first = number_of_session(server)
        assert number_of_session(server) == first
        with pytest.raises(PermanentError, match="refused"), line.root(server.socket) as cursor:
            cursor.execute("SELECT nothing")
        second = number_of_session(server)
        assert second != first
        with pymysql.connect(unix_socket=str(server.socket), user="root") as other, other.cursor() as cursor:
            cursor.execute(f"KILL CONNECTION {second}")
        with pytest.raises(TemporaryError, match="down"):
            number_of_session(server)
        assert number_of_session(server) > second
    assert number_of_session(server) != number_of_session(server)
