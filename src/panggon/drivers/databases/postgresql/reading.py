"""A login that reads a closed site's database: what the copy is made by must not be the superuser, because in there the
site has laid what it likes.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import LiteralString

from psycopg import sql

from panggon.drivers.databases.database_server import Copying
from panggon.drivers.databases.postgresql.line import Session, row
from panggon.drivers.databases.postgresql.scram import verifier

# Who has no password does not come in (`node.servers.postgresql`).
READER = "panggon_reader"
PROGRAMS = Path("/usr/lib/postgresql")
# All rows, whatever policies their tables have, and large objects, which belong to no table.
MADE: tuple[LiteralString, ...] = (
    f"CREATE ROLE {READER}",
    f"ALTER ROLE {READER} LOGIN INHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION BYPASSRLS",
    f"GRANT pg_read_all_data TO {READER}",
    f"ALTER ROLE {READER} SET lo_compat_privileges = on",
    f"ALTER ROLE {READER} SET default_transaction_read_only = on",
)
OPTIONS = "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c client_min_messages=error"


@contextmanager
def reader(session: Session, run: Path, site: str) -> Iterator[Copying]:
    """What a killed one has left is taken away by the next, or by the site's next plan."""
    password = secrets.token_urlsafe(32)
    _make(session, password)
    session.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(site), sql.Identifier(READER)))
    try:
        yield Copying(
            (str(_programs(session) / "pg_dump"), "--no-owner", "--no-subscriptions", "--no-publications"),
            {"PGHOST": str(run), "PGUSER": READER, "PGDATABASE": site, "PGPASSWORD": password, "PGOPTIONS": OPTIONS},
        )
    finally:
        _shut(session)


def _make(session: Session, password: str) -> None:
    first, *more = MADE
    if row(session, "SELECT 1 FROM pg_roles WHERE rolname = %s", READER) is None:
        session.execute(sql.SQL(first))
    _shut(session)
    for statement in more:
        session.execute(sql.SQL(statement))
    words = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(READER), sql.Literal(verifier(password)))
    session.execute(words)


def _shut(session: Session) -> None:
    session.execute(sql.SQL("ALTER ROLE {} PASSWORD NULL").format(sql.Identifier(READER)))
    session.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(READER)))  # the right to come in, wherever it is


def _programs(session: Session) -> Path:
    """Those of the server's own version."""
    return PROGRAMS / str(session.info.server_version // 10_000) / "bin"
