"""How root and a site reach the server, and what its errors mean."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pymysql
from pymysql.cursors import Cursor

from panggon.core.errors import PermanentError, TemporaryError
from panggon.drivers.database_server import SECONDS

NO_SPACE = "No space left on device"  # the system's word in the server's message, whatever the error's number
# Too many connections, lock waits, a server that is going or gone: all may pass.
PASSING = frozenset({1040, 1053, 1203, 1205, 1213, 1226, 2002, 2003, 2006, 2013})


@contextmanager
def session(server: Path, *, user: str, password: str = "", database: str | None = None) -> Iterator[Cursor]:
    """A session over the server's socket. Raises TemporaryError `database.down`, PermanentError `database.refused`."""
    times: dict[str, Any] = {"connect_timeout": SECONDS, "read_timeout": SECONDS, "write_timeout": SECONDS}
    # A socket of this machine needs no TLS; preparing for it would load all authorities of the system each time.
    login: dict[str, Any] = {"user": user, "password": password, "database": database, "ssl_disabled": True}
    try:
        # PyMySQL leaves its own socket open when nobody answers.
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(SECONDS)
            line.connect(str(server))
            connection: Any = pymysql.connect(
                unix_socket=str(server), autocommit=True, defer_connect=True, **login, **times
            )
            connection.connect(line)
            with connection, connection.cursor() as cursor:
                yield cursor
    except OSError as error:
        raise TemporaryError("database.down", f"{server}: {error}") from error
    except pymysql.MySQLError as error:
        number = error.args[0] if error.args else 0
        if NO_SPACE in str(error):
            raise TemporaryError("disk.full", str(error)) from error
        if number in PASSING:
            raise TemporaryError("database.down", str(error)) from error
        raise PermanentError("database.refused", str(error)) from error
