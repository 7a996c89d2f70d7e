"""Looks after what people change by hand: every site once in a pass, a few at a time, so that nothing else waits."""

import logging
import math
import time
from dataclasses import dataclass, field

from panggon.core.errors import PanggonError
from panggon.core.node.planning.plan import Plan
from panggon.core.node.planning.resources import Key
from panggon.core.node.words import plan_words
from panggon.drivers.databases import mariadb
from panggon.node.agent import folders, strays
from panggon.node.sites import Sites

log = logging.getLogger(__name__)

PASS_SECONDS = 6 * 3600.0
LOOK_SECONDS = 10.0
MACHINE = "mesin"


@dataclass(slots=True)
class DriftWatch:
    """`found` is what is known now: by site, a sentence for each difference. Nothing here changes a site."""

    sites: Sites
    pass_seconds: float = PASS_SECONDS
    found: dict[str, tuple[str, ...]] = field(default_factory=dict)
    strays: tuple[Key, ...] = ()  # of no site
    folders: tuple[str, ...] = ()  # of all sites
    _waiting: list[str] = field(default_factory=list)
    _in_pass: int = 0

    def look(self, *, elapsed: float) -> bool:
        """Look at as many sites as `elapsed` seconds are worth, or at fewer where each takes long (a server that does
        not answer): wishes wait meanwhile. Whether something is found or gone since.
        """
        before = self.lines()
        turn, ends = self._turn(elapsed), time.monotonic() + LOOK_SECONDS
        with mariadb.lasting():
            while turn:
                self._look_at(turn.pop(0))
                if time.monotonic() > ends:
                    break
        self._waiting = [*turn, *self._waiting]
        return self.lines() != before

    def look_again(self, site: str) -> bool:
        """Look at a site with differences once more, out of its turn; whether others are found now, or none."""
        before = self.found.get(site)
        if before is None:
            return False
        self._look_at(site)
        return self.found.get(site) != before

    def lines(self) -> tuple[str, ...]:
        """Of what is no site's "mesin: sentence", then each difference of sites as "site: sentence"."""
        of_sites = (f"{site}: {words}" for site, each in sorted(self.found.items()) for words in each)
        return (*(f"{MACHINE}: {words}" for words in (*map(plan_words.stray, self.strays), *self.folders)), *of_sites)

    def _look_at(self, site: str) -> None:
        try:
            words = sentences(self.sites.drift_of(site))
        except PanggonError as error:
            words = (str(error),)
        self.found.pop(site, None)
        if words:
            self.found[site] = words

    def _look_at_the_machine(self) -> None:
        try:
            self.folders = folders.faults(self.sites.config)
            self.strays = strays.find(self.sites)
        except PanggonError as error:  # a full disk; what was found before stays
            log.warning("what no wish asked for cannot be looked for: %s", error)

    def _turn(self, elapsed: float) -> list[str]:
        if not self._waiting:
            self._waiting = list(self.sites.recorded.known())
            self._look_at_the_machine()
            self._in_pass = len(self._waiting)
            self.found = {site: words for site, words in self.found.items() if site in self._waiting}
        share = min(1.0, elapsed / self.pass_seconds)
        count = max(1, math.ceil(share * self._in_pass))
        turn, self._waiting = self._waiting[:count], self._waiting[count:]
        return turn


def sentences(plan: Plan | None) -> tuple[str, ...]:
    """What differs, in words; none where all is as it was applied."""
    return plan_words.differences(plan) if plan else ()
