"""Which processors the sessions of sites work on, and who waits for whom there.

A server is one control group, whoever asks it: the kernel does not know a site's sessions as one. So each gets a
priority with which all of them weigh as one of another site, and those of a site that is heavy share one processor
(sched(7)), where they give way at once. They are never held up: whoever has a lock of the server that others wait for
goes on. What the server does by threads of its own it does mostly for who is heavy, on the processors of these.
"""

import os
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from time import monotonic

from panggon.core.node.databases import haste, heaviness
from panggon.core.node.databases.database_load import Session, Taken
from panggon.core.node.databases.haste import Haste
from panggon.core.sites.spec import Engine
from panggon.drivers.system import kernel
from panggon.node import slices

TICKS = os.sysconf("SC_CLK_TCK")
# So long at least one counts how many sessions a site begins: the visitors of a moment may be many.
SECONDS = 1.0
# Shorter lives are no measure of how busy a session is.
SPAN_LEAST = 0.05


@dataclass(frozen=True, slots=True)
class Clock:
    """Of a thread: seconds of a processor that it has taken, when it began and when this was read, in seconds since the
    machine started.
    """

    worked: float
    began: float
    read: float


@dataclass(slots=True)
class Placement:
    """What is not heavy any more is free at the next look, and so is what another process of this kind has left.
    `faults` say why nothing of a server can be put anywhere.
    """

    faults: dict[Engine, str] = field(default_factory=dict)
    heavy: dict[Engine, Mapping[str, float]] = field(default_factory=lambda: {engine: {} for engine in Engine})
    hasty: dict[Engine, frozenset[str]] = field(default_factory=lambda: dict.fromkeys(Engine, frozenset()))
    _haste: dict[Engine, Mapping[str, Haste]] = field(default_factory=lambda: {engine: {} for engine in Engine})
    _looked: dict[Engine, float] = field(default_factory=dict)
    _clocks: dict[Engine, dict[int, Clock]] = field(default_factory=dict)
    _placed: dict[Engine, set[tuple[str, int]]] = field(default_factory=lambda: {engine: set() for engine in Engine})
    _own: dict[Engine, Set[int]] = field(default_factory=dict)
    _settled: dict[Engine, Set[int]] = field(default_factory=dict)
    _waiting: dict[Engine, Set[int]] = field(default_factory=dict)
    _at_door: dict[Engine, Set[int]] = field(default_factory=dict)

    def look(
        self,
        engine: Engine,
        sessions: Sequence[Session],
        taken: Mapping[str, Taken],
        own: Set[int] = frozenset(),
        process: int = 0,
    ) -> Mapping[str, float]:
        """Put all sessions of the server where they belong, its `own` threads and the `process` that begins sessions,
        by what the sessions of each site have `taken` since the last look; returns how many processors each site keeps
        busy: of statements that have ended, and of sessions that are there, because what goes on counts nowhere else.
        """
        now = monotonic()
        seconds = now - self._looked.get(engine, -inf)
        self._looked[engine] = now
        busy = self._busy(engine, sessions)
        busy |= {site: max(busy.get(site, 0.0), its.worked / seconds) for site, its in taken.items()}
        suspects = self.suspects(engine)
        begun = {
            site: its.begun / (seconds if site in suspects else max(seconds, SECONDS)) for site, its in taken.items()
        }
        if not suspects or seconds >= SECONDS:  # a look out of its turn, for them, is too short for all others
            self.heavy[engine] = heaviness.heavy(self.heavy[engine], busy, now=now)
        most = haste.bound(engine, len(os.sched_getaffinity(0)))
        self._haste[engine] = haste.found(self._haste[engine], begun, most=most, now=now)
        self.hasty[engine] = haste.hasty(self._haste[engine], now=now)
        active = Counter(session.site for session in sessions if session.active)
        self._placed[engine] = set()
        self._place(engine, [(session.site, session.thread) for session in sessions], active)
        self._place_own(engine, own)
        self._waiting[engine] = self._at_door[engine] = frozenset()
        where = heaviness.beginning(self._all_confined, _everywhere())
        self.faults[engine] = _set_processors(process, where) if process else ""
        return busy

    def known(self, engine: Engine) -> Set[int]:
        """Whose place does not depend on who waits: the server's own threads, and sessions that were put somewhere."""
        return self._settled.get(engine, frozenset()) | {thread for _, thread in self._placed[engine]}

    def follow(self, engine: Engine, threads: Sequence[tuple[str, int]], waiting: Set[int] = frozenset()) -> None:
        """Put those sessions of confined sites where they belong that have come since the last look, and those
        of nobody knows whom that are `waiting` to begin for the second time: so long only who stands at a door does,
        and he works as soon as that opens. Whom that hit who is of no such site, because he was slow, is free again.
        """
        new = [each for each in threads if each not in self._placed[engine]]
        self._place(engine, new, Counter(site for site, _ in threads))
        before, at_door = self._at_door.get(engine, frozenset()), waiting & self._waiting.get(engine, frozenset())
        self._waiting[engine], self._at_door[engine] = waiting, at_door
        shared = heaviness.lane_of_server(self._all_confined, _everywhere())
        for thread in at_door - before:
            _set(thread, shared, niceness=heaviness.niceness(len(at_door)), seconds=slices.HEAVY)
        for thread in before - at_door - {thread for _, thread in threads}:
            _set(thread, _everywhere(), niceness=0, seconds=slices.USUAL)

    def _place(self, engine: Engine, threads: Sequence[tuple[str, int]], active: Mapping[str, int]) -> None:
        """Those of confined sites on their one processor, others everywhere."""
        everywhere = _everywhere()
        lanes = heaviness.lanes(self._all_confined, everywhere)
        for site, thread in threads:
            processors, seconds = ({lanes[site]}, slices.HEAVY) if site in lanes else (everywhere, slices.USUAL)
            _set(thread, processors, niceness=heaviness.niceness(active[site]), seconds=seconds)
            self._placed[engine].add((site, thread))

    def _place_own(self, engine: Engine, threads: Set[int]) -> None:
        """Only those that were there at the last look too: others may be sessions that are about to begin."""
        everywhere = _everywhere()
        processors = heaviness.lane_of_server(self._all_confined, everywhere)
        self._settled[engine] = threads & self._own.get(engine, frozenset())
        for thread in self._settled[engine]:
            _set(thread, processors, niceness=0, seconds=slices.OWN if processors != everywhere else slices.USUAL)
        self._own[engine] = threads

    def suspects(self, engine: Engine) -> frozenset[str]:
        """Sites that were hasty on this server, and are let in again like others."""
        return haste.suspects(self._haste[engine], now=monotonic())

    def confined(self, engine: Engine) -> frozenset[str]:
        """Sites that share processors on this server."""
        return haste.confined(engine, heavy=self.heavy[engine], hasty=self.hasty[engine])

    @property
    def _all_confined(self) -> frozenset[str]:
        return frozenset().union(*map(self.confined, Engine))

    def _busy(self, engine: Engine, sessions: Iterable[Session]) -> dict[str, float]:
        """Since the last look; of a session that was not there then, since it began."""
        before, clocks = self._clocks.get(engine, {}), {}
        busy: dict[str, float] = defaultdict(float)
        for session in sessions:
            now = _clock(session.thread)
            if now:
                was = before.get(session.thread)
                since = was if was and was.began == now.began else Clock(0.0, now.began, now.began)
                busy[session.site] += (now.worked - since.worked) / max(SPAN_LEAST, now.read - since.read)
                clocks[session.thread] = now
        self._clocks[engine] = clocks
        return busy


