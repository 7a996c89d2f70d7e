"""How the superuser and a site reach the server, and what its errors mean."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import LiteralString

import psycopg

from panggon.core.errors import PermanentError, TemporaryError
from panggon.drivers.databases.database_server import SECONDS

Session = psycopg.Connection
SUPERUSER = "postgres"
# In a site's database its role may make functions and operators that fit better than the server's own, and would be
# run with the rights of who asks: the superuser sees none of them (CVE-2018-1058).
OWN_PATH = "-c search_path=pg_catalog,pg_temp"
# What its owner has set for his programs (`ALTER ROLE … SET`) and would end a proof that is whole otherwise.
AS_USUAL = (
    "-c default_transaction_read_only=off -c default_transaction_isolation=read\\ committed "
    "-c client_encoding=UTF8 -c default_tablespace= -c lock_timeout=0 "
    "-c idle_in_transaction_session_timeout=0 -c idle_session_timeout=0"
)


@contextmanager
def session(run: Path, database: str = "postgres", *, user: str = SUPERUSER, password: str = "") -> Iterator[Session]:
    """Raises TemporaryError `database.down` and `disk.full`, PermanentError `database.refused`."""
    try:
        with psycopg.connect(
            host=str(run),
            dbname=database,
            user=user,
            password=password or None,
            autocommit=True,
            connect_timeout=SECONDS,
            options=f"-c statement_timeout={SECONDS * 1000} {OWN_PATH if user == SUPERUSER else AS_USUAL}",
        ) as opened:
            yield opened
    except psycopg.errors.DiskFull as error:
        raise TemporaryError("disk.full", str(error)) from error
    except psycopg.errors.Error as error:
        raise _ours(error) from error


def row(session: Session, query: LiteralString, *values: str | int) -> tuple[object, ...] | None:
    return session.execute(query, values).fetchone()


def _ours(error: psycopg.Error) -> TemporaryError | PermanentError:
    """Refused logins come without an SQLSTATE of their own; everything else that fails to connect may pass."""
    passing = ("08", "40", "53", "57", "55")
    state = error.sqlstate or ""
    refused = "authentication failed" in str(error) or "no pg_hba.conf entry" in str(error)
    if state.startswith(passing) or (not state and not refused):
        return TemporaryError("database.down", str(error))
    return PermanentError("database.refused", str(error))
