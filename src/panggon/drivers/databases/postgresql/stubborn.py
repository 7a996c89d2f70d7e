"""Sessions of sites that do not end although they are told to.

A site may give itself what the server keeps of a password with as many rounds as it likes (`ALTER ROLE … PASSWORD
'SCRAM-SHA-256$2147483647:…'`). The server counts them once, for hours, and hears nothing meanwhile: neither its end nor
a timeout, nor what `DROP DATABASE` of a neighbour has all sessions confirm. What works there has the lock that every
change of a role has. Such a session is killed, which ends all others of the server too, once, for a second; so the site
is locked out before it can do it again, and `drift` tells of that.
"""

import os
import signal
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import LiteralString

from panggon.drivers.databases.postgresql.line import Session
from panggon.drivers.system import processes

# By number: names would wait for who has the list of roles alone. 1260 is that list, 10 the superuser. By the database
# too: what cleans a site's tables is nobody's session, and calls the site's functions (`cleaning`).
CHANGING: LiteralString = """
SELECT l.pid, a.datid FROM pg_locks l JOIN pg_stat_get_activity(NULL) a ON a.pid = l.pid
WHERE l.locktype = 'relation' AND l.relation = 1260 AND l.mode = 'RowExclusiveLock' AND a.usesysid IS DISTINCT FROM 10
  AND a.datid <> 0
"""
LOOK_SECONDS = 5.0
# So long a transaction may have it; so long one that is told may take to end; so much it has worked meanwhile, else it
# waits for a disk.
HAS_SECONDS, ENDS_SECONDS, WORKED_SECONDS = 20.0, 15.0, 1.0


@dataclass(frozen=True, slots=True)
class _Known:
    """Since when a session has the lock, and when it was told to end, with what it had worked by then."""

    since: float
    told: float | None = None
    worked: float = 0.0


@dataclass(slots=True)
class Stubborn:
    """`worked` tells the processor seconds of a process."""

    worked: Callable[[int], float] = processes.worked
    _known: dict[tuple[int, int], _Known] = field(default_factory=dict)

    def look(self, found: Collection[tuple[int, int]], *, now: float) -> tuple[tuple[int, int], ...]:
        """Those of these sessions (process and database) that are to be killed; those that have had the lock for long
        are told to end.
        """
        self._known = {each: self._known.get(each, _Known(now)) for each in found}
        for (pid, database), known in self._known.items():
            if known.told is None and now - known.since >= HAS_SECONDS:
                self._known[pid, database] = _Known(known.since, now, self.worked(pid))
                send(pid, signal.SIGTERM)
        return tuple(each for each, known in self._known.items() if self._is_deaf(each[0], known, now))

    def _is_deaf(self, pid: int, known: _Known, now: float) -> bool:
        if known.told is None or now - known.told < ENDS_SECONDS:
            return False
        return self.worked(pid) - known.worked >= WORKED_SECONDS


def found(session: Session) -> Collection[tuple[int, int]]:
    return [(int(pid), int(database)) for pid, database in session.execute(CHANGING).fetchall()]


def send(pid: int, number: signal.Signals) -> None:
    with suppress(OSError):
        if processes.name(pid).startswith("postgres"):
            os.kill(pid, number)
