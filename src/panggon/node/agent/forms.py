"""Brings what older code has left to today's form, without a person: what was approved means more now than then.

Beside the wishes, some sites between any two; what cannot be done now is done at the next start.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from panggon.core.errors import PanggonError
from panggon.core.node.planning.desired import CLOSED
from panggon.core.node.planning.journal import Word
from panggon.node import runs
from panggon.node.sites import Sites
from panggon.node.state import records

# 1: the databases of closed sites are locked.
FORM = 1
SITES_AT_ONCE = 100  # are looked at; most need nothing

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Forms:
    """`form.json` in `state` says which form all sites have."""

    sites: Sites
    _waiting: list[str] | None = field(default=None)
    _left: bool = False

    def go_on(self) -> Iterator[str]:
        """Some sites more: each that was changed."""
        if self._waiting is None:
            self._waiting = [] if self._is_today() else list(self.sites.recorded.known())
        elif not self._waiting:
            return
        turn, self._waiting = self._waiting[:SITES_AT_ONCE], self._waiting[SITES_AT_ONCE:]
        yield from filter(self._renewed, turn)
        if not self._waiting and not self._left and not self._is_today():
            records.save(self._path, FORM)

    def _renewed(self, site: str) -> bool:
        try:
            spec = self.sites.applied(site)
            if spec is None or spec.state not in CLOSED or spec.database is None:
                return False
            plan = self.sites.drift_of(site)
            if plan is None or not plan.only_locks:
                return False
            outcome = runs.apply(self.sites, plan)
        except PanggonError as error:
            log.warning("%s keeps its older form for now: %s", site, error)
            self._left = True
            return False
        log.info("%s has today's form: %s", site, outcome.word)
        self._left = self._left or outcome.word is not Word.APPLIED
        return True

    def _is_today(self) -> bool:
        return records.known(self._path, int, otherwise=0) >= FORM

    @property
    def _path(self) -> Path:
        return self.sites.config.paths.state / "form.json"