def _set(thread: int, processors: Set[int], *, niceness: int, seconds: float) -> None:
    with suppress(OSError):  # it has ended, or this process may not
        os.setpriority(os.PRIO_PROCESS, thread, niceness)
        _set_processors(thread, processors)
        slices.set_slice(thread, seconds)
        # A session of PostgreSQL is one for the kernel too, and where that shares processors out by sessions a priority
        # means nothing beyond one's own (sched(7), autogroup). MariaDB's are threads of one.
        if os.getsid(thread) == thread:
            Path(f"/proc/{thread}/autogroup").write_text(str(niceness))


def _clock(thread: int) -> Clock | None:
    """As proc(5) describes `stat` and `schedstat`, which knows of less than a tick; None when it has ended."""
    with suppress(OSError, ValueError, IndexError):
        place = f"/proc/{thread}/task/{thread}"
        fields = kernel.told(f"{place}/stat").rpartition(")")[2].split()
        user, system, began = (int(fields[number]) / TICKS for number in (11, 12, 19))
        exactly = int(kernel.told(f"{place}/schedstat").split()[0]) / 1e9
        return Clock(max(exactly, user + system), began, time.clock_gettime(time.CLOCK_BOOTTIME))
    return None


def _set_processors(thread: int, processors: Set[int]) -> str:
    """What the kernel has against it: this process may not, or the thread may be on none of these."""
    try:
        os.sched_setaffinity(thread, processors)
    except ProcessLookupError:  # it has ended
        return ""
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _everywhere() -> Set[int]:
    """Where this process may be, its servers may be: these themselves are put elsewhere, and inherit it."""
    return os.sched_getaffinity(0)
