"""Gives back to the disk what was deleted in full databases whose server does not do it by itself."""

import logging
import time
from dataclasses import dataclass, field
from threading import Event

from panggon.core.errors import PanggonError
from panggon.drivers.database import load_record
from panggon.node.daemons.going_on import going_on
from panggon.node.databases.watch import Watch

SECONDS, REST = 2.0, 20.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Compactor:
    """In a thread of its own: a table may take minutes, and a look at the sizes must not wait for it. Who took least
    the last time comes first, so that nobody waits for one who makes it long.
    """

    watch: Watch
    _took: dict[str, float] = field(default_factory=dict)
    _later: dict[str, float] = field(default_factory=dict)

    def run(self, over: Event) -> None:
        while not over.wait(SECONDS):
            with going_on(log, "compacting"):
                self.step()

    def step(self) -> None:
        began = time.monotonic()
        ready = [site for site in list(self.watch.full) if self._later.get(site, 0.0) <= began]
        if not ready:
            return
        site = min(ready, key=lambda each: self._took.get(each, 0.0))
        record = load_record(self.watch.sites / site)
        if record and not record.locked:  # in a closed one nothing is moved
            self.watch.compacting = site
            try:
                self.watch.servers[record.engine].compact(site)
            except PanggonError as error:
                log.warning("%s: %s", site, error)
            finally:
                self.watch.compacting = ""
        self._took[site] = time.monotonic() - began
        self._later[site] = time.monotonic() + max(SECONDS, REST * self._took[site])
