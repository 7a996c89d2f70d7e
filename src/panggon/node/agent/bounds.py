"""Keeps the bounds of `core.bounds` on this machine: what the portal had done in a day, and the word given here."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from panggon.core import bounds
from panggon.core.bounds import Counted
from panggon.core.errors import PermanentError
from panggon.core.plan import Plan
from panggon.drivers import files
from panggon.node import records
from panggon.node.sites import Sites


class Measure(StrEnum):
    """What is bounded: sites that were changed, and names that are new."""

    CHANGED = "changed"
    MADE = "made"


_LEAST: Mapping[Measure, int] = {Measure.CHANGED: bounds.LEAST, Measure.MADE: bounds.LEAST_NAMES}
_SENTENCES: Mapping[Measure, str] = {
    Measure.CHANGED: "dalam 24 jam sudah {done} situs diubah dan batas mesin ini {most}; "
    "bila memang dimaksud, jalankan di mesin ini: panggon-node allow JUMLAH, lalu ulangi",
    Measure.MADE: "dalam 24 jam sudah {done} nama situs baru dibuat dan batas mesin ini {most}; "
    "bila memang dimaksud, jalankan di mesin ini: panggon-node allow --new JUMLAH, lalu ulangi",
}


@dataclass(frozen=True, slots=True)
class Bounds:
    """In `state`, root's: `counted-*.json`, `allowed-*.json`, and in `let_in/` a mark of each site that somebody was
    once let into.
    """

    sites: Sites

    def admit(self, plan: Plan, *, now: datetime) -> None:
        """Count the plan, which the portal asked for, or refuse it. Raises PermanentError `node.bound`."""
        site = plan.spec.site
        mark = self._state / "let_in" / f"{site}.json"
        if bounds.is_new(plan):
            self._count(Measure.MADE, site, Counted(now, max(1, bounds.names(plan)), was_here=False))
            files.remove(mark)
        elif bounds.disturbs(plan, let_in=mark.exists()):
            self._count_names(plan, now=now)
            former = self._counted(Measure.CHANGED, now=now).get(site)
            was_here = former.was_here if former else self.sites.is_here(site)
            self._count(Measure.CHANGED, site, Counted(now, 1, was_here))
        if bounds.lets_in(plan) and not mark.exists():
            records.save(mark, {"at": now.isoformat()})

    def done(self, measure: Measure, *, now: datetime) -> int:
        """How much within 24 hours."""
        return _sum(self._counted(measure, now=now))

    def allow(self, measure: Measure, number: int, *, now: datetime) -> None:
        """For the next 24 hours so much may be done, what was done already included."""
        records.save(self._state / f"allowed-{measure}.json", {"number": number, "at": now.isoformat()})

    def allowed(self, measure: Measure, *, now: datetime) -> int:
        """What was allowed here, 0 for nothing."""
        path = self._state / f"allowed-{measure}.json"
        number, at = records.known(path, _allowed, otherwise=(0, now))
        return number if bounds.counts(at, now=now) else 0

    def _count_names(self, plan: Plan, *, now: datetime) -> None:
        """A site that is there may take new names too, each of them one of the city's domain."""
        if new := bounds.names(plan):
            former = self._counted(Measure.MADE, now=now).get(plan.spec.site, Counted(now, 0, was_here=True))
            self._count(Measure.MADE, plan.spec.site, Counted(now, former.number + new, former.was_here))

    def _count(self, measure: Measure, site: str, counted: Counted) -> None:
        before = self._counted(measure, now=counted.at)
        after = {**before, site: counted}
        most = max(_LEAST[measure], self.allowed(measure, now=counted.at))
        if _sum(after) > most:  # only then: looking at all sites takes its time
            most = max(most, bounds.most(self._sites_before(now=counted.at), least=_LEAST[measure]))
        if _sum(after) > most:
            raise PermanentError("node.bound", _SENTENCES[measure].format(done=_sum(before), most=most))
        rows = {each: {**asdict(found), "at": found.at.isoformat()} for each, found in after.items()}
        records.save(self._state / f"counted-{measure}.json", rows)

    def _sites_before(self, *, now: datetime) -> int:
        changed, made = (self._counted(measure, now=now) for measure in (Measure.CHANGED, Measure.MADE))
        new = {site for site, counted in made.items() if not counted.was_here}
        return bounds.sites_before(self.sites.here(), changed=changed, made=new)

    def _counted(self, measure: Measure, *, now: datetime) -> Mapping[str, Counted]:
        """By site, of the last 24 hours."""
        found = records.known(self._state / f"counted-{measure}.json", _counted, otherwise={})
        return {site: counted for site, counted in found.items() if bounds.counts(counted.at, now=now)}

    @property
    def _state(self) -> Path:
        return self.sites.config.paths.state


def _allowed(row: Any) -> tuple[int, datetime]:
    return int(row["number"]), datetime.fromisoformat(row["at"])


def _counted(rows: Any) -> Mapping[str, Counted]:
    return {
        site: Counted(datetime.fromisoformat(row["at"]), int(row["number"]), bool(row["was_here"]))
        for site, row in rows.items()
    }


def _sum(counted: Mapping[str, Counted]) -> int:
    return sum(each.number for each in counted.values())
