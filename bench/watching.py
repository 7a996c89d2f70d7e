"""A visitor who asks again and again, each time over a connection of their own, and notes what they get."""

import threading
import time
from types import TracebackType

from panggon.core.errors import TemporaryError
from panggon.drivers import visit
from panggon.drivers.visit import Door


class Watcher:
    """`seen` holds the end (perf_counter) and status of each request, 0 for none; `longest` is in milliseconds."""

    def __init__(self, door: Door, host: str, path: str, *, pause: float = 0.01) -> None:
        self._door, self._host, self._path, self._pause = door, host, path, pause
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.seen: list[tuple[float, int]] = []
        self.longest = 0.0

    @property
    def failed(self) -> int:
        return sum(status != 200 for _, status in self.seen)

    def __enter__(self) -> "Watcher":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.is_set():
            began = time.perf_counter()
            try:
                status = visit.get(self._door, self._host, self._path).status
            except TemporaryError:
                status = 0
            ended = time.perf_counter()
            self.seen.append((ended, status))
            self.longest = max(self.longest, (ended - began) * 1000)
            self._over.wait(self._pause)
