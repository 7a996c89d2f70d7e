"""What sites store while none of their programs answers requests: static sites, and those that sleep.

Their owners come in over SFTP, their tasks run, their databases are copied: a site that has any process, or is full, is
counted at once. All others are counted in turn and slowly: where nothing runs, nothing grows.
"""

import os
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from panggon.core.errors import PanggonError
from panggon.core.sites.spec import SITE_ID, SITES_MOST
from panggon.drivers.file_systems import storage
from panggon.node.sockets.quota.full import Full
from panggon.node.sockets.quota.limit import limit_of
from panggon.node.sockets.quota.usage import Excess, Meter
from panggon.node.sockets.sandboxes import sandbox
from panggon.node.sockets.sandboxes.sandbox import Machine

# Of one processor: for what is counted at once, and for the slow pass over all.
BUSY_SHARE, SLOW_SHARE = 0.004, 0.001
# At a time; nobody who waits for a site to wake may notice.
SECONDS_MOST = 0.01


def meter(machine: Machine, site: str, *, known: Excess, quiet: bool = False) -> Meter | None:
    """None where nothing is bounded. `quiet`: it has no programs that could hold anything. Errors as `limit_of`."""
    limit = limit_of(machine.settings, site)
    programs = tuple if quiet else partial(sandbox.running, machine, site)
    return Meter(machine.settings.site(site), limit, programs, known) if limit else None


@dataclass(frozen=True, slots=True)
class _Count:
    """`quiet`: no process of the site ran when it began."""

    site: str
    meter: Meter
    quiet: bool


class Asleep:
    """`awake`: whether the site's own programs run; then it is counted with them (`Site.count`)."""

    def __init__(self, machine: Machine, full: Full, awake: Callable[[str], bool]) -> None:
        self._machine = machine
        self._full = full
        self._awake = awake
        self._busy: deque[_Count] = deque()
        self._slow: deque[str] = deque()
        self._current: _Count | None = None
        self._looked = time.monotonic()

    def look(self) -> None:
        """For as long as the time since the last look is worth."""
        elapsed = time.monotonic() - self._looked
        self._looked = time.monotonic()
        self._attend_to_busy()
        self._count_busy(time.monotonic() + min(SECONDS_MOST, elapsed * BUSY_SHARE))
        self._count_slowly(time.monotonic() + min(SECONDS_MOST, elapsed * SLOW_SHARE))

    def _attend_to_busy(self) -> None:
        attended = {count.site for count in self._busy}
        for site in (self._running() | set(self._full)) - attended:
            self._begin_busy(site)

    def _count_busy(self, until: float) -> None:
        """Each in turn, so that a large one holds up no other."""
        for _ in range(len(self._busy)):
            count = self._busy.popleft()
            excess = self._counted(count, until)
            if excess is None:
                self._busy.append(count)
            elif excess or not count.quiet:
                self._begin_busy(count.site)
            if time.monotonic() >= until:
                return

    def _count_slowly(self, until: float) -> None:
        self._slow = self._slow or deque(sorted(filter(SITE_ID.fullmatch, os.listdir(self._sites))))  # noqa: PTH208
        while (self._current or self._slow) and time.monotonic() < until:
            count = self._current or self._begin(self._slow.popleft())
            done = count is None or self._counted(count, until) is not None
            self._current = None if done else count

    def _begin_busy(self, site: str) -> None:
        if count := self._begin(site):
            self._busy.append(count)

    def _begin(self, site: str) -> _Count | None:
        """None for what somebody else counts, or nobody has to."""
        with suppress(OSError, ValueError, KeyError, PanggonError):  # it is being made, or removed
            if storage.is_bounded(self._sites / site) or self._awake(site):
                return None
            quiet = site not in self._running()  # one that starts meanwhile has a count of its own begun
            found = meter(self._machine, site, known=self._full.of(site), quiet=quiet)
            return _Count(site, found, quiet) if found else None
        return None

    def _counted(self, count: _Count, until: float) -> Excess | None:
        """What was found when the pass is complete; NOTHING too for a site that is awake by now, or gone."""
        if self._awake(count.site):
            return Excess.NOTHING
        with suppress(OSError, PanggonError):
            excess = count.meter.count(until, time.monotonic)
            if excess is not None and excess is not self._full.of(count.site):
                self._full.set(count.site, excess)
                if excess:
                    sandbox.end_others(self._machine, count.site, but=None)
            return excess
        return Excess.NOTHING

    def _running(self) -> frozenset[str]:
        """Sites that have any process."""
        base = self._machine.settings.uid_base
        numbers = (uid - base for uid in self._machine.users.running())
        return frozenset(f"s{number:06}" for number in numbers if 0 < number <= SITES_MOST)

    @property
    def _sites(self) -> Path:
        return self._machine.settings.root / "sites"
