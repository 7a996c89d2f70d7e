"""The figures of the service: how many, how fast, where they wait. Each is counted by the filter of the list it links
to, so that figure and list cannot differ. Constant number of queries, however many cases.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Aggregate, Count, FloatField, Min, QuerySet
from django.db.models.functions import TruncMonth

from panggon.cases import selectors
from panggon.cases.filters import HELD_BY, Days, Filter, Moments, Timing
from panggon.cases.models import Case
from panggon.core.cases.procedure import Role, State, waits_for
from panggon.labels import ROLE_LABELS, STATE_LABELS
from panggon.people.models import User

AGENCIES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Figure:
    """So many cases, and which ones."""

    count: int
    meant: Filter


@dataclass(frozen=True, slots=True)
class Served:
    """Handed over in a time: how many, how many of them within the standard, and the working time that it took."""

    all: Figure
    within: Figure
    beyond: Figure
    median_seconds: float | None
    ninth_decile_seconds: float | None

    @property
    def percent_within(self) -> int | None:
        return round(100 * self.within.count / self.all.count) if self.all.count else None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits at one place now; `since` is when the oldest of it came there."""

    words: str
    all: Figure
    late: Figure
    since: datetime


@dataclass(frozen=True, slots=True)
class Month:
    first: date
    received: Figure
    served: Figure
    within: Figure


@dataclass(frozen=True, slots=True)
class OfAgency:
    name: str
    received: Figure
    served: Served


@dataclass(frozen=True, slots=True)
class Report:
    """`received` to `agencies` are of the days of the report, the rest is as it stands now."""

    received: Figure
    served: Served
    withdrawn: Figure
    refused: Figure
    months: list[Month]
    agencies: list[OfAgency]
    open: Figure
    late: Figure
    soon: Figure
    by_state: list[Waiting]
    by_holder: list[Waiting]


class Percentile(Aggregate):
    """PostgreSQL's percentile_cont: between two values the one in the middle of the way."""

    function = "percentile_cont"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


MEDIAN = Percentile("working_seconds", fraction=0.5)
NINTH_DECILE = Percentile("working_seconds", fraction=0.9)


def report_for(user: User, days: Days, *, division: int | None, now: datetime) -> Report:
    """Of what this person may see; of one division when it is named."""
    figures = _Figures(
        selectors.visible_to(user, now=now).select_related(None).order_by(), Filter(division=division), now
    )
    return figures.report(days)


