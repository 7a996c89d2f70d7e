"""What happens to the visitors of other sites while sites are made, changed and removed."""

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from bench.machine import Machine, spec
from bench.watching import Watcher
from panggon.core.errors import TemporaryError
from panggon.drivers.nginx import visit

# The slowest of few requests is no measure for the slowest of thousands.
QUIET_SECONDS, SLOW_SECONDS = 30.0, 15
STATIC, PHP = "/halaman.html", "/"
SLOW_PAGE = f"<?php sleep({SLOW_SECONDS}); echo 'utuh';"


@dataclass(frozen=True)
class Others:
    """Milliseconds beyond what a quiet machine shows, of the static and of the PHP neighbour the worse; `slow_whole`:
    requests of 15 s on a third site, one after the other, were all answered as if nothing had been.
    """

    asked: int
    failed: int
    slower: float
    slower_p99: float
    slow_whole: bool


@contextmanager
def others(machine: Machine) -> Iterator[list[Others]]:
    """Watches the machine's first sites during the block; what was seen is in the list after it."""
    found: list[Others] = []
    quiet = _watchers(machine)
    with quiet[0], quiet[1]:
        time.sleep(QUIET_SECONDS)
    slow = _Slow(machine)
    slow.start()
    meanwhile = _watchers(machine)
    with meanwhile[0], meanwhile[1]:
        yield found
        slow.end()
    pairs = list(zip(meanwhile, quiet, strict=True))
    found.append(
        Others(
            asked=sum(len(watcher.seen) for watcher in meanwhile),
            failed=sum(watcher.failed for watcher in meanwhile),
            slower=max(busy.longest - calm.longest for busy, calm in pairs),
            slower_p99=max(_p99(busy) - _p99(calm) for busy, calm in pairs),
            slow_whole=slow.whole,
        )
    )


class _Slow(threading.Thread):
    def __init__(self, machine: Machine) -> None:
        super().__init__()
        site = spec(1)
        (machine.config.paths.root / "sites" / site.site / "public" / "lambat.php").write_text(SLOW_PAGE)
        self._door, self._host = replace(machine.door, seconds=3.0 * SLOW_SECONDS), site.host
        self._over = threading.Event()
        self.whole = True

    def run(self) -> None:
        while self.whole and not self._over.is_set():
            try:
                answer = visit.get(self._door, self._host, "/lambat.php")
            except TemporaryError:
                self.whole = False
                return
            self.whole = (answer.status, answer.body) == (200, b"utuh")

    def end(self) -> None:
        self._over.set()
        self.join()


def _watchers(machine: Machine) -> tuple[Watcher, Watcher]:
    return Watcher(machine.door, spec(0).host, STATIC), Watcher(machine.door, spec(2).host, PHP)


def _p99(watcher: Watcher) -> float:
    return statistics.quantiles(watcher.milliseconds, n=100)[-1]
