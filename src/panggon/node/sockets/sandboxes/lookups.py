"""What is looked up once for many sites, because looking costs much and they all ask."""

import time
from collections.abc import Mapping

from panggon.drivers.system import kernel, processes


class Conversations:
    """Which Unix sockets have connections now, by the name that they were bound to; looked up once for many."""

    SECONDS = 0.4  # less than the time between two looks of the holder

    def __init__(self) -> None:
        self._looked = 0.0
        self._names: frozenset[str] = frozenset()

    def on(self, name: str) -> bool:
        if time.monotonic() - self._looked > self.SECONDS:
            self._names, self._looked = connected_sockets(), time.monotonic()
        return name in self._names


class Users:
    """Which processes each user runs; looked up once for many."""

    SECONDS = 2.0

    def __init__(self) -> None:
        self._looked = -self.SECONDS
        self._found: Mapping[int, frozenset[int]] = {}

    def running(self) -> Mapping[int, frozenset[int]]:
        """By user id."""
        if time.monotonic() - self._looked >= self.SECONDS:
            self.look()
        return self._found

    def look(self) -> None:
        self._found, self._looked = processes.by_user(), time.monotonic()


def connected_sockets() -> frozenset[str]:
    """unix(7): each end that a listening socket has made has its name and is connected (state 03), or waits to be
    accepted (02).
    """
    lines = kernel.told(processes.PROC / "net" / "unix").splitlines()
    # Nearly all are sockets of sites that sleep, which listen (01): they are not taken apart.
    likely = (line.split(maxsplit=7) for line in lines if " 03 " in line or " 02 " in line)
    return frozenset(fields[7] for fields in likely if len(fields) == 8 and fields[5] in ("02", "03"))
