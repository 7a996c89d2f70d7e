"""How soon everybody has a suspended, resumed or renamed site, and what becomes of the requests that run meanwhile."""

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from bench.machine import Machine
from bench.watching import Watcher
from panggon.core.errors import TemporaryError
from panggon.core.sites.spec import SiteSpec, SiteState
from panggon.drivers.nginx import visit

# Of the first round; the others need not take so long to show the same.
LONGEST, USUAL = 15.0, 2.0
# So long it is looked on, should somebody fall back.
AFTER_SECONDS = 0.3
BODY = b"x" * 200_000
# Not one sleep: the signal by which php-fpm is asked to end would cut it short.
SLOW_PAGE = "<?php $end = microtime(true) + $_GET['s']; while (microtime(true) < $end) usleep(50000); echo 'utuh';"
UPLOAD_PAGE = "<?php echo strlen(file_get_contents('php://input'));"


@dataclass(frozen=True)
class Flips:
    """Seconds until no worker gives the former answer any more, of each sample; `lost` requests of `under_way` that ran
    on the site when it was suspended or renamed; `strange` answers that were neither the former nor the new one.
    """

    suspend: list[float]
    resume: list[float]
    rename: list[float]
    under_way: int
    lost: int
    strange: list[int]

    @property
    def by_name(self) -> dict[str, list[float]]:
        return {"suspend": self.suspend, "resume": self.resume, "rename": self.rename}

    def words(self) -> str:
        each = (
            f"{name} {1000 * statistics.median(times):.0f} ms (worst {1000 * max(times):.0f})"
            for name, times in self.by_name.items()
        )
        lost = f"requests that ran meanwhile: {self.lost} of {self.under_way} lost (0)"
        return f"{', '.join(each)}; {lost}; {len(self.strange)} answers were neither (0)"


def flips(machine: Machine, site: SiteSpec, samples: int) -> Flips:
    machine.make(site)
    machine.put_pages(site)
    public = machine.config.paths.root / "sites" / site.site / "public"
    (public / "lambat.php").write_text(SLOW_PAGE)
    (public / "terima.php").write_text(UPLOAD_PAGE)
    found, whole = Flips([], [], [], 0, 0, []), list[bool]()
    names = (site.host, site.host.replace("situs", "baru"))
    for number in range(samples):
        old, new = names[number % 2], names[(number + 1) % 2]
        seconds, generation = USUAL if number else LONGEST, 4 * number + 2
        now = replace(site, host=old, former_hosts=(new,) if number else ())
        with _under_way(machine, old, seconds) as results:
            suspended = replace(now, state=SiteState.SUSPENDED, generation=generation)
            found.suspend.append(_flip(machine, suspended, old, 200, 503, found.strange))
        whole += results
        resumed = replace(now, generation=generation + 1)
        found.resume.append(_flip(machine, resumed, old, 503, 200, found.strange))
        with _under_way(machine, old, seconds) as results:
            renamed = replace(now, host=new, former_hosts=(old,), generation=generation + 2)
            found.rename.append(_flip(machine, renamed, old, 200, 308, found.strange))
        whole += results
    machine.make(replace(renamed, state=SiteState.PARKED, generation=renamed.generation + 1))
    return replace(found, under_way=len(whole), lost=whole.count(False))


def _flip(machine: Machine, wished: SiteSpec, host: str, former: int, new: int, strange: list[int]) -> float:
    # It asks without rest; the visitors of other sites, whom `others` watches, do not wait for what it computes.
    with Watcher(machine.door, host, "/halaman.html", pause=0.002, first=False) as watcher:
        time.sleep(0.1)
        began = time.perf_counter()
        machine.make(wished)
        time.sleep(AFTER_SECONDS)
    strange += [status for _, status in watcher.seen if status not in (former, new)]
    return max(began, *(end for end, status in watcher.seen if status != new)) - began


@contextmanager
def _under_way(machine: Machine, host: str, seconds: float) -> Iterator[list[bool]]:
    """A slow page and a slow upload that are asked for before the block and end after it began; whether each was
    answered whole stands in the list once the block is over.
    """
    door, results = replace(machine.door, seconds=3 * seconds + 60), list[bool]()
    asked = (lambda: _page(door, host, seconds), lambda: _upload(door, host, seconds))
    threads = [threading.Thread(target=lambda ask=ask: results.append(ask())) for ask in asked]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    yield results
    for thread in threads:
        thread.join()


def _page(door: visit.Door, host: str, seconds: float) -> bool:
    try:
        answer = visit.get(door, host, f"/lambat.php?s={seconds}")
    except TemporaryError:
        return False
    return (answer.status, answer.body) == (200, b"utuh")


def _upload(door: visit.Door, host: str, seconds: float) -> bool:
    head = f"POST /terima.php HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(BODY)}\r\nConnection: close\r\n\r\n"
    half, received = len(BODY) // 2, b""
    try:
        with visit.connected(door, host) as tls:
            tls.sendall(head.encode() + BODY[:half])
            time.sleep(seconds)
            tls.sendall(BODY[half:])
            while part := tls.recv(65536):
                received += part
    except OSError:
        return False
    return received.startswith(b"HTTP/1.1 200") and str(len(BODY)).encode() in received
