"""How many connections wait at each entrance of a server, as the kernel tells (sock_diag(7)).

One whose program has gone waits like any other, and costs the server as much. So an entrance before which too many
wait, or some whose programs have gone again and again, or whose connections the server refuses (`refusals`), is shut
for a while to the site that has it (`drivers.databases.entrances`).
"""

import errno
import logging
import os
import socket
import struct
import time
from collections.abc import Iterable, Iterator, Mapping
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
from panggon.node.daemons.going_on import going_on
from panggon.node.sockets.shields import network

# A look costs the more the more sites sleep, as the kernel tells of all sockets: it is taken rarely while nobody waits.
SECONDS, QUIET_SECONDS = 0.25, 1.0

# netlink(7), sock_diag(7), linux/unix_diag.h: of each socket its number and the length of its queue; of one, the number
# of the socket of each who waits there, 0 of one that is closed.
SOCK_DIAG, BY_FAMILY, REQUEST_DUMP, REQUEST_ONE = 4, 20, 0x301, 1
ERROR, DONE = 2, 3
LISTENING = 1 << 10
SHOW_QUEUE, QUEUE = 0x10, 4
SHOW_WAITING, WAITING, ANY_COOKIE = 0x08, 3, 0xFFFFFFFF
ATTRIBUTE, ATTRIBUTES_AT = struct.Struct("=HH"), 32
HEAD, REQUEST = struct.Struct("=IHHII"), struct.Struct("=BBHIIIII")
# As long as it is where nothing else was asked for: HEAD, four bytes, the number, its cookie, and two attributes, of
# which the last says what is shut down.
TOLD = struct.Struct("=IH10x4xI8xHHI4x8x")
LISTENS = "00010000"

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
                pause = SECONDS if self.look(now=time.monotonic()) else QUIET_SECONDS

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
        self._shut_flooded(found, now)
        if self.engine in entrances.UNFAIR:
            self._put_last_where_always_somebody_waits(found, now)
        return any(found.values())

    def shut_out(self, site: str) -> None:
        """At the next look; asked for by another thread."""
        self._refused.put(site)

    @property
    def _most(self) -> int:
        return entrances.ENTRANCES[self.engine]

    def _lengths(self) -> dict[int, int]:
        """By entrance. A server that has begun anew has new sockets."""
        process = self.server.process
        lengths = waiting(process)
        if len(self._listening) < len(self._sockets) or not lengths.keys() >= set(self._listening.values()):
            named = listening(process)
            places = enumerate(map(str, self._sockets))
            self._listening = {number: named[place] for number, place in places if place in named}
        return {number: lengths[its] for number, its in self._listening.items() if its in lengths}

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
        gone = gone_from(self.server.process, named) if named else {}
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


def waiting(process: int) -> Mapping[int, int]:
    """By the number of each socket that something listens on in the network of this process. Raises OSError."""
    with _asking(process) as asking:
        _ask(asking, REQUEST_DUMP, REQUEST.pack(socket.AF_UNIX, 0, 0, LISTENING, 0, SHOW_QUEUE, 0, 0))
        return dict(_told(asking))


def gone_from(process: int, numbers: Iterable[int]) -> Mapping[int, int]:
    """Of those who wait at each of these sockets, how many have gone. Raises OSError."""
    found = {}
    with _asking(process) as asking:
        for number in numbers:
            one = REQUEST.pack(socket.AF_UNIX, 0, 0, LISTENING, number, SHOW_WAITING, ANY_COOKIE, ANY_COOKIE)
            _ask(asking, REQUEST_ONE, one)
            found[number] = _gone_ones(asking.recv(1 << 16))
    return found


def _gone_ones(answer: bytes) -> int:
    """0 of a socket that is closed itself."""
    _, kind, *_ = HEAD.unpack_from(answer)
    at = ATTRIBUTES_AT if kind == BY_FAMILY else len(answer)
    while at < len(answer):
        length, attribute = ATTRIBUTE.unpack_from(answer, at)
        if attribute == WAITING:
            return memoryview(answer)[at + ATTRIBUTE.size : at + length].cast("I").tolist().count(0)
        at += (length + 3) & ~3
    return 0


@contextmanager
def _asking(process: int) -> Iterator[socket.socket]:
    """The kernel, in the network of this process."""
    namespace = os.open(f"/proc/{process}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        with network.entered(namespace):
            asking = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, SOCK_DIAG)
    finally:
        os.close(namespace)
    with asking:
        yield asking


def _ask(asking: socket.socket, how: int, request: bytes) -> None:
    asking.send(HEAD.pack(HEAD.size + len(request), BY_FAMILY, how, 0, 0) + request)


def _told(asking: socket.socket) -> Iterator[tuple[int, int]]:
    while True:
        answer = asking.recv(1 << 16)
        whole = len(answer) - len(answer) % TOLD.size
        for length, kind, number, _, attribute, waiting in TOLD.iter_unpack(answer[:whole]):
            if (length, kind, attribute) != (TOLD.size, BY_FAMILY, QUEUE):
                raise OSError(errno.EPROTO, "the kernel tells of sockets in other words")
            yield number, waiting
        if whole < len(answer):
            _, kind, *_ = HEAD.unpack_from(answer, whole)
            if kind == DONE:
                return
            reason = -struct.unpack_from("=i", answer, whole + HEAD.size)[0] if kind == ERROR else errno.EPROTO
            raise OSError(reason, os.strerror(reason))


def listening(process: int) -> Mapping[str, int]:
    """By its path, the number of each of these sockets (proc_pid_net(5)). Raises OSError."""
    found = {}
    for line in Path(f"/proc/{process}/net/unix").read_text(errors="surrogateescape").splitlines():
        _, _, _, flags, _, _, number, *path = line.split(maxsplit=7)
        if flags == LISTENS:
            found["".join(path)] = int(number)
    return found


def _over(since: Mapping[int, float], now: float) -> list[int]:
    return [number for number, began in since.items() if now - began >= entrances.SHUT_SECONDS]


def _is_shut(place: Path) -> bool:
    with suppress(FileNotFoundError):
        return place.stat().st_mode & 0o777 != OPEN
    return False


def _set(place: Path, mode: int) -> None:
    with suppress(FileNotFoundError):  # the server begins anew
        place.chmod(mode)
