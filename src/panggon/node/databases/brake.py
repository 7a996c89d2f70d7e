"""What sites take of a database server besides room for their data: who takes too much is ended within seconds, and the
sessions of a site share the processors as one, those of a heavy one a single processor (`placement`).

A server bounds little of it by itself: most of its limits a session may set for itself.
"""

import logging
import time
from collections.abc import Callable, Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from queue import SimpleQueue
from threading import Event, get_native_id

from panggon.core.node.databases import database_load, haste, heaviness
from panggon.core.node.databases.database_load import Load, Session
from panggon.core.sites.spec import Engine
from panggon.drivers.databases.database_server import DatabaseServer, Watched
from panggon.drivers.system.owner import uid_of
from panggon.node import slices
from panggon.node.daemons.going_on import going_on
from panggon.node.databases import crowd
from panggon.node.databases.placement import Placement
from panggon.node.databases.queues import Queues
from panggon.node.databases.refusals import Refusals
from panggon.node.databases.swelling import Swelling

SECONDS = 1.0
# A session is on any processor until it is found, and who is ended at each look comes back as often.
FOLLOW_SECONDS = 0.01
# What one site can take all of within a second has a look of its own so often.
GLANCE_SECONDS = 0.05
# While nobody is there and nobody comes nothing can have changed: a look comes so much later.
STILL_SECONDS = 10.0
# So soon after a look that has found something to be taken back that begins.
TIDY_SECONDS = 0.25

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Brake:
    """In a thread of its own: a look at sizes may take minutes, and a session a gigabyte within a second."""

    servers: Mapping[Engine, DatabaseServer]
    uid_base: int
    placement: Placement = field(default_factory=Placement)
    _seen: SimpleQueue[frozenset[str]] = field(default_factory=SimpleQueue)
    _before: dict[Engine, Load] = field(default_factory=dict)
    _spared: dict[Engine, Set[str]] = field(default_factory=dict)
    _swelling: dict[Engine, Swelling] = field(default_factory=lambda: {engine: Swelling() for engine in Engine})
    _held: dict[Engine, Mapping[str, float]] = field(default_factory=dict)
    _tidy: dict[Engine, float] = field(default_factory=dict)  # when it was seen to be last, unless it is not
    _still: dict[Engine, bytes] = field(default_factory=dict)  # `Watched.arrivals` at a look that found nobody

    def run(self, over: Event) -> None:
        """Each server in a thread: one that takes its time to answer leaves no other unwatched. One that is away is no
        matter here: nobody takes anything of it.
        """
        with ThreadPoolExecutor(4 * len(self.servers) or 1) as pool:
            for engine, server in self.servers.items():
                queues = Queues(server, engine)
                pool.submit(self._guard, engine, over)
                pool.submit(self._tidy_up, engine, over)
                pool.submit(queues.run, over)
                pool.submit(self._watch, engine, Refusals(server, queues, self.uid_base), over)

    def seen(self) -> frozenset[str]:
        """The sites that have had a session since this was asked last: nobody else has written anything."""
        return frozenset().union(*(self._seen.get() for _ in range(self._seen.qsize())))

    def faults(self) -> tuple[str, ...]:
        """A sentence of each server whose sessions cannot be kept from each other's processors."""
        return tuple(
            f"sesi {engine} tidak dapat dibagi atas prosesor ({why}): situs yang sibuk di sana memperlambat situs lain"
            for engine, why in sorted(self.placement.faults.items())
            if why
        )

    def _watch(self, engine: Engine, refusals: Refusals, over: Event) -> None:
        while not over.is_set():
            with going_on(log, engine, expected=logging.DEBUG), self.servers[engine].watched() as watched:
                _be_in_time(watched)
                while not over.is_set():
                    self.look(engine, watched)
                    refusals.look(watched, now=time.monotonic())
                    self._follow(engine, watched, over, time.monotonic() + SECONDS, also=refusals.glance)
            over.wait(SECONDS)

    def _guard(self, engine: Engine, over: Event) -> None:
        """In a thread of its own: whoever is to be ended here has the looks of the others wait."""
        while not over.is_set():
            with going_on(log, engine, expected=logging.DEBUG):
                self.servers[engine].guard(over)
            over.wait(SECONDS)

    def look(self, engine: Engine, watched: Watched) -> None:
        arrivals = watched.arrivals.now()
        load = watched.load()
        taken = watched.taken()
        if sites := {session.site for session in load.sessions} | taken.keys():
            self._seen.put(frozenset(sites))
        busy = self.placement.look(engine, load.sessions, taken, watched.own(), watched.process)
        self._hold(engine, watched)
        before = self._before.get(engine, load)
        growing = database_load.growing(load, before, busy, spared=self._spared.get(engine, frozenset()))
        swelling, close = self._swelling[engine].look(load)
        _end(engine, watched, {**swelling, **growing, **database_load.too_much(load, before)})
        if close:
            watched.close_tables()
        self._before[engine] = load
        self._spared[engine] = {session.site for session in growing}
        if load.shared > database_load.SHARED_MOST:
            log.warning("%s begins anew: %d bytes of temporary room", engine, load.shared)
            watched.begin_anew()
        is_tidy = watched.is_tidy()
        self._tidy[engine] = time.monotonic() if is_tidy else -inf
        is_still = is_tidy and not load.sessions and not self.placement.confined(engine) and watched.is_alone()
        self._still[engine] = arrivals if is_still else b""

    def _hold(self, engine: Engine, watched: Watched) -> None:
        """Whom a brake that was killed has left held is let go by the first look."""
        doors = heaviness.doors(self.placement.heavy[engine], self.placement.hasty[engine])
        if doors or self._held.get(engine) != doors:
            watched.hold(doors)
            self._held[engine] = doors

    def _tidy_up(self, engine: Engine, over: Event) -> None:
        """Beside the looks: to take back what a gone session has prepared may last, and nobody is watched meanwhile. A
        session of its own costs the server more than all looks of a second, so it is begun where that has to be done,
        and where no look has said lately that it has not.
        """
        while not over.wait(TIDY_SECONDS):
            if time.monotonic() - self._tidy.get(engine, -inf) > SECONDS + TIDY_SECONDS:
                with going_on(log, "tidying", expected=logging.DEBUG):
                    self.servers[engine].tidy()
                over.wait(SECONDS)

    def _follow(
        self, engine: Engine, watched: Watched, over: Event, ends: float, *, also: Callable[[Watched], None]
    ) -> None:
        """Until the next look is due, which is at once when somebody comes after a while, or is hasty again: put the
        new sessions of confined sites where they belong, and see that nobody takes all of what can be taken within a
        second.
        """
        if still := self._still.get(engine):
            self._tidy[engine] = inf
            watched.arrivals.sleep(still, each=GLANCE_SECONDS, until=ends + STILL_SECONDS, over=over)
            self._tidy[engine] = time.monotonic()
        confined, suspects = self.placement.confined(engine), self.placement.suspects(engine)
        while time.monotonic() < ends and not over.is_set():
            time.sleep(FOLLOW_SECONDS if confined else GLANCE_SECONDS)  # half the work of an Event's wait
            if confined:
                threads = watched.threads(confined)
                waiting = watched.waiting(self.placement.known(engine))
                self.placement.follow(engine, threads, waiting)
            also(watched)
            if suspects and watched.begun(suspects) > haste.AGAIN:
                return
            if crowding := watched.crowding():
                _end(engine, watched, {**database_load.giving_way(crowding), **database_load.too_much(crowding)})
                if crowding.strangers > database_load.STRANGERS_MOST:
                    self._end_strangers(engine, watched, crowding.strangers_most)

    def _end_strangers(self, engine: Engine, watched: Watched, most: int) -> None:
        """Where nobody has logged in the server has nothing to end by: the programs that hold them go."""
        door, sessions = self.servers[engine].door, watched.load().sessions
        found = crowd.connections(watched.holders(), door, self.uid_base)
        site = database_load.crowding(crowd.total(found), sessions, most)
        if site:
            own = sum(session.site == site for session in sessions)
            programs = database_load.holders(found[site], own, most)
            log.warning("%s: %d programs that connect to %s and do not log in are ended", site, len(programs), engine)
            crowd.end(uid_of(site, base=self.uid_base), programs)


def _end(engine: Engine, watched: Watched, found: Mapping[Session, str]) -> None:
    for session, why in found.items():
        log.warning("%s: session %d of %s ended, %s", session.site, session.number, engine, why)
        watched.end(session.number)


def _be_in_time(watched: Watched) -> None:
    """A new session of a heavy site works as soon as its door opens, wherever it is: who looks for it comes first."""
    for thread in (get_native_id(), watched.thread):
        with suppress(OSError):  # it has ended, or this process may not
            slices.set_slice(thread, slices.WATCH)
