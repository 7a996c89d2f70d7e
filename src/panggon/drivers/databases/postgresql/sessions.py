"""The sessions of sites: what they take of the server, and how they are ended."""

import os
import re
import signal
import time
from collections.abc import Collection, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field
from typing import LiteralString

from panggon.core.node.databases import database_load
from panggon.core.node.databases.database_load import Load, Taken
from panggon.core.node.databases.database_load import Session as SiteSession
from panggon.core.sites.spec import SITE_ID
from panggon.drivers.databases.arrivals import Arrivals
from panggon.drivers.databases.database_server import ENDING_SECONDS
from panggon.drivers.databases.postgresql import doors as door
from panggon.drivers.databases.postgresql.company import Company
from panggon.drivers.databases.postgresql.doors import Doors
from panggon.drivers.databases.postgresql.line import Session
from panggon.drivers.system import kernel, processes
from panggon.drivers.system.patience import Patience

# With what cleans a site's tables (autovacuum), which calls the site's functions; how long that takes is `cleaning`'s.
LOAD: LiteralString = r"""
SELECT coalesce(a.usename, a.datname), a.pid, CASE WHEN a.usename IS NULL THEN 0 ELSE coalesce(
    extract(epoch FROM clock_timestamp() - least(a.xact_start, CASE a.state WHEN 'active' THEN a.query_start END)), 0)
  END,
  coalesce(t.size, 0), coalesce(l.count, 0), a.state = 'active'
FROM pg_stat_activity a
LEFT JOIN
  (SELECT substring(name FROM '^pgsql_tmp(\d+)')::int AS pid, sum(size) AS size FROM pg_ls_tmpdir() GROUP BY 1) t
  ON t.pid = a.pid
LEFT JOIN (SELECT pid, count(*) AS count FROM pg_locks GROUP BY 1) l ON l.pid = a.pid
WHERE coalesce(a.usename, a.datname) ~ '^s[0-9]{6}$'
"""
# Of all together, a seventh of the places that there are (`node.servers.postgresql`).
LOCKS_MANY = 50_000
# Processes of the server from where on it is looked how many have not logged in: each of them has one.
CHILDREN_MANY = database_load.STRANGERS_MOST
TAKEN: LiteralString = """
SELECT (SELECT count(*) FROM pg_locks), CASE WHEN %s THEN 0 ELSE (SELECT count(*) FROM pg_stat_get_activity(NULL)) END,
  current_setting('max_connections')
"""
SESSIONS: LiteralString = """
SELECT usesysid, pid, 0, state = 'active' FROM pg_stat_get_activity(NULL) WHERE usesysid <> 10
"""
LOCKS: LiteralString = """
SELECT a.usesysid, l.pid, l.count, true FROM (SELECT pid, count(*) AS count FROM pg_locks GROUP BY 1) l
JOIN pg_stat_get_activity(NULL) a ON a.pid = l.pid WHERE a.usesysid <> 10
"""
# Part of the queue of notices, which has eight gigabytes.
NOTICES: LiteralString = "pg_notification_queue_usage()"
NOTICES_MOST = 0.02
END_OLDEST: LiteralString = r"""
SELECT pg_terminate_backend(pid) FROM (
  SELECT pid FROM pg_stat_activity WHERE usename ~ '^s[0-9]{6}$' AND xact_start IS NOT NULL
  ORDER BY state = 'active', xact_start LIMIT 1
) oldest
"""
# In bytes, what the catalogues of all databases have that roles give themselves (`swollen`): pg_authid,
# pg_db_role_setting, pg_database, pg_tablespace, pg_parameter_acl. What `pg_shdepend` has grows with the databases.
CATALOGUES = [1260, 2964, 1262, 1213, 6243]
CATALOGUES_MOST = 64 * 1024 * 1024
CATALOGUES_SIZE: LiteralString = "(SELECT sum(pg_total_relation_size(oid)) FROM unnest(%s::oid[]) oid)"
TIDY: LiteralString = f"SELECT {NOTICES} <= %s AND {CATALOGUES_SIZE} <= %s"
# All that have begun in each database, those that have ended among them. Names are told apart afterwards: to do it here
# takes twice as long.
BEGUN: LiteralString = "SELECT datname, pg_stat_get_db_sessions(oid) FROM pg_database"
# In the databases of sites together: as long as none begins there, their thousands are not read.
BEGUN_TOGETHER: LiteralString = "SELECT sum(pg_stat_get_db_sessions(oid)) FROM pg_database WHERE datname <> 'postgres'"
ANONYMOUS = re.compile(r"^RssAnon:\s+(\d+) kB$", re.MULTILINE)


