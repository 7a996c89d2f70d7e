"""A role that goes. What it was given in the databases of others keeps it here, and whoever owns a table there may give
it again and again, or hold it by a transaction that has given and goes on. Where that is so their sessions are ended.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import LiteralString

import psycopg
from psycopg import sql

from panggon.core.errors import PermanentError
from panggon.drivers.databases.postgresql.line import Session

TRIES = 20
# The databases of others in which the role has something, and those whose transactions hold it.
ENTANGLED: LiteralString = """
SELECT d.datname FROM pg_shdepend s JOIN pg_database d ON d.oid = s.dbid
WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = (SELECT oid FROM pg_roles WHERE rolname = %(site)s)
UNION SELECT d.datname FROM pg_locks l JOIN pg_stat_activity a USING (pid) JOIN pg_database d ON d.oid = a.datid
WHERE l.classid = 'pg_authid'::regclass AND l.objid = (SELECT oid FROM pg_roles WHERE rolname = %(site)s)
  AND a.usename ~ '^s[0-9]{6}$'
"""
END: LiteralString = "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE usename = ANY(%s)"
# A neighbour may have given it something of each of his tables and large objects: 30,000 take ten seconds.
SETTLE: LiteralString = "SET lock_timeout = '1s'; SET statement_timeout = '10min'"
# That they have given more, or hold it; that both change the rights of one table.
IN_THE_WAY = (
    psycopg.errors.DependentObjectsStillExist,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.InternalError_,
    psycopg.errors.DeadlockDetected,
)


def drop(open_session: Callable[[str], AbstractContextManager[Session]], site: str) -> None:
    """Raises PermanentError `database.refused` where they are faster every time."""
    with open_session("postgres") as session:
        for number in range(TRIES):
            others = [str(name) for (name,) in session.execute(ENTANGLED, {"site": site}).fetchall()]
            if number:
                session.execute(END, (others,))  # who lets nobody into his own database, lets us in
            with ExitStack() as opened:
                inside = [opened.enter_context(open_session(database)) for database in others]
                if number:
                    session.execute(END, (others,))
                if not (why := _refusal((*inside, session), site)):
                    return
    raise PermanentError("database.refused", why)


def _refusal(sessions: Sequence[Session], site: str) -> str:
    """As little as can be lies between the end of their sessions and that of the role, which the last one ends."""
    *inside, session = sessions
    try:
        for each in sessions:
            each.execute(SETTLE)
        for other in inside:
            other.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(site)))
        session.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(site)))
    except IN_THE_WAY as error:
        return str(error)
    return ""
