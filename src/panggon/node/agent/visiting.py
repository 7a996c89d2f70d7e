"""Visits each open site about once an hour as a stranger would (less often where there are very many), and tells the
portal which answered: what is known of their availability. It tells what each stores, too, and looks which are full
(these more often, because their people wait for it to be over) and what of their `.htaccess` has no effect.

A visit that this machine could not make (at fault itself, away, or at work on the site) is none. What the portal cannot
be told is kept a while.
"""

import logging
import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Protocol

from panggon.core.errors import PanggonError, PermanentError
from panggon.core.sites.spec import SiteSpec, SiteState
from panggon.drivers.nginx.visit import Visited
from panggon.node.agent.client import Portal
from panggon.node.agent.filled import Filled
from panggon.node.agent.unread import Unread
from panggon.node.clock import now
from panggon.node.daemons.going_on import going_on
from panggon.node.sites import Sites
from panggon.node.sockets.quota.usage import usage_of

PASS_SECONDS = 3600.0
VISIT_SECONDS = 2.5  # not more often, however many sites: a visit takes some 5 ms of a processor
TURN_SECONDS = 30.0
AGAIN_SECONDS = 5.0  # who does not answer is asked once more
AT_ONCE = 4  # so that some that hang hold up few others
WAKE_EVERY = 24 * 3600.0  # programs that sleep: each hour would keep many of some thousand sites awake for nobody
COUNT_EVERY = 24 * 3600.0  # where files have to be counted one by one
FULL_AT_ONCE = 20  # of those that were full the last time
KEPT_MOST = 20_000
ROWS_MOST = 500
MEBIBYTE = 1024 * 1024

log = logging.getLogger(__name__)


class Outside(Protocol):
    """Who looks at sites as their visitors do (`wiring.Outside`)."""

    def visited(self, spec: SiteSpec, *, wakes: bool) -> Visited:
        """`wakes`: its programs too, should they sleep. Raises PanggonError when that could not be asked."""
        ...

    def used(self, spec: SiteSpec) -> int | None:
        """Bytes that the site stores; None where nobody keeps count."""
        ...

    def is_full(self, spec: SiteSpec) -> bool:
        """Whether its file system lets it store no more."""
        ...


@dataclass(frozen=True, slots=True)
class Visit:
    site: str
    at: datetime
    found: Visited
    mebibytes: int | None  # that the site stores, where it was looked at

    def document(self) -> dict[str, object]:
        return {
            "site": self.site,
            "at": self.at.isoformat(),
            "answered": self.found.answered,
            "mebibytes": self.mebibytes,
            "certificate_until": self.found.certificate_until and self.found.certificate_until.isoformat(),
        }


@dataclass(slots=True)
class Visits:
    sites: Sites
    portal: Portal
    outside: Outside
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    waiting: "deque[Visit]" = field(default_factory=lambda: deque(maxlen=KEPT_MOST))
    _pass: list[str] = field(default_factory=list)
    _in_pass: int = 0
    _owed: float = 0.0
    _woken: dict[str, float] = field(default_factory=dict)
    _counted: dict[str, float] = field(default_factory=dict)
    filled: Filled = field(init=False)
    unread: Unread = field(init=False)

    def __post_init__(self) -> None:
        self.filled = Filled(self.sites.config, self.outside.is_full)
        self.unread = Unread(self.sites, self.clock)

    def watch(self) -> None:
        """For ever, beside the wishes."""
        began = self.clock()
        while True:
            self.sleep(TURN_SECONDS)
            elapsed, began = self.clock() - began, self.clock()
            with going_on(log, "visits are told later", expected=logging.INFO):
                self.turn(elapsed=elapsed)
                self.tell()

    def turn(self, *, elapsed: float) -> None:
        """As many visits as `elapsed` seconds are worth, in an order that is another one in each pass."""
        specs = {site: spec for site in self._due(elapsed) if (spec := self._open(site))}
        self._look_inside(specs)
        waking = frozenset(filter(self._is_to_wake, specs))
        found = self._ask_all(specs, waking)
        silent = {site: specs[site] for site, each in found.items() if each and not each.answered}
        if silent:
            self.sleep(AGAIN_SECONDS)
            found |= self._ask_all(silent, waking)
        for site, each in found.items():
            # One that was changed meanwhile was worked on.
            if each and self._open(site) == specs[site]:
                self.waiting.append(Visit(site, now(), each, self._used(specs[site])))

    def _look_inside(self, specs: Mapping[str, SiteSpec]) -> None:
        full = tuple(self.filled)
        for site in random.sample(full, min(FULL_AT_ONCE, len(full))):
            if spec := self._open(site):
                self.filled.look(spec)
            else:
                self.filled.forget(site)
        for spec in specs.values():
            self.filled.look(spec)
            self.unread.look(spec)

    def tell(self) -> None:
        """Raises TemporaryError of the portal; then the same is told again the next time, and counts once there. What
        it will never take is lost.
        """
        while self.waiting:
            rows = list(islice(self.waiting, ROWS_MOST))
            try:
                self.portal.visits(row.document() for row in rows)
            except PermanentError as error:
                log.warning("%s visits are not counted: %s", len(rows), error)
            for _ in rows:
                self.waiting.popleft()

    def _due(self, elapsed: float) -> Iterable[str]:
        if not self._pass:
            known = self.sites.recorded.known()  # once: another one may be made at this moment
            self._pass = random.sample(known, len(known))
            self._in_pass = len(self._pass)
        seconds = max(PASS_SECONDS, self._in_pass * VISIT_SECONDS)
        self._owed += self._in_pass * min(1.0, elapsed / seconds)
        count = int(self._owed)
        self._owed -= count
        turn, self._pass = self._pass[:count], self._pass[count:]
        return turn

    def _open(self, site: str) -> SiteSpec | None:
        """None for one that nobody is to reach, that is being worked on, or whose doors may be shut already."""
        try:
            spec = self.sites.applied(site) if self.sites.is_left_alone(site) else None
        except PanggonError:
            return None
        return spec if spec and spec.state is SiteState.OPEN else None

    def _is_to_wake(self, site: str) -> bool:
        """Once a day, each at a time of its own."""
        woken = self._woken.setdefault(site, self.clock() - random.uniform(0, WAKE_EVERY))  # noqa: S311
        if self.clock() - woken < WAKE_EVERY:
            return False
        self._woken[site] = self.clock()
        return True

    def _ask_all(self, specs: Mapping[str, SiteSpec], waking: Set[str]) -> dict[str, Visited | None]:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return dict(zip(specs, pool.map(partial(self._ask, waking=waking), specs.values()), strict=True))

    def _ask(self, spec: SiteSpec, *, waking: Set[str]) -> Visited | None:
        """None when it could not be asked."""
        try:
            return self.outside.visited(spec, wakes=spec.site in waking)
        except (OSError, PanggonError) as error:
            log.info("%s could not be visited: %s", spec.site, error)
        except Exception:  # what one site answers costs no other its visit
            log.exception("%s could not be visited", spec.site)
        return None

    def _used(self, spec: SiteSpec) -> int | None:
        try:
            used = self.outside.used(spec)
            if used is None and self.clock() - self._counted.get(spec.site, -COUNT_EVERY) >= COUNT_EVERY:
                self._counted[spec.site] = self.clock()
                place = self.sites.config.paths.root / "sites" / spec.site
                counted = usage_of(place, files_most=spec.limits.files)
                used = counted.size if counted else None
        except (OSError, PanggonError) as error:
            log.info("what %s stores could not be counted: %s", spec.site, error)
            return None
        return None if used is None else used // MEBIBYTE
