"""What is looked up once for many sites, because looking costs much and they all ask."""

import time
from collections.abc import Mapping

from panggon.drivers.system import processes, unix_sockets


class Conversations:
    """Which Unix sockets have connections now, by the name that they were bound to; looked up once for many."""

    SECONDS = 0.4  # less than the time between two looks of the holder

    def __init__(self) -> None:
        self._looked = 0.0
        self._names: frozenset[str] = frozenset()

    def on(self, name: str) -> bool:
        if time.monotonic() - self._looked > self.SECONDS:
            self._names, self._looked = unix_sockets.connected(), time.monotonic()
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
