"""Sites in whose tables the server's own cleaners (autovacuum) do not come to an end.

There are three of them for all databases, and no timeout ends one. To know what a table has they call the functions of
its indexes, which are the site's: three tables whose functions sleep keep everybody's from being cleaned, for ever.
What such a function says (`RAISE`) would be in the server's log besides.
"""

from typing import LiteralString

from psycopg import sql

from panggon.drivers.databases.postgresql.line import Session, row

# As long as a statement of a site's own may take.
SECONDS = 300.0
# Who cleans is heard by his own settings: the first superuser's, whom the cleaners are.
SILENT: LiteralString = "ALTER ROLE CURRENT_USER SET log_min_messages = fatal"
# One that has the lock of its table and takes nothing away at this time. To take away may last, and calls nobody; who
# waits for its table has no such lock.
ENDLESS: LiteralString = r"""
SELECT a.pid, a.datid FROM pg_stat_get_activity(NULL) a
WHERE a.backend_type = 'autovacuum worker' AND clock_timestamp() - a.xact_start > make_interval(secs => %s)
  AND NOT EXISTS (SELECT FROM pg_stat_get_progress_info('VACUUM') v WHERE v.pid = a.pid)
  AND EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.mode = 'ShareUpdateExclusiveLock' AND l.granted)
"""


def be_silent(session: Session) -> None:
    session.execute(sql.SQL(SILENT))


def endless(session: Session) -> list[tuple[int, int]]:
    """Process and number of the database of each."""
    return [(int(pid), int(database)) for pid, database in session.execute(ENDLESS, (SECONDS,)).fetchall()]


def forget(session: Session) -> None:
    """What there is to do in this database: nobody begins again with it until more has been changed there."""
    session.execute("SELECT pg_stat_reset()")


def name_of(session: Session, database: int) -> str:
    """Empty for one that is gone."""
    found = row(session, "SELECT datname FROM pg_database WHERE oid = %s", database)
    return str(found[0]) if found else ""
