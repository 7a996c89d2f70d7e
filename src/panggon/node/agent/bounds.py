"""Keeps `core.node.planning.bounds` on this machine: what the portal had done in a day, and the word given here."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from panggon.core.errors import PermanentError
from panggon.core.node.planning import bounds
from panggon.core.node.planning.bounds import Counted
from panggon.core.node.planning.plan import Plan
from panggon.drivers.system import files
from panggon.node.daemons.lock import in_turn
from panggon.node.sites import Sites
from panggon.node.state import records


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
class Allowed:
    """The word given on this machine: up to `number`, of which `done` are done."""

    measure: Measure
    number: int
    done: int
    until: datetime


@dataclass(frozen=True, slots=True)
class DailyBounds:
    """In `state`, root's: `counted-*.json`, `allowed-*.json`, and in `let_in/` a mark of each site that somebody was
    once let into.
    """

    sites: Sites

    def admit(self, plan: Plan, *, now: datetime) -> None:
        """Count the plan, which the portal asked for, or refuse it. Raises PermanentError `node.bound`."""
        site = plan.spec.site
        mark = self._state / "let_in" / f"{site}.json"
        if bounds.is_new(plan):
            made = Counted(now, site, was_here=False)
            self._count({Measure.MADE: dict.fromkeys(bounds.names(plan) or {site}, made)}, now=now)
            files.remove(mark)
        elif bounds.disturbs(plan, let_in=mark.exists()):
            changed = Counted(now, site, self.sites.recorded.is_here(site))
            made = Counted(now, site, was_here=True)
            self._count(
                {Measure.CHANGED: {site: changed}, Measure.MADE: dict.fromkeys(bounds.names(plan), made)}, now=now
            )
        if bounds.lets_in(plan) and not mark.exists():
            records.save(mark, {"at": now.isoformat()})

    def done(self, measure: Measure, *, now: datetime) -> int:
        """How much within 24 hours."""
        return len(self._counted(measure, now=now))

    def allow(self, measure: Measure, number: int, *, now: datetime) -> None:
        """For the next 24 hours so much may be done, what was done already included."""
        records.save(self._allowed(measure), {"number": number, "at": now.isoformat()})

    def allow_nothing(self) -> None:
        """Every word is taken back: what the machine bounds by itself is left."""
        for measure in Measure:
            files.remove(self._allowed(measure))

    def allowed(self, *, now: datetime) -> tuple[Allowed, ...]:
        """The words that hold."""
        said = ((measure, *self._word(measure, now=now)) for measure in Measure)
        return tuple(
            Allowed(measure, number, self.done(measure, now=now), at + bounds.WITHIN)
            for measure, number, at in said
            if number
        )

    def _word(self, measure: Measure, *, now: datetime) -> tuple[int, datetime]:
        """What was allowed here and when, 0 for nothing."""
        number, at = records.known(self._allowed(measure), _allowed, otherwise=(0, now))
        return (number if bounds.counts(at, now=now) else 0), at

    def _allowed(self, measure: Measure) -> Path:
        return self._state / f"allowed-{measure}.json"

    def _count(self, added: Mapping[Measure, Mapping[str, Counted]], *, now: datetime) -> None:
        """All of it or, where one measure is full, none. The agent counts, and so does a list that somebody at the
        machine has carried out, several sites at a time.
        """
        with in_turn(self._state / "counted.lock"):
            self._count_alone(added, now=now)

    def _count_alone(self, added: Mapping[Measure, Mapping[str, Counted]], *, now: datetime) -> None:
        after = {measure: self._with(measure, counted, now=now) for measure, counted in added.items() if counted}
        for measure, rows in after.items():
            self._demand_room(measure, len(rows), now=now)
        for measure, rows in after.items():
            document = {key: {**asdict(counted), "at": counted.at.isoformat()} for key, counted in rows.items()}
            records.save(self._state / f"counted-{measure}.json", document)

    def _with(self, measure: Measure, added: Mapping[str, Counted], *, now: datetime) -> Mapping[str, Counted]:
        before = self._counted(measure, now=now)
        first = {key: replace(counted, was_here=before.get(key, counted).was_here) for key, counted in added.items()}
        return {**before, **first}

    def _demand_room(self, measure: Measure, number: int, *, now: datetime) -> None:
        most = max(_LEAST[measure], self._word(measure, now=now)[0])
        if number > most:  # only then: looking at all sites takes its time
            most = max(most, bounds.most(self._sites_before(now=now), least=_LEAST[measure]))
        if number > most:
            done = self.done(measure, now=now)
            raise PermanentError("node.bound", _SENTENCES[measure].format(done=done, most=most))

    def _sites_before(self, *, now: datetime) -> int:
        changed, made = (self._counted(measure, now=now) for measure in (Measure.CHANGED, Measure.MADE))
        new = {counted.site for counted in made.values() if not counted.was_here}
        return bounds.sites_before(self.sites.recorded.here(), changed=changed, made=new)

    def _counted(self, measure: Measure, *, now: datetime) -> Mapping[str, Counted]:
        """Of the last 24 hours, by site or by name."""
        found = records.known(self._state / f"counted-{measure}.json", _counted, otherwise={})
        return {key: counted for key, counted in found.items() if bounds.counts(counted.at, now=now)}

    @property
    def _state(self) -> Path:
        return self.sites.config.paths.state


def _allowed(row: Any) -> tuple[int, datetime]:
    return int(row["number"]), datetime.fromisoformat(row["at"])


def _counted(rows: Any) -> Mapping[str, Counted]:
    return {
        key: Counted(datetime.fromisoformat(row["at"]), str(row["site"]), bool(row["was_here"]))
        for key, row in rows.items()
    }
