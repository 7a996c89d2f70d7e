"""How many connections wait at each entrance of a server, as the kernel tells (sock_diag(7)).

One whose program has gone waits like any other, and costs the server as much. So an entrance before which too many
wait, or some whose programs have gone again and again, or whose connections the server refuses (`refusals`), is shut
for a while to the site that has it (`drivers.databases.entrances`).
"""

import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from queue import SimpleQueue
from threading import Event

from panggon.core.node.databases import entrances
from panggon.core.node.databases.entrances import Left, Queue
from panggon.core.sites.spec import Engine
from panggon.drivers.databases.database_server import DatabaseServer
from panggon.drivers.databases.entrances import OPEN, SHUT, Entrances
from panggon.drivers.system import unix_sockets
from panggon.drivers.system.borrowed import Bells
from panggon.node.daemons.going_on import going_on
from panggon.node.sockets.shields import network

# Where the server's sockets cannot be listened to (`Bells`) a look costs the more the more sites sleep, as the kernel
# tells of all sockets: it is taken rarely while nobody waits.
SECONDS, QUIET_SECONDS = 0.25, 1.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Queues:
    """Of one server. Whom another process of this kind has shut out is let in by the first look."""

    server: DatabaseServer
    engine: Engine
    entrances: Entrances = field(init=False)
    _sockets: tuple[Path, ...] = field(init=False)  # by number; one behind all others has the next number
    _listening: Mapping[int, int] = field(default_factory=dict)  # the kernel's number of each
    _long: dict[int, Queue] = field(default_factory=dict)
    _left: dict[int, Left] = field(default_factory=dict)
    _shut: dict[int, float] = field(init=False)
    _waiting: dict[int, float] = field(default_factory=dict)
    _behind: dict[int, float] = field(init=False)
    _refused: SimpleQueue[str] = field(default_factory=SimpleQueue)
    _bells: Bells | None = None

    def __post_init__(self) -> None:
        self.entrances = Entrances(self.server.door.parent, self.engine)
        last = (self.entrances.last,) if self.engine in entrances.UNFAIR else ()
        self._sockets = tuple(place / self.server.door.name for place in (*self.entrances.all, *last))
        self._shut = {number: -inf for number, place in enumerate(self._sockets) if _is_shut(place)}
        self._behind = {number: -inf for number in range(self._most) if self.entrances.moved(number).exists()}

    def run(self, over: Event) -> None:
        """While the server is away nobody waits."""
        pause = QUIET_SECONDS
        while not over.wait(pause):
            pause = QUIET_SECONDS
            with going_on(log, f"queues of {self.engine}", expected=logging.DEBUG):
                pause = SECONDS if self.look(now=time.monotonic()) or self._bells else QUIET_SECONDS
        self.close()

    def look(self, *, now: float) -> bool:
        """Whether anybody waits. Raises OSError where the kernel does not tell; nobody is shut out then for longer than
        he was to be.
        """
        for number in _over(self._behind, now):
            self._put_back(number)
        for number in _over(self._shut, now):
            _set(self._sockets[number], OPEN)
            del self._shut[number]
        while not self._refused.empty():
            self._shut_refused(self._refused.get(), now)
        found = self._lengths()
        if not (any(found.values()) or self._long or self._left or self._waiting):
            return False
        self._shut_flooded(found, now)
        if self.engine in entrances.UNFAIR:
            self._put_last_where_always_somebody_waits(found, now)
        return any(found.values())

    def shut_out(self, site: str) -> None:
        """At the next look; asked for by another thread."""
        self._refused.put(site)

    def close(self) -> None:
        """Nothing of the server's is kept."""
        if self._bells:
            self._bells.close()
            self._bells = None

    @property
    def _most(self) -> int:
        return entrances.ENTRANCES[self.engine]

    def _lengths(self) -> dict[int, int]:
        """By entrance. A server that has begun anew has new sockets."""
        if self._bells and self._bells.are_silent():
            return dict.fromkeys(self._listening, 0)
        if self._bells and self._bells.has_ended():
            self.close()
        with _network_of(self.server.process):
            lengths = unix_sockets.waiting()
            if len(self._listening) < len(self._sockets) or not lengths.keys() >= set(self._listening.values()):
                named = unix_sockets.listening()
                places = enumerate(map(str, self._sockets))
                self._listening = {number: named[place] for number, place in places if place in named}
                self._hang_bells()
        return {number: lengths[its] for number, its in self._listening.items() if its in lengths}

    def _hang_bells(self) -> None:
        """None as long as the server opens its sockets, and where this process may not look into it."""
        self.close()
        if len(self._listening) < len(self._sockets):
            return
        with suppress(OSError):
            self._bells = Bells.of(self.server.process, self._listening.values())

    def _shut_flooded(self, found: Mapping[int, int], now: float) -> None:
        self._long = entrances.long_queues(self._long, found, now=now)
        self._left = entrances.left(self._left, self._gone(found))
        for number in {*entrances.flooded(self._long, now=now), *entrances.deserted(self._left)}:
            self._shut_one(number, f"{found[number]} connections wait", now)

    def _shut_refused(self, site: str, now: float) -> None:
        number = self.entrances.number(site)
        if number is not None:
            if number in self._behind:
                self._put_back(number)  # what it is lent is of all who come last
            self._shut_one(number, f"its server refuses {site} again and again", now)

    def _shut_one(self, number: int, why: str, now: float) -> None:
        if number not in self._shut:
            behind = self._behind if number == self._most else (number,)
            sites = ", ".join(site for each in behind for site in self.entrances.sites(each))
            log.warning("%s: %s: %s, the entrance is shut", sites, self.engine, why)
            _set(self._sockets[number], SHUT)
            self._shut[number] = now

    def _gone(self, found: Mapping[int, int]) -> Mapping[int, int]:
        """Of those who wait at each entrance, how many have gone."""
        named = {self._listening[number]: number for number, length in found.items() if length}
        if not named:
            return dict.fromkeys(found, 0)
        with _network_of(self.server.process):
            gone = unix_sockets.gone_from(named)
        return dict.fromkeys(found, 0) | {named[its]: many for its, many in gone.items()}

    def _put_last_where_always_somebody_waits(self, found: Mapping[int, int], now: float) -> None:
        own = {number: length for number, length in found.items() if number < self._most}
        self._waiting = entrances.always_waiting(self._waiting, own, now=now)
        for number in set(entrances.to_be_last(self._waiting, now=now)) - self._shut.keys() - self._behind.keys():
            log.info("%s: somebody waits there all the time, it comes last", ", ".join(self.entrances.sites(number)))
            self._put_last(number)
            self._behind[number] = now

    def _put_last(self, number: int) -> None:
        """Who comes in by this name waits there from now on; those who wait here are taken in here."""
        named, kept = self._sockets[number], self.entrances.moved(number)
        lent = kept.with_suffix(".lent")
        with suppress(FileNotFoundError, FileExistsError):  # the server begins anew; it is there already
            lent.unlink(missing_ok=True)
            kept.hardlink_to(named)
            lent.hardlink_to(self._sockets[-1])
            lent.replace(named)

    def _put_back(self, number: int) -> None:
        with suppress(FileNotFoundError):  # the server has begun anew
            self.entrances.moved(number).replace(self._sockets[number])
            self.entrances.moved(number).unlink()  # it was never put last
        self._behind.pop(number)


@contextmanager
def _network_of(process: int) -> Iterator[None]:
    namespace = os.open(f"/proc/{process}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        with network.entered(namespace):
            yield
    finally:
        os.close(namespace)


def _over(since: Mapping[int, float], now: float) -> list[int]:
    return [number for number, began in since.items() if now - began >= entrances.SHUT_SECONDS]


def _is_shut(place: Path) -> bool:
    with suppress(FileNotFoundError):
        return place.stat().st_mode & 0o777 != OPEN
    return False


def _set(place: Path, mode: int) -> None:
    with suppress(FileNotFoundError):  # the server begins anew
        place.chmod(mode)
