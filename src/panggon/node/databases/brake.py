"""What sites take of a database server besides room for their data: who takes too much is ended within seconds, and the
sessions of a site share the processors as one.

A server bounds little of it by itself: most of its limits a session may set for itself.
"""

import logging
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from panggon.core import database_load
from panggon.core.database_load import Load, Session
from panggon.core.errors import PanggonError
from panggon.core.spec import Engine
from panggon.drivers.database_server import DatabaseServer

SECONDS = 1.0
TICKS = os.sysconf("SC_CLK_TCK")
KNOWN_MOST = 10_000

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Brake:
    """In a thread of its own: a look at sizes may take minutes, and a session a gigabyte within a second."""

    servers: Mapping[Engine, DatabaseServer]
    _worked: dict[int, float] = field(default_factory=dict)
    _shared: dict[Engine, int] = field(default_factory=dict)

    def run(self, over: Event) -> None:
        while not over.wait(SECONDS):
            for engine in self.servers:
                try:
                    self.look(engine)
                except PanggonError as error:  # a server that is away: nobody takes anything of it
                    log.debug("%s: %s", engine, error)
                except Exception:  # with its traceback in the log: a thread that ended would let every site do anything
                    log.exception("%s", engine)

    def look(self, engine: Engine) -> None:
        server = self.servers[engine]
        load = server.load()
        _order(load.sessions)
        for session, why in {**self._growing(engine, load), **database_load.too_much(load)}.items():
            log.warning("%s: session %d of %s ended, %s", session.site, session.number, engine, why)
            server.end(session.number)
        server.tidy()
        if load.shared > database_load.SHARED_MOST:
            log.warning("%s begins anew: %d bytes of temporary room", engine, load.shared)
            server.begin_anew()

    def _growing(self, engine: Engine, load: Load) -> dict[Session, str]:
        worked = self._working(load.sessions)
        before, self._shared[engine] = self._shared.get(engine, load.shared), load.shared
        return database_load.busiest(load.sessions, worked) if database_load.grew(before, load.shared) else {}

    def _working(self, sessions: Iterable[Session]) -> dict[str, float]:
        """Seconds of a processor since the last look, by site. A thread that was not there then began since."""
        worked: dict[str, float] = defaultdict(float)
        if len(self._worked) > KNOWN_MOST:
            self._worked.clear()
        for session in sessions:
            seconds = _seconds(session.thread)
            worked[session.site] += max(0.0, seconds - self._worked.get(session.thread, 0.0))
            self._worked[session.thread] = seconds
        return worked


def _order(sessions: Iterable[Session]) -> None:
    active = Counter(session.site for session in sessions if session.active)
    for session in sessions:
        with suppress(OSError):  # it has ended, or this process may not
            os.setpriority(os.PRIO_PROCESS, session.thread, database_load.niceness(active[session.site]))


def _seconds(thread: int) -> float:
    """Seconds of a processor that a thread has taken (proc(5), `stat`)."""
    with suppress(OSError, ValueError, IndexError):
        fields = Path(f"/proc/{thread}/task/{thread}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS
    return 0.0