@dataclass(slots=True)
class Sessions:
    """As `Watched` says; `process` is the server, and each connection a child of it."""

    session: Session
    process: int
    doors: Doors
    company: Company
    arrivals: Arrivals
    _begun: dict[str, int] = field(default_factory=dict)
    _begun_together: int = -1

    def load(self) -> Load:
        rows = self.session.execute(LOAD).fetchall()
        return Load(
            tuple(
                SiteSession(str(site), pid, pid, float(seconds), _memory(pid), int(temporary), locks, active=active)
                for site, pid, seconds, temporary, locks, active in rows
            )
        )

    def taken(self) -> Mapping[str, Taken]:
        """How many have begun; what they have worked it does not count."""
        (found,) = self.session.execute(BEGUN_TOGETHER).fetchall()
        if found[0] == self._begun_together:
            return {}
        self._begun_together = found[0]
        now = {str(name): int(number) for name, number in self.session.execute(BEGUN)}
        before, self._begun = self._begun, now
        begun = {name: number - before.get(name, number) for name, number in now.items()}
        return {site: Taken(begun=number) for site, number in begun.items() if number > 0 and SITE_ID.fullmatch(site)}

    def begun(self, sites: Set[str]) -> int:  # noqa: ARG002
        """It counts once in a second only."""
        return 0

    def crowding(self) -> Load | None:
        """To look whose the locks are takes none, as names would; so a site is called by its role's number. Who has
        logged in, and each of the server's own processes, is an activity. It is not asked for while only those are
        there that were the server's own at the last look.
        """
        if self.company.is_away():
            return None
        number = len(processes.children(self.process))
        (found,) = self.session.execute(TAKEN, (number < CHILDREN_MANY,)).fetchall()
        locks, activities, places = map(int, found)
        strangers = 0 if number < CHILDREN_MANY else number - activities
        crowded = number > database_load.PLACES_MOST * places
        if locks >= LOCKS_MANY:
            return Load(self._sessions(LOCKS), strangers=strangers)
        if crowded:
            return Load(self._sessions(SESSIONS), strangers=strangers, places=places)
        return Load((), strangers=strangers) if strangers else None

    def _sessions(self, query: LiteralString) -> tuple[SiteSession, ...]:
        rows = self.session.execute(query).fetchall()
        return tuple(SiteSession(f"role {role}", pid, pid, locks=locks, active=busy) for role, pid, locks, busy in rows)

    def is_alone(self) -> bool:
        return self.company.is_away()

    def holders(self) -> Sequence[int]:
        return processes.children(self.process)

    def refused(self) -> int:
        """They wait (`auth_delay`)."""
        return 0

    def threads(self, sites: Collection[str]) -> Sequence[tuple[str, int]]:
        """Those too that stand at a door: they are where they belong when it opens."""
        words = "SELECT usename, pid FROM pg_stat_activity WHERE usename = ANY(%s)"
        found = self.session.execute(words, (list(sites),)).fetchall()
        at_doors = self.doors.held & frozenset(sites)
        return found + (door.waiting(self.session, list(at_doors)) if at_doors else [])

    def waiting(self, known: Set[int]) -> Set[int]:  # noqa: ARG002
        """Nobody whom `threads` would not name."""
        return frozenset()

    @property
    def thread(self) -> int:
        return self.session.info.backend_pid

    def own(self) -> Set[int]:
        return self.company.ask(self.session)

    def hold(self, doors: Mapping[str, float]) -> None:
        """No short ones: to begin takes a session long enough here to be found before it has done much."""
        self.doors.hold(doors)

    def end(self, number: int) -> None:
        end(number)

    def close_tables(self) -> None:
        """Each session has its own."""

    def begin_anew(self) -> None:
        """Nothing here needs it."""

    def is_tidy(self) -> bool:
        (found,) = self.session.execute(TIDY, (NOTICES_MOST, CATALOGUES, CATALOGUES_MOST)).fetchall()
        return bool(found[0])


def end(number: int) -> None:
    """As `pg_terminate_backend` does, which looks for names first, and for that needs a lock."""
    with suppress(OSError):
        if kernel.told(f"/proc/{number}/comm").startswith("postgres"):
            os.kill(number, signal.SIGTERM)


def count(session: Session, site: str) -> int:
    return len(_begun(session, site)) + len(door.waiting(session, [site]))


def end_all(session: Session, site: str) -> None:
    """Also those that have proved who they are, and have not begun."""
    patience = Patience(ENDING_SECONDS)
    while (found := _begun(session, site) + door.beginning(session, site)) and not patience.is_over():
        session.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) pid", (found,))
        time.sleep(0.02)


def _begun(session: Session, site: str) -> list[int]:
    found = session.execute("SELECT pid FROM pg_stat_activity WHERE usename = %s", (site,)).fetchall()
    return [pid for (pid,) in found]


def end_oldest_where_notices_wait(session: Session) -> None:
    """Notices lie in a queue of all sites until everybody who listens has read them, which he does at the end of
    his transaction. Who listens the server tells nobody: the longest transactions are ended, one at a time, first
    those that do nothing meanwhile.
    """
    session.execute(f"{END_OLDEST} WHERE {NOTICES} > %s", (NOTICES_MOST,))


def _memory(pid: int) -> int:
    """Bytes of a session's own, without what all share."""
    try:
        found = ANONYMOUS.search(kernel.told(f"/proc/{pid}/status"))
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0
