"""How root and a site reach the server, and what its errors mean."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pymysql
from pymysql.cursors import Cursor

from panggon.core.errors import PermanentError, TemporaryError
from panggon.drivers.databases.database_server import SECONDS

NO_SPACE = "No space left on device"  # the system's word in the server's message, whatever the error's number
# Too many connections, lock waits, a server that is going or gone: all may pass.
PASSING = frozenset({1040, 1053, 1203, 1205, 1213, 1226, 2002, 2003, 2006, 2013})

_thread = threading.local()


@contextmanager
def lasting() -> Iterator[None]:
    """What this thread asks as root in the block it asks in one session: a login costs as much as four questions."""
    kept = _thread.kept = dict[Path, Any]()
    try:
        yield
    finally:
        del _thread.kept
        for connection in kept.values():
            _close(connection)


@contextmanager
def root(server: Path) -> Iterator[Cursor]:
    """Errors as `session`."""
    kept: dict[Path, Any] | None = getattr(_thread, "kept", None)
    with _translated(server):
        connection = (kept.pop(server, None) if kept else None) or _opened(server, user="root")
        try:
            with connection.cursor() as cursor:
                yield cursor
        except BaseException:  # what it is worth is not known any more
            _close(connection)
            raise
        if kept is None or kept.setdefault(server, connection) is not connection:
            _close(connection)


@contextmanager
def session(server: Path, *, user: str, password: str, database: str) -> Iterator[Cursor]:
    """Raises TemporaryError `database.down` and `disk.full`, PermanentError `database.refused`."""
    with (
        _translated(server),
        _opened(server, user=user, password=password, database=database) as connection,
        connection.cursor() as cursor,
    ):
        yield cursor


def _opened(server: Path, *, user: str, password: str = "", database: str | None = None) -> Any:
    times: dict[str, Any] = {"connect_timeout": SECONDS, "read_timeout": SECONDS, "write_timeout": SECONDS}
    # A socket of this machine needs no TLS; preparing for it would load all authorities of the system each time.
    login: dict[str, Any] = {"user": user, "password": password, "database": database, "ssl_disabled": True}
    line = socket.socket(socket.AF_UNIX)
    try:
        line.settimeout(SECONDS)
        line.connect(str(server))
        connection: Any = pymysql.connect(
            unix_socket=str(server), autocommit=True, defer_connect=True, **login, **times
        )
        connection.connect(line)
    except BaseException:
        line.close()  # PyMySQL leaves it open when nobody answers
        raise
    return connection


def _close(connection: Any) -> None:
    with suppress(OSError, pymysql.MySQLError):  # it is gone already
        connection.close()


@contextmanager
def _translated(server: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TemporaryError("database.down", f"{server}: {error}") from error
    except pymysql.MySQLError as error:
        number = error.args[0] if error.args else 0
        if NO_SPACE in str(error):
            raise TemporaryError("disk.full", str(error)) from error
        if number in PASSING:
            raise TemporaryError("database.down", str(error)) from error
        raise PermanentError("database.refused", str(error)) from error
