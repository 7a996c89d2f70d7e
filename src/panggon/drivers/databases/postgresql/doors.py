"""Doors at which new sessions of a site wait before they may do anything.

Who begins a session locks its database weakly as an object, until it has begun (RowExclusiveLock, in `InitPostgres`).
Who asks to have it alone waits for those who have it, and whoever comes later waits for him: so each time that he has
given up, all who stand there come in. What has begun, and all that goes on in the database, does not feel it.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from types import TracebackType
from typing import LiteralString

import psycopg
from psycopg import sql

from panggon.core.errors import PanggonError
from panggon.drivers.databases.postgresql.line import Session
from panggon.drivers.databases.postgresql.rights import mark

# A shorter door would take the server more than those who come in by it.
SECONDS_LEAST = 0.1
# Has the database in such a way that nobody gets it alone; taken back at the end of the transaction.
HAVE: LiteralString = "COMMENT ON DATABASE {} IS {}"
# Asks to have it alone, and would fail if it got it: there is one of that name.
ASK: LiteralString = "ALTER DATABASE {0} RENAME TO {0}"
# Who asks in vain says so many times a second, and not in the server's log.
SETTLE: LiteralString = "SET log_min_messages = panic; SET statement_timeout = 0; SET lock_timeout = {}"
# A session that begins is not among the server's activities before it comes in.
BEGINNING: LiteralString = """
SELECT d.datname, l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.objid
WHERE l.locktype = 'object' AND l.classid = 'pg_database'::regclass AND l.mode = 'RowExclusiveLock'
  AND d.datname = ANY(%s)
"""
WAITING: LiteralString = f"{BEGINNING} AND NOT l.granted"


@dataclass(slots=True)
class Doors:
    """All of one server; they are open when this is closed, or its sessions have ended."""

    open_session: Callable[[], AbstractContextManager[Session]]
    _held: dict[str, "_Door"] = field(default_factory=dict)

    def __enter__(self) -> "Doors":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        standing = [door.thread for door in self._held.values()]
        self.hold({})
        for thread in standing:
            thread.join()

    def hold(self, doors: Mapping[str, float]) -> None:
        """These and no others. One that could not be held, for want of a place, is tried again when this is asked."""
        long = {site: seconds for site, seconds in doors.items() if seconds >= SECONDS_LEAST}
        for site, door in list(self._held.items()):
            if long.get(site) != door.seconds or not door.thread.is_alive():
                door.over.set()
                del self._held[site]
        for site in long.keys() - self._held.keys():
            self._held[site] = _Door(self.open_session, site, long[site])

    @property
    def held(self) -> frozenset[str]:
        return frozenset(self._held)


@dataclass(slots=True)
class _Door:
    open_session: Callable[[], AbstractContextManager[Session]]
    site: str
    seconds: float
    over: Event = field(default_factory=Event)
    thread: Thread = field(init=False)

    def __post_init__(self) -> None:
        self.thread = Thread(target=self._stand, daemon=True)
        self.thread.start()

    def _stand(self) -> None:
        name = sql.Identifier(self.site)
        with suppress(PanggonError), self.open_session() as having, self.open_session() as asking:
            asking.execute(sql.SQL(SETTLE).format(sql.Literal(f"{self.seconds}s")))
            while not self.over.is_set():
                with having.transaction(force_rollback=True):
                    having.execute(sql.SQL(HAVE).format(name, sql.Literal(mark(self.site))))
                    with suppress(psycopg.errors.LockNotAvailable):
                        asking.execute(sql.SQL(ASK).format(name))


def waiting(session: Session, sites: list[str]) -> list[tuple[str, int]]:
    """Site and process of each session that waits for its database to be let in."""
    return session.execute(WAITING, (sites,)).fetchall()


def beginning(session: Session, site: str) -> list[int]:
    """Processes of those too that were let in and take their time: by `post_auth_delay` a client says how much, up to
    half an hour, and what it has asked for meanwhile would be done after everybody else's end.
    """
    return [pid for _, pid in session.execute(BEGINNING, ([site],)).fetchall()]
