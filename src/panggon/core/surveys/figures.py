"""What the service did in months, quarters and years, as figures that anybody may see.

How many is told as it is. How it went (in time or not, how long it took, what respondents answered) is told only of
groups of at least `SMALLEST`, so that nothing is said of one case and those who had it, not even to somebody who
subtracts one published figure from another.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import chain
from statistics import median

from panggon.core.surveys.survey import rounded

SMALLEST = 5
SECONDS = 3600  # in an hour
MONTHS, MONTHS_OF_A_QUARTER = 12, 3


class Span(StrEnum):
    MONTH = "bulan"
    QUARTER = "triwulan"
    YEAR = "tahun"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A year; one of its quarters (1 to 4), or one of its months (1 to 12), where that is not 0."""

    year: int
    quarter: int = 0
    month: int = 0

    @property
    def span(self) -> Span:
        return Span.MONTH if self.month else Span.QUARTER if self.quarter else Span.YEAR

    @property
    def name(self) -> str:
        """As files and addresses say it: 2026, 2026-Q4, 2026-11 (ISO 8601; quarters as SDMX does)."""
        part = f"-{self.month:02}" if self.month else f"-Q{self.quarter}" if self.quarter else ""
        return f"{self.year}{part}"

    @property
    def months(self) -> tuple["Period", ...]:
        if self.month:
            return (self,)
        first = MONTHS_OF_A_QUARTER * (self.quarter - 1) if self.quarter else 0
        count = MONTHS_OF_A_QUARTER if self.quarter else MONTHS
        return tuple(Period(self.year, month=first + number) for number in range(1, count + 1))

    @property
    def parts(self) -> tuple["Period", ...]:
        """The quarters of a year, the months of a quarter."""
        if self.span is Span.YEAR:
            return tuple(Period(self.year, quarter) for quarter in range(1, MONTHS // MONTHS_OF_A_QUARTER + 1))
        return self.months if self.span is Span.QUARTER else ()

    @property
    def first(self) -> date:
        return date(self.year, self.months[0].month, 1)

    @property
    def last(self) -> date:
        month = self.months[-1].month
        return date(self.year + month // MONTHS, month % MONTHS + 1, 1) - timedelta(days=1)


def month_of(day: date) -> Period:
    return Period(day.year, month=day.month)


def periods_of(year: int) -> tuple[Period, ...]:
    """The year, then each quarter with its months."""
    whole = Period(year)
    return whole, *chain.from_iterable((quarter, *quarter.months) for quarter in whole.parts)


@dataclass(frozen=True, slots=True)
class Served:
    """A request that was handed over: in which month, whether in time, in how many seconds of office time; those of
    each step of the SK, empty when they cannot be told.
    """

    month: Period
    in_time: bool
    seconds: int
    by_step: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Answered:
    """A complaint whose answer holds: in which month it was given, and whether in time."""

    month: Period
    in_time: bool


@dataclass(slots=True)
class Tally:
    """What is kept of all of one month while they are counted: a few bytes each, however many there are."""

    count: int = 0
    in_time: int = 0
    seconds: "array[int]" = field(default_factory=lambda: array("I"))
    by_step: "dict[int, array[int]]" = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Service:
    """What was handed over in a period. None: not told of so few, or there is none."""

    count: int
    in_time: int | None
    median_hours: Fraction | None
    steps: Mapping[int, tuple[int, Fraction | None]]  # of how many, and the median hours

    @property
    def percent(self) -> int | None:
        return percent(self.in_time, self.count)


def services(served: Iterable[Served], years: Iterable[int], *, steps: Iterable[int]) -> dict[Period, Service]:
    """Of every period of these years, also of one in which nothing happened."""
    months: dict[Period, Tally] = {}
    for one in served:
        _add(months.setdefault(one.month, Tally()), one)
    hidden = hidden_of({month: tally.count for month, tally in months.items()})
    wanted = tuple(steps)
    return {
        period: _service([months[month] for month in period.months if month in months], wanted, period in hidden)
        for year in years
        for period in periods_of(year)
    }


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered in a period. None: not told of so few."""

    count: int
    in_time: int | None

    @property
    def percent(self) -> int | None:
        return percent(self.in_time, self.count)


def answers(answered: Iterable[Answered], years: Iterable[int]) -> dict[Period, Answers]:
    """Of every period of these years."""
    counts: Counter[Period] = Counter()
    in_time: Counter[Period] = Counter()
    for one in answered:
        counts[one.month] += 1
        in_time[one.month] += one.in_time
    hidden = hidden_of(counts)
    return {
        period: Answers(total(counts, period), None if period in hidden else total(in_time, period))
        for year in years
        for period in periods_of(year)
    }


def hidden_of(counts: Mapping[Period, int]) -> frozenset[Period]:
    """The periods of which it is not told how it went, from how many there were in each month.

    Where fewer than `SMALLEST` are hidden within a period that is told, the smallest beside them is hidden as well:
    else the hidden would be the difference.
    """
    hidden: set[Period] = set()
    for year in sorted({month.year for month in counts}):
        _hide(Period(year), counts, hidden)
    return frozenset(hidden)


def total(counts: Mapping[Period, int], period: Period) -> int:
    return sum(counts.get(month, 0) for month in period.months)


def percent(part: int | None, whole: int) -> int | None:
    """Half up."""
    return int(rounded(Fraction(100 * part, whole), decimals=0)) if part is not None and whole else None


# ------------------------------------------------------------------------------------------------------------------


def _hide(period: Period, counts: Mapping[Period, int], hidden: set[Period], *, within_hidden: bool = False) -> None:
    if within_hidden or 0 < total(counts, period) < SMALLEST:
        hidden.add(period)
    sizes = Counter({part: size for part in period.parts if (size := total(counts, part))})
    below = {part for part, size in sizes.items() if size < SMALLEST or period in hidden}
    while below and len(below) < len(sizes) and sum(sizes[part] for part in below) < SMALLEST:
        below.add(min((part for part in sizes if part not in below), key=lambda part: (sizes[part], part)))
    for part in sizes:
        _hide(part, counts, hidden, within_hidden=part in below)


def _add(tally: Tally, one: Served) -> None:
    tally.count += 1
    tally.in_time += one.in_time
    tally.seconds.append(one.seconds)
    for step, seconds in one.by_step.items():
        tally.by_step.setdefault(step, array("I")).append(seconds)


def _service(months: list[Tally], steps: tuple[int, ...], hidden: bool) -> Service:
    count = sum(month.count for month in months)
    by_step = {step: _joined(month.by_step.get(step) for month in months) for step in steps}
    return Service(
        count=count,
        in_time=None if hidden else sum(month.in_time for month in months),
        median_hours=None if hidden else _median_hours(_joined(month.seconds for month in months)),
        steps={
            step: (len(seconds), None if hidden or len(seconds) < SMALLEST else _median_hours(seconds))
            for step, seconds in by_step.items()
        },
    )


def _joined(parts: Iterable["array[int] | None"]) -> "array[int]":
    whole = array("I")
    for part in parts:
        whole.extend(part or ())
    return whole


def _median_hours(seconds: "array[int]") -> Fraction | None:
    """To a tenth of an hour."""
    return rounded(Fraction(median(seconds)) / SECONDS, decimals=1) if seconds else None
