"""What roles have for themselves in the catalogues of all databases: settings (`ALTER ROLE … SET`) and what the server
keeps of a password (`ALTER ROLE … PASSWORD`), as much and as often as a role likes; and what the server notes down anew
each time that a role grants what it may not. No database's size has it, and what was there before stays there until
each transaction has ended that began before.
"""

import logging
import time
from typing import LiteralString

import psycopg
from psycopg import sql

from panggon.drivers.databases.postgresql import insisting, rights, sessions
from panggon.drivers.databases.postgresql.line import Session

# In bytes, of one: far more than anybody needs. What lies beside its table does so in rows of 2 KiB at most.
OF_ONE, ROW = 64 * 1024, 2048
LARGEST: LiteralString = """
SELECT relname, pg_stat_get_dead_tuples(oid) + pg_stat_get_dead_tuples(reltoastrelid)
FROM pg_class WHERE oid = ANY(%s) ORDER BY pg_total_relation_size(oid) DESC LIMIT 1
"""
# An honest change is over at once: so many looks, so long after each other.
CHANGING: LiteralString = r"""
SELECT DISTINCT a.usename FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'relation' AND l.relation = ANY(%s) AND l.mode = 'RowExclusiveLock'
  AND a.usename ~ '^s[0-9]{6}$'
"""
LOOKS, LOOK_SECONDS = 10, 0.05
MUCH: LiteralString = r"""
SELECT rolname, NULL, false FROM pg_authid WHERE pg_column_size(rolpassword) > %(most)s AND rolname ~ '^s[0-9]{6}$'
UNION ALL SELECT r.rolname, d.datname, true FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole
LEFT JOIN pg_database d ON d.oid = s.setdatabase
WHERE pg_column_size(s.setconfig) > %(most)s AND r.rolname ~ '^s[0-9]{6}$'
"""
# To write a catalogue anew one must have it alone, and whoever begins a session waits meanwhile.
SETTLE: LiteralString = "SET statement_timeout = '10min'; SET lock_timeout = '100ms'"

log = logging.getLogger(__name__)


def tidy(session: Session) -> None:
    """`session` is one that no site keeps waiting. Who is found to change them is locked out: the long transactions of
    others would end for it again and again.
    """
    if size(session) <= sessions.CATALOGUES_MOST:
        return
    for site in _changing(session):
        log.warning("%s is locked out: it has changed what is its own in the server's catalogues without end", site)
        insisting.execute(session, sql.SQL("ALTER ROLE {} NOLOGIN").format(sql.Identifier(site)))
        sessions.end_all(session, site)
    for site, database, is_setting in session.execute(MUCH, {"most": OF_ONE}).fetchall():
        log.warning("%s has given itself too much in the server's catalogues, it is taken back", site)
        sessions.end_all(session, site)
        _take(session, site, database, is_setting=is_setting)
    _make_smaller(session)


def size(session: Session) -> int:
    (found,) = session.execute(f"SELECT {sessions.CATALOGUES_SIZE}", (sessions.CATALOGUES,)).fetchall()
    return int(found[0])


def _changing(session: Session) -> set[str]:
    found = set()
    for _ in range(LOOKS):
        found |= {str(site) for (site,) in session.execute(CHANGING, (sessions.CATALOGUES,)).fetchall()}
        time.sleep(LOOK_SECONDS)
    return found


def _take(session: Session, site: str, database: str | None, *, is_setting: bool) -> None:
    """A password that is gone counts as another one than that in `database.ini`."""
    name = sql.Identifier(site)
    if not is_setting:
        insisting.execute(session, sql.SQL("ALTER ROLE {} PASSWORD NULL").format(name))
        return
    where = sql.SQL(" IN DATABASE {}").format(sql.Identifier(database)) if database else sql.SQL("")
    insisting.execute(session, sql.SQL("ALTER ROLE {}{} RESET ALL").format(name, where))
    insisting.execute(session, sql.SQL(rights.SILENT).format(name))


def _make_smaller(session: Session) -> None:
    """The largest. What somebody still sees goes when he has ended: the longest transactions go, one at a time. A
    catalogue with room in it that cannot be given back as it is, is written anew.
    """
    session.execute(SETTLE)
    ((name, _),) = session.execute(LARGEST, (sessions.CATALOGUES,)).fetchall()
    catalogue = sql.Identifier("pg_catalog", name)
    session.execute(sql.SQL("VACUUM {}").format(catalogue))
    if size(session) <= sessions.CATALOGUES_MOST:
        return
    ((_, kept),) = session.execute(LARGEST, (sessions.CATALOGUES,)).fetchall()
    if kept * ROW > sessions.CATALOGUES_MOST // 2:
        session.execute(sessions.END_OLDEST)
        return
    try:
        session.execute(sql.SQL("VACUUM FULL {}").format(catalogue))
    except psycopg.errors.LockNotAvailable:
        log.info("%s is written anew later: somebody reads in it", name)
