"""How many connections wait at each entrance of a server, as the kernel tells (sock_diag(7)).

One whose program has gone waits like any other, and costs the server as much. So an entrance before which too many wait
is shut for a while to the site that has it (`drivers.entrances`).
"""

import logging
import os
import socket
import struct
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from threading import Event

from panggon.core import entrances
from panggon.core.entrances import Queue
from panggon.core.spec import Engine
from panggon.drivers.database_server import DatabaseServer
from panggon.drivers.entrances import Entrances
from panggon.node.going_on import going_on
from panggon.node.sockets import network

SECONDS = 0.25
OPEN, SHUT = 0o777, 0o700

# netlink(7), sock_diag(7), linux/unix_diag.h.
SOCK_DIAG, BY_FAMILY, REQUEST_DUMP = 4, 20, 0x301
ERROR, DONE = 2, 3
LISTENING = 1 << 10
SHOW_NAME, SHOW_QUEUE = 0x01, 0x10
NAME, QUEUE = 0, 4
HEAD, ATTRIBUTE = struct.Struct("=IHHII"), struct.Struct("=HH")
REQUEST, FOUND, LENGTHS = struct.Struct("=BBHIIIII"), struct.Struct("=16s"), struct.Struct("=II")

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Queues:
    """Of one server. Whom another process of this kind has shut out is let in by the first look."""

    server: DatabaseServer
    engine: Engine
    entrances: Entrances = field(init=False)
    _long: dict[int, Queue] = field(default_factory=dict)
    _shut: dict[int, float] = field(init=False)
    _waiting: dict[int, float] = field(default_factory=dict)
    _behind: dict[int, float] = field(init=False)

    def __post_init__(self) -> None:
        self.entrances = Entrances(self.server.door.parent, self.engine)
        self._shut = {number: -inf for number, place in enumerate(self._sockets) if _is_shut(place)}
        self._behind = {number: -inf for number, _ in enumerate(self.entrances.all) if self._kept(number).exists()}

    def run(self, over: Event) -> None:
        """While the server is away nobody waits."""
        while not over.wait(SECONDS):
            with going_on(log, f"queues of {self.engine}", expected=logging.DEBUG):
                self.look(now=time.monotonic())

    def look(self, *, now: float) -> None:
        """Raises OSError where the kernel does not tell; nobody is shut out then for longer than he was to be."""
        for number in _over(self._behind, now):
            self._put_back(number)
        for number in _over(self._shut, now):
            _set(self._sockets[number], OPEN)
            del self._shut[number]
        lengths = waiting(self.server.process)
        found = {number: lengths[str(place)] for number, place in enumerate(self._sockets) if str(place) in lengths}
        self._shut_flooded(found, now)
        if self.engine in entrances.UNFAIR:
            self._put_last_where_always_somebody_waits(found, now)

    def _shut_flooded(self, found: Mapping[int, int], now: float) -> None:
        self._long = entrances.long_queues(self._long, found, now=now)
        for number in set(entrances.flooded(self._long, now=now)) - self._shut.keys():
            behind = self._behind if number == len(self.entrances.all) else (number,)
            sites = ", ".join(site for each in behind for site in self.entrances.sites(each))
            log.warning("%s: %d connections to %s wait, its entrance is shut", sites, found[number], self.engine)
            _set(self._sockets[number], SHUT)
            self._shut[number] = now

    def _put_last_where_always_somebody_waits(self, found: Mapping[int, int], now: float) -> None:
        own = {number: length for number, length in found.items() if number < len(self.entrances.all)}
        self._waiting = entrances.always_waiting(self._waiting, own, now=now)
        for number in set(entrances.to_be_last(self._waiting, now=now)) - self._shut.keys() - self._behind.keys():
            log.info("%s: somebody waits there all the time, it comes last", ", ".join(self.entrances.sites(number)))
            self._put_last(number)
            self._behind[number] = now

    @property
    def _sockets(self) -> tuple[Path, ...]:
        """By number; the last one has the next number."""
        return tuple(place / self.server.door.name for place in (*self.entrances.all, self.entrances.last))

    def _kept(self, number: int) -> Path:
        """The socket itself, while its name leads to the last one."""
        return self.entrances.run / f"{number}.kept"

    def _put_last(self, number: int) -> None:
        """Who comes in by this name waits there from now on; those who wait here are taken in here."""
        named, kept = self._sockets[number], self._kept(number)
        lent = kept.with_suffix(".lent")
        with suppress(FileNotFoundError, FileExistsError):  # the server begins anew; it is there already
            lent.unlink(missing_ok=True)
            kept.hardlink_to(named)
            lent.hardlink_to(self._sockets[-1])
            lent.replace(named)

    def _put_back(self, number: int) -> None:
        with suppress(FileNotFoundError):  # the server has begun anew
            self._kept(number).replace(self._sockets[number])
            self._kept(number).unlink()  # it was never put last
        self._behind.pop(number)


def waiting(process: int) -> Mapping[str, int]:
    """By the path of each socket that something listens on in the network of this process. Raises OSError."""
    namespace = os.open(f"/proc/{process}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        with network.entered(namespace):
            asking = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, SOCK_DIAG)
    finally:
        os.close(namespace)
    with asking:
        head = HEAD.pack(HEAD.size + REQUEST.size, BY_FAMILY, REQUEST_DUMP, 0, 0)
        asking.send(head + REQUEST.pack(socket.AF_UNIX, 0, 0, LISTENING, 0, SHOW_NAME | SHOW_QUEUE, 0, 0))
        return dict(_told(asking))


def _told(asking: socket.socket) -> Iterator[tuple[str, int]]:
    while True:
        answer = asking.recv(1 << 16)
        while answer:
            length, kind, *_ = HEAD.unpack_from(answer)
            if kind == DONE:
                return
            if kind == ERROR:
                number = -struct.unpack_from("=i", answer, HEAD.size)[0]
                raise OSError(number, os.strerror(number))
            yield from _one(answer[HEAD.size + FOUND.size : length])
            answer = answer[_aligned(length) :]


def _one(attributes: bytes) -> Iterator[tuple[str, int]]:
    """None of a socket without a name."""
    told = {}
    while attributes:
        length, kind = ATTRIBUTE.unpack_from(attributes)
        told[kind] = attributes[ATTRIBUTE.size : length]
        attributes = attributes[_aligned(length) :]
    if NAME in told and QUEUE in told:
        yield os.fsdecode(told[NAME].rstrip(b"\0")), LENGTHS.unpack(told[QUEUE])[0]


def _aligned(length: int) -> int:
    return (length + 3) & ~3


def _over(since: Mapping[int, float], now: float) -> list[int]:
    return [number for number, began in since.items() if now - began >= entrances.SHUT_SECONDS]


def _is_shut(place: Path) -> bool:
    with suppress(FileNotFoundError):
        return place.stat().st_mode & 0o777 != OPEN
    return False


def _set(place: Path, mode: int) -> None:
    with suppress(FileNotFoundError):  # the server begins anew
        place.chmod(mode)
