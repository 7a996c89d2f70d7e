"""Keeps `core.node.parking` on this machine: one file of root's, which survives restarts of agent and machine."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from panggon.core.node import parking
from panggon.core.node.parking import Since, Uptime
from panggon.drivers.system import turns
from panggon.node.state import records

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# What a machine that stops without a word may lose of what it has seen.
SAVED_SECONDS = 3600.0


def uptime() -> Uptime:
    return Uptime(BOOT_ID.read_text().strip(), time.clock_gettime(time.CLOCK_BOOTTIME))


@dataclass(frozen=True, slots=True)
class Parked:
    """`path` is the file. Sites are named with their record: a number that is another one for another record."""

    path: Path
    uptime: Callable[[], Uptime]

    def note(self, sites: Mapping[str, int]) -> None:
        """Of all that are parked; to be said at least every hour. Raises the errors of `records.save`."""
        with self._in_turn():
            self._note(self._load(), sites)

    def begin(self, site: str, record: int) -> None:
        """One more, or one that is known already. Errors as `note`."""
        with self._in_turn():
            former = self._load()
            self._note(former, {**{each: since.record for each, since in former.sites.items()}, site: record})

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Agent and command line park sites, several at once: without a lock one would take away what the other is just
        writing.
        """
        with turns.taken(self.path.with_suffix(".turn")):
            yield

    def _note(self, former: parking.Parked, sites: Mapping[str, int]) -> None:
        found = parking.with_sites(parking.onward(former, self.uptime()), sites)
        if found.sites != former.sites or found.seconds - former.seconds > SAVED_SECONDS:
            self._save(found)

    def waited(self, site: str, record: int) -> timedelta:
        """How long this machine has seen the site parked."""
        return parking.waited(parking.onward(self._load(), self.uptime()), site, record)

    def _load(self) -> parking.Parked:
        """Where that is damaged, nobody knows how long any site is parked: all of them wait anew."""
        return records.known(self.path, _parked, otherwise=parking.Parked(self.uptime()))

    def _save(self, found: parking.Parked) -> None:
        records.save(self.path, asdict(found))


def _parked(row: Any) -> parking.Parked:
    sites = {site: Since(int(since["record"]), float(since["seconds"])) for site, since in row["sites"].items()}
    return parking.Parked(
        Uptime(str(row["uptime"]["boot"]), float(row["uptime"]["seconds"])), float(row["seconds"]), sites
    )
