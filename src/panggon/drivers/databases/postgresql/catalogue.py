"""Who asks to have alone what all databases share: the list of databases, that of roles, a database's own entry in it.

Each session begins by reading them, root's too. A site may change none of them, but some commands (`CREATE RULE`,
`ALTER DATABASE … RENAME`) ask for the lock before they look whether they may. While one waits for somebody who has only
read there, in a transaction that goes on, nobody comes in, and who is inside cannot ask whose a session is. So with the
catalogue of a site's own database: into that alone nobody comes then, no plan of the site, nor one by which a neighbour
goes who was given something in it.
"""

import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from math import inf
from pathlib import Path
from threading import Event, Thread
from typing import LiteralString

from panggon.drivers.databases.arrivals import Arrivals
from panggon.drivers.databases.postgresql import sessions
from panggon.drivers.databases.postgresql.company import Company
from panggon.drivers.databases.postgresql.line import Session
from panggon.drivers.system import processes

# What is shared belongs to the database 0. To read, and to set something for himself, is what a role may do there.
# The object 0 is the queue of notices, which who sends one has alone for a moment.
# What a server is made with, in each database, has lower numbers than what anybody makes.
# Neither names nor anything else that is shared is asked for: that would wait, too.
TAKERS: LiteralString = """
SELECT a.pid FROM pg_stat_get_activity(NULL) a WHERE a.usesysid IN (
  SELECT b.usesysid FROM pg_locks l JOIN pg_stat_get_activity(NULL) b ON b.pid = l.pid
  WHERE (l.locktype = 'relation' AND l.relation < 16384 OR l.database = 0 AND l.locktype = 'object' AND l.objid <> 0)
    AND b.usesysid <> 10
    AND l.mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock'))
ORDER BY a.wait_event_type = 'Lock' DESC NULLS LAST
"""
# What a session that waits for a lock calls itself, unless it only begins.
WAITS = re.compile(r"^postgres: (?:.* )?s\d{6} s\d{6} \[local\] (?!startup|authentication).* waiting\b")
SECONDS = 0.1
# So often it is asked whose the server's processes are.
ALONE_SECONDS = 1.0
BEGINS_SECONDS, SWEPT_SECONDS = 1.0, 0.25

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Takers:
    """Nobody takes anything while nobody is there: from then on the kernel says when somebody comes, and the server is
    not asked.
    """

    session: Session
    company: Company
    arrivals: Arrivals
    _asked: float = -inf

    def watch(self, over: Event, *, seconds: float) -> None:
        """Once, and for so long where nobody is there."""
        arrivals, now = self.arrivals.now(), time.monotonic()
        if not self.company.is_away():
            end_takers(self.session)
            if now - self._asked >= ALONE_SECONDS:
                self._asked = now
                self.company.ask(self.session)
        if arrivals and self.company.is_away():
            self.arrivals.sleep(arrivals, each=SECONDS, until=now + seconds, over=over)
        else:
            time.sleep(SECONDS)


def end_takers(session: Session) -> None:
    """With all sessions of their sites: one that has read there is what they wait for. It ends after them, or they
    would have the lock for a moment.
    """
    for (pid,) in session.execute(TAKERS).fetchall():
        _end(pid, "one of its site's asks for a catalogue alone")


@contextmanager
def reached(process: int, open_session: Callable[[], AbstractContextManager[Session]]) -> Iterator[Session]:
    """A session; where it does not begin because of such a one, all that wait for locks are ended until it has."""
    begun = Event()
    Thread(target=_sweep, args=(process, begun), daemon=True).start()
    try:
        with open_session() as session:
            begun.set()
            yield session
    finally:
        begun.set()


def _sweep(process: int, begun: Event) -> None:
    pause = BEGINS_SECONDS
    while not begun.wait(pause):
        pause = SWEPT_SECONDS
        for pid in processes.children(process):
            if WAITS.match(_title(pid)):
                _end(pid, "it waits for a lock, and nobody comes in")


def _end(pid: int, why: str) -> None:
    log.warning("%s ended: %s", _title(pid) or pid, why)
    sessions.end(pid)


def _title(pid: int) -> str:
    """What a session says of itself to ps(1): whose it is, and what it does."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").decode(errors="replace")
    return ""