class _Figures:
    """Counts among the cases that one report is about."""

    def __init__(self, cases: QuerySet[Case], scope: Filter, now: datetime) -> None:
        self._cases, self._scope = cases, scope
        self._moments: Moments = selectors.moments_at(now)

    def report(self, days: Days) -> Report:
        waiting = self._waiting()
        months = self._months(days)
        ends = self._ends(days)
        return Report(
            received=Figure(sum(month.received.count for month in months), self._meant(sent=days)),
            served=self._served(self._rows(standing="diserahkan", stopped=days), stopped=days),
            withdrawn=Figure(ends.get(State.WITHDRAWN, 0), self._meant(standing=State.WITHDRAWN.value, stopped=days)),
            refused=Figure(ends.get(State.REFUSED, 0), self._meant(standing=State.REFUSED.value, stopped=days)),
            months=months,
            agencies=self._agencies(days),
            open=Figure(_total(waiting, "count"), self._meant(standing="berjalan")),
            late=Figure(_total(waiting, "late"), self._meant(timing=Timing.LATE)),
            soon=Figure(_total(waiting, "soon"), self._meant(timing=Timing.SOON)),
            by_state=self._by_state(waiting),
            by_holder=self._by_holder(waiting),
        )

    def _meant(self, **narrowed: Any) -> Filter:
        return replace(self._scope, **narrowed)

    def _rows(self, **narrowed: Any) -> QuerySet[Case]:
        return self._cases.filter(self._meant(**narrowed).condition(self._moments))

    def _count(self, **narrowed: Any) -> Count:
        return Count("pk", filter=self._meant(**narrowed).condition(self._moments))

    def _waiting(self) -> list[dict[str, Any]]:
        """Everything that is under way, by its state, technician and division."""
        groups = self._rows(standing="berjalan").values(
            "state", "technician_id", "technician__full_name", "division_id", "division__name"
        )
        counted = groups.annotate(
            count=Count("pk"),
            late=self._count(timing=Timing.LATE),
            soon=self._count(timing=Timing.SOON),
            since=Min("state_since"),
        )
        return [dict(row) for row in counted]

    def _by_state(self, groups: list[dict[str, Any]]) -> list[Waiting]:
        return [
            self._place(STATE_LABELS[state].text, found, standing=state.value)
            for state in State
            if (found := [group for group in groups if group["state"] == state])
        ]

    def _by_holder(self, groups: list[dict[str, Any]]) -> list[Waiting]:
        """By person where it is one person's; the head of a division by the division."""
        places: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
        for group in groups:
            places.setdefault(_holder(group), []).append(group)
        found = [
            self._place(words, rows, standing=HELD_BY[role], **whose)
            for (role, words, *items), rows in places.items()
            for whose in [dict(items)]
        ]
        return sorted(found, key=lambda place: (-place.late.count, -place.all.count, place.words))

    def _place(self, words: str, groups: list[dict[str, Any]], **narrowed: Any) -> Waiting:
        return Waiting(
            words=words,
            all=Figure(_total(groups, "count"), self._meant(**narrowed)),
            late=Figure(_total(groups, "late"), self._meant(**narrowed, timing=Timing.LATE)),
            since=min(group["since"] for group in groups),
        )

    def _ends(self, days: Days) -> dict[str, int]:
        ended = self._rows(stopped=days).filter(state__in=(State.WITHDRAWN, State.REFUSED))
        return dict(ended.values_list("state").annotate(Count("pk")))

    def _served(self, rows: QuerySet[Case], **narrowed: Any) -> Served:
        return self._served_of(rows.aggregate(**self._service()), **narrowed)

    def _service(self) -> dict[str, Aggregate]:
        within, beyond = self._count(timing=Timing.WITHIN), self._count(timing=Timing.BEYOND)
        return {"all": Count("pk"), "within": within, "beyond": beyond, "median": MEDIAN, "decile": NINTH_DECILE}

    def _served_of(self, row: dict[str, Any], **narrowed: Any) -> Served:
        return Served(
            all=Figure(row.get("all", 0), self._meant(**narrowed, standing="diserahkan")),
            within=Figure(row.get("within", 0), self._meant(**narrowed, timing=Timing.WITHIN)),
            beyond=Figure(row.get("beyond", 0), self._meant(**narrowed, timing=Timing.BEYOND)),
            median_seconds=row.get("median"),
            ninth_decile_seconds=row.get("decile"),
        )

    def _months(self, days: Days) -> list[Month]:
        """Every month of the days, also one in which nothing happened."""
        received = self._by_month("submitted_at", self._rows(sent=days), count=Count("pk"))
        served = self._by_month(
            "stopped_at",
            self._rows(standing="diserahkan", stopped=days),
            count=Count("pk"),
            within=self._count(timing=Timing.WITHIN),
        )
        return [
            Month(
                first=part.first,
                received=Figure(received.get(_key(part.first), {}).get("count", 0), self._meant(sent=part)),
                served=Figure(
                    served.get(_key(part.first), {}).get("count", 0),
                    self._meant(standing="diserahkan", stopped=part),
                ),
                within=Figure(
                    served.get(_key(part.first), {}).get("within", 0), self._meant(timing=Timing.WITHIN, stopped=part)
                ),
            )
            for part in months_of(days)
            if part.first
        ]

    def _by_month(self, column: str, rows: QuerySet[Case], **counts: Aggregate) -> dict[tuple[int, int], Any]:
        month = TruncMonth(column, tzinfo=ZoneInfo(settings.TIME_ZONE))
        return {_key(row["month"]): row for row in rows.values(month=month).annotate(**counts)}

    def _agencies(self, days: Days) -> list[OfAgency]:
        """Those that sent most."""
        names = ("agency__name", "agency__short_name")
        most = list(
            self._rows(sent=days).values_list(*names).annotate(n=Count("pk")).order_by("-n", *names)[:AGENCIES_SHOWN]
        )
        rows = self._rows(standing="diserahkan", stopped=days)
        served = rows.filter(agency__short_name__in=[short for _, short, _ in most]).values("agency__short_name")
        by_name = {row["agency__short_name"]: row for row in served.annotate(**self._service())}
        return [
            OfAgency(
                name,
                Figure(count, self._meant(agency=short, sent=days)),
                self._served_of(dict(by_name.get(short, {})), agency=short, stopped=days),
            )
            for name, short, count in most
        ]


def months_of(days: Days) -> list[Days]:
    """The days cut at the ends of months. Both ends are given."""
    parts: list[Days] = []
    first, last = days.first, days.last
    while first and last and first <= last:
        following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        end = min(last, date.fromordinal(following.toordinal() - 1))
        parts.append(Days(first, end))
        first = following
    return parts


def _holder(group: dict[str, Any]) -> tuple[Any, ...]:
    """Role, words, and what else narrows the list to what is in these hands."""
    role = waits_for(State(group["state"]))
    if role is Role.TECHNICIAN:
        return role, group["technician__full_name"], ("technician", group["technician_id"])
    if role is Role.DIVISION_HEAD:
        return role, f"Kepala {group['division__name']}", ("division", group["division_id"])
    return role, ROLE_LABELS[role] if role else ""


def _total(groups: Iterable[dict[str, Any]], name: str) -> int:
    return sum(group[name] for group in groups)


def _key(day: date) -> tuple[int, int]:
    return day.year, day.month
