"""Whose connections to a server's socket are while nobody has logged in by them: the server itself does not know, but
the kernel knows who made each (unix(7), SO_PEERCRED), whoever has its other end by now: one of a site's programs may
hand it on, and it may be on its way between two sockets for ever.
"""

import os
import signal
import socket
import struct
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from panggon.core.sites.spec import SITE_ID
from panggon.drivers.system import borrowed, processes

CREDENTIALS = struct.Struct("iII")  # struct ucred: process, user, group


def connections(holders: Iterable[int], door: Path, uid_base: int) -> Mapping[str, Mapping[int, int]]:
    """How many each process of each site has made to the server whose own socket is this `door`, by whichever of its
    entrances (`drivers.databases.entrances`), of those that these processes of the server have. Raises OSError where
    this process may not look into the server's.
    """
    found: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for holder in holders:
        for pid, uid in _callers(holder, door):
            site = f"s{uid - uid_base:06d}"
            if SITE_ID.fullmatch(site):
                found[site][pid] += 1
    return found


def end(uid: int, programs: Iterable[int]) -> None:
    """These of the user's programs, at once; everything that runs as the user where one has ended by itself, and left
    its connections to others.
    """
    chosen, running = frozenset(programs), processes.of_user(uid)
    for pid in chosen if chosen <= running else running:
        processes.send(pid, signal.SIGKILL)


def total(found: Mapping[str, Mapping[int, int]]) -> Counter[str]:
    return Counter({site: sum(made.values()) for site, made in found.items()})


def _callers(holder: int, door: Path) -> Iterator[tuple[int, int]]:
    """Process and user of who made each."""
    with suppress(ProcessLookupError, FileNotFoundError):  # it has ended
        pidfd = os.pidfd_open(holder)
        try:
            for descriptor, _ in borrowed.sockets(holder):
                yield from _caller(pidfd, descriptor, door)
        finally:
            os.close(pidfd)


def _leads_to(door: Path, name: str | bytes) -> bool:
    place = Path(os.fsdecode(name))
    return place.name == door.name and door.parent in (place.parent, place.parent.parent)


def _caller(pidfd: int, descriptor: int, door: Path) -> Iterator[tuple[int, int]]:
    copy = borrowed.copy(pidfd, descriptor)
    if copy is None:
        return
    with socket.socket(fileno=copy) as held:
        if held.family == socket.AF_UNIX and _leads_to(door, held.getsockname()):
            pid, uid, _ = CREDENTIALS.unpack(held.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size))
            yield pid, uid
