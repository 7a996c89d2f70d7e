"""The Unix sockets of the network that this thread is in, as the kernel tells of them (unix(7), sock_diag(7))."""

import errno
import os
import socket
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from panggon.drivers.system import kernel
from panggon.drivers.system.processes import PROC

# netlink(7), linux/unix_diag.h: what is asked for, of all sockets in these states or of the one of this number, and the
# attributes of each that is told of: its name, the number of its other end (0 of one that nobody has accepted or that
# is closed), the numbers of those who wait there (as well), how many they are, and which ways are shut down.
SOCK_DIAG, BY_FAMILY, REQUEST_DUMP, REQUEST_ONE = 4, 20, 0x301, 1
ERROR, DONE = 2, 3
CONNECTED, LISTENING = 1 << 1, 1 << 10
SHOW_NAME, SHOW_PEER, SHOW_WAITING, SHOW_QUEUE = 0x01, 0x04, 0x08, 0x10
NAME, PEER, WAITING, QUEUE, SHUT = 0, 2, 3, 4, 6
NOT_ACCEPTED = b"\0\0\0\0", b"\0"  # PEER and SHUT
ANY_COOKIE = 0xFFFFFFFF
HEAD, REQUEST = struct.Struct("=IHHII"), struct.Struct("=BBHIIIII")
ATTRIBUTE, ATTRIBUTES_AT = struct.Struct("=HH"), 32
ANSWER_BYTES = 1 << 16
# A listening socket of which only the length of its queue was asked for: HEAD, four bytes, the number, its cookie, and
# two attributes, of which the last says what is shut down. Thousands come at once: they are taken apart together.
TOLD = struct.Struct("=IH10x4xI8xHHI4x8x")
LISTENS = "00010000"


def connected() -> frozenset[str]:
    """The names of those that are connected, or wait to be accepted: each end that a listening socket makes has its
    name. Asked this way because the kernel passes over those that only listen, thousands where sites sleep, and writes
    a line for each of them in /proc. It passes over those too that nobody has accepted yet, whose other ends say so:
    where there are any, that file is read. Raises OSError.
    """
    wanted = REQUEST.pack(socket.AF_UNIX, 0, 0, CONNECTED, 0, SHOW_NAME | SHOW_PEER, 0, 0)
    with _asking() as asking:
        _ask(asking, REQUEST_DUMP, wanted)
        found = [dict(_attributes(one)) for answer in _answers(asking, _one_after_the_other) for one in _apart(answer)]
    names = {os.fsdecode(each[NAME].rstrip(b"\0")) for each in found if NAME in each}
    is_somebody_waiting = any((each.get(PEER), each.get(SHUT)) == NOT_ACCEPTED for each in found)
    return frozenset(names | _not_accepted() if is_somebody_waiting else names)


def _not_accepted() -> set[str]:
    """unix(7): in state 02."""
    lines = (line.split(maxsplit=7) for line in _of_all() if " 02 " in line)
    return {line[7] for line in lines if len(line) == 8 and line[5] == "02"}


def waiting() -> Mapping[int, int]:
    """How many wait at each that listens, by its number. Raises OSError."""
    with _asking() as asking:
        _ask(asking, REQUEST_DUMP, REQUEST.pack(socket.AF_UNIX, 0, 0, LISTENING, 0, SHOW_QUEUE, 0, 0))
        return dict(pair for answer in _answers(asking, _all_alike) for pair in _lengths(answer))


def gone_from(numbers: Iterable[int]) -> Mapping[int, int]:
    """Of those who wait at each of these sockets, how many have gone; 0 of one that is closed. Raises OSError."""
    found = {}
    with _asking() as asking:
        for number in numbers:
            one = REQUEST.pack(socket.AF_UNIX, 0, 0, LISTENING, number, SHOW_WAITING, ANY_COOKIE, ANY_COOKIE)
            _ask(asking, REQUEST_ONE, one)
            answer = asking.recv(ANSWER_BYTES)
            told = b"".join(dict(_attributes(one)).get(WAITING, b"") for one in _apart(answer))
            found[number] = memoryview(told).cast("I").tolist().count(0)
    return found


def listening() -> Mapping[str, int]:
    """The number of each that listens, by its path (proc_pid_net(5)). Raises OSError."""
    found = {}
    for line in _of_all():
        _, _, _, flags, _, _, number, *path = line.split(maxsplit=7)
        if flags == LISTENS:
            found["".join(path)] = int(number)
    return found


def _of_all() -> list[str]:
    """A line each, most with a path at its end (proc_pid_net(5))."""
    return kernel.told(PROC / "thread-self" / "net" / "unix").splitlines()


@contextmanager
def _asking() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, SOCK_DIAG) as asking:
        yield asking


def _ask(asking: socket.socket, how: int, request: bytes) -> None:
    asking.send(HEAD.pack(HEAD.size + len(request), BY_FAMILY, how, 0, 0) + request)


def _answers(asking: socket.socket, sockets_in: Callable[[bytes], int]) -> Iterator[bytes]:
    """The bytes that tell of sockets, many in each answer, until the kernel says that these were all. `sockets_in` says
    how many bytes of an answer do.
    """
    while True:
        answer = asking.recv(ANSWER_BYTES)
        end = sockets_in(answer)
        yield answer[:end]
        if end < len(answer):
            _, kind, *_ = HEAD.unpack_from(answer, end)
            if kind == DONE:
                return
            reason = -struct.unpack_from("=i", answer, end + HEAD.size)[0] if kind == ERROR else errno.EPROTO
            raise OSError(reason, os.strerror(reason))


def _one_after_the_other(answer: bytes) -> int:
    return sum(_aligned(len(one)) for one in _apart(answer))


def _all_alike(answer: bytes) -> int:
    return len(answer) - len(answer) % TOLD.size


def _apart(answer: bytes) -> Iterator[bytes]:
    """One socket each."""
    at = 0
    while at < len(answer):
        length, kind, *_ = HEAD.unpack_from(answer, at)
        if kind != BY_FAMILY:
            return
        yield answer[at : at + length]
        at += _aligned(length)


def _lengths(answer: bytes) -> Iterator[tuple[int, int]]:
    for length, kind, number, _, attribute, long in TOLD.iter_unpack(answer):
        if (length, kind, attribute) != (TOLD.size, BY_FAMILY, QUEUE):
            raise OSError(errno.EPROTO, "the kernel tells of sockets in other words")
        yield number, long


def _attributes(one: bytes) -> Iterator[tuple[int, bytes]]:
    at = ATTRIBUTES_AT
    while at < len(one):
        length, attribute = ATTRIBUTE.unpack_from(one, at)
        yield attribute, one[at + ATTRIBUTE.size : at + length]
        at += _aligned(length)


def _aligned(length: int) -> int:
    """netlink(7), NLMSG_ALIGN."""
    return (length + 3) & ~3
