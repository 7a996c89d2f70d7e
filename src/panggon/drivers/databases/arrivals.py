"""Whether anybody may have come in to a server: whoever does is taken in by its first thread (MariaDB) or process
(PostgreSQL), which sleeps while nobody comes. How often that has run the kernel tells without asking the server.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event
from typing import Self

NOT_COUNTED = b"0 0 0\n"


@dataclass(frozen=True, slots=True)
class Arrivals:
    """`_told` is a descriptor of proc(5)'s `schedstat`."""

    _told: int

    @classmethod
    @contextmanager
    def of(cls, process: int) -> Iterator[Self]:
        try:
            told = os.open(f"/proc/{process}/schedstat", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:  # it has ended: whoever asks it anything is told so
            yield cls(-1)
            return
        try:
            yield cls(told)
        finally:
            os.close(told)

    def now(self) -> bytes:
        """Something else when anybody may have come in since; nothing where that cannot be known."""
        with suppress(OSError):
            told = os.pread(self._told, 100, 0)
            return b"" if told == NOT_COUNTED else told
        return b""

    def sleep(self, known: bytes, *, each: float, until: float, over: Event) -> None:
        """Until anybody may have come in since `known`, which is looked at `each` so many seconds, without the lock
        that an Event takes: of a service that has nothing to do nearly all would be that.
        """
        while self.now() == known and time.monotonic() < until and not over.is_set():
            time.sleep(each)
