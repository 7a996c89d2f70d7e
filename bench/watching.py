"""A visitor who asks again and again, each time over a connection of their own, and notes what they get."""

import functools
import multiprocessing
import os
import subprocess
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from types import TracebackType

from panggon.core.errors import TemporaryError
from panggon.drivers.nginx import visit
from panggon.drivers.nginx.visit import Door


def go_first() -> None:
    """Before everybody else on this machine: who measures would otherwise tell of his own waiting for a processor,
    which a visitor from elsewhere does not. So do the threads that are started from here: each visit waits until there
    is the one that would end it (`drivers.system.deadline`). A priority would count in his session only.
    """
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


# The same for a program that is started with these words before its own.
GOING_FIRST = ("chrt", "--fifo", "1")


@functools.cache
def may_go_first() -> bool:
    """Not in many a container, nor in a control group of version 1 that has no share of such time."""
    return subprocess.run([*GOING_FIRST, "true"], check=False, capture_output=True).returncode == 0


class Watcher:
    """In a process of its own, so that it waits for nobody but the server. `seen` holds the end (perf_counter, the same
    clock for all processes of the machine) and status of each request, 0 for none; `milliseconds` how long each took.
    """

    def __init__(self, door: Door, host: str, path: str, *, pause: float = 0.01, first: bool = True) -> None:
        context = multiprocessing.get_context("spawn")
        self._line, far = context.Pipe()
        self._process = context.Process(target=_watch, args=(far, door, host, path, pause, first))
        self.seen: list[tuple[float, int]] = []
        self.milliseconds: list[float] = []

    @property
    def longest(self) -> float:
        return max(self.milliseconds, default=0.0)

    @property
    def failed(self) -> int:
        return sum(status != 200 for _, status in self.seen)

    def __enter__(self) -> "Watcher":
        self._process.start()
        self._line.recv()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._line.send("enough")
        self.seen, self.milliseconds = self._line.recv()
        self._process.join()


def _watch(line: Connection, door: Door, host: str, path: str, pause: float, first: bool) -> None:
    if first:
        go_first()
    _ask(door, host, path)
    line.send("begun")
    seen, milliseconds = [], []
    while not line.poll(pause):
        began = time.perf_counter()
        status = _ask(door, host, path)
        ended = time.perf_counter()
        seen.append((ended, status))
        milliseconds.append((ended - began) * 1000)
    line.send((seen, milliseconds))


def _ask(door: Door, host: str, path: str) -> int:
    try:
        return visit.get(door, host, path).status
    except TemporaryError:
        return 0
