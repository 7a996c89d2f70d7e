"""Working days and working time of an office: pure functions over a calendar that is data.

Every moment that goes in is aware of its time zone; every moment that comes out is UTC. Office hours are half-open: at
closing time sharp the office is closed.
"""

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from panggon.core.errors import PermanentError

DAY = timedelta(days=1)
MONTHS = 12


@dataclass(frozen=True, slots=True)
class Interval:
    start: datetime
    end: datetime

    @property
    def duration(self) -> timedelta:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Session:
    """Local hours without a break in them; the break is the gap between two sessions."""

    start: time
    end: time

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise PermanentError("calendar.session", f"{self.start} is not before {self.end}")


Week = tuple[tuple[Session, ...], ...]  # the sessions of Monday to Sunday


@dataclass(frozen=True, slots=True)
class Period:
    """The office hours from `first` to `last`, both included."""

    first: date
    last: date
    week: Week


@dataclass(frozen=True, slots=True)
class MonthHours:
    """All office hours of a month; `starts` are theirs, `before` is the working time that lies before each of them."""

    intervals: tuple[Interval, ...]
    starts: tuple[datetime, ...]
    before: tuple[timedelta, ...]
    total: timedelta


@dataclass(frozen=True, slots=True)
class Calendar:
    """Of overlapping periods the later in the tuple counts, so that Ramadan stands after the normal hours.

    `years` are the ones whose holidays are known: outside of them no answer is given. `closings` are one-off, from
    moment to moment.
    """

    zone: ZoneInfo
    years: frozenset[int]
    periods: tuple[Period, ...]
    holidays: Mapping[date, str] = field(default_factory=dict)
    closings: tuple[Interval, ...] = ()
    # What was found out already: a list of old cases asks for the same days and months again and again.
    known: dict[date, tuple[Interval, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)
    months: dict[int, MonthHours] = field(default_factory=dict, init=False, repr=False, compare=False)


def utc(moment: datetime) -> datetime:
    """`PermanentError` `moment.naive`: Python would take a moment without a zone for one of this machine's zone."""
    if moment.tzinfo is None:
        raise PermanentError("moment.naive", moment.isoformat())
    return moment.astimezone(UTC)


def office_hours(day: date, *, calendar: Calendar) -> tuple[Interval, ...]:
    """When the office is open on a day. `PermanentError` `calendar.missing` names the year without a calendar."""
    known = calendar.known.get(day)
    if known is None:
        known = calendar.known[day] = _office_hours(day, calendar)
    return known


def _office_hours(day: date, calendar: Calendar) -> tuple[Interval, ...]:
    if day.year not in calendar.years:
        raise PermanentError("calendar.missing", f"no calendar for {day.year}", year=day.year)
    period = next((period for period in reversed(calendar.periods) if period.first <= day <= period.last), None)
    if period is None:
        raise PermanentError("calendar.missing", f"no office hours for {day}", year=day.year)
    if day in calendar.holidays:
        return ()
    hours = [_at(day, session, calendar.zone) for session in period.week[day.weekday()]]
    return tuple(part for interval in hours for part in _without(interval, calendar.closings))


def is_working_day(day: date, *, calendar: Calendar) -> bool:
    return bool(office_hours(day, calendar=calendar))


def opening(moment: datetime, *, calendar: Calendar) -> datetime:
    """The first moment, not before the given one, at which the office is open."""
    hours = next(interval for interval in _hours_from(moment, calendar) if interval.end > moment)
    return max(hours.start, utc(moment))


def counted(start: datetime, end: datetime, *, calendar: Calendar) -> tuple[Interval, ...]:
    """The office hours between two moments, for anyone to check."""
    start, end = utc(start), utc(end)
    if start >= end:
        return ()
    first, last = (_local_day(moment, calendar) for moment in (start, end))
    found: list[Interval] = []
    for day in _days(first, last):
        hours = office_hours(day, calendar=calendar)
        found += _clipped(hours, start, end) if day in (first, last) else hours
    return tuple(found)


def _clipped(hours: Iterable[Interval], start: datetime, end: datetime) -> Iterator[Interval]:
    clipped = (Interval(max(part.start, start), min(part.end, end)) for part in hours)
    return (part for part in clipped if part.start < part.end)


def working_time(start: datetime, end: datetime, *, calendar: Calendar) -> timedelta:
    """The length of what `counted` gives, exact to the microsecond, so that parts add up to their whole.

    Whole months are added at once, and a moment is looked up in its own: years cost hardly more than days.
    """
    start, end = utc(start), utc(end)
    if start >= end:
        return timedelta()
    try:
        first, last = (_month_of(_local_day(moment, calendar)) for moment in (start, end))
        total = _since_its_month(end, calendar) - _since_its_month(start, calendar)
        for month in range(first, last):
            total += _hours_of(month, calendar).total
        return total
    except PermanentError:  # a day of these months is not known, perhaps none that is asked for
        return sum((part.duration for part in counted(start, end, calendar=calendar)), timedelta())


def closing(day: date, *, days: int, calendar: Calendar) -> datetime:
    """Closing time of the `days`-th working day after `day`; `days` is at least 1."""
    for _ in range(days):
        day += DAY
        while not is_working_day(day, calendar=calendar):
            day += DAY
    return office_hours(day, calendar=calendar)[-1].end


def add_working_time(moment: datetime, amount: timedelta, *, calendar: Calendar) -> datetime:
    """The moment at which `amount` of office time is over; a full day ends at its closing, not at the next opening."""
    left, reached = amount, utc(moment)
    hours = _hours_from(moment, calendar)
    while left > timedelta():
        interval = next(hours)
        start = max(interval.start, reached)
        if start < interval.end:
            reached = min(interval.end, start + left)
            left -= reached - start
    return reached


def _hours_from(moment: datetime, calendar: Calendar) -> Iterator[Interval]:
    """Endless, but for the year without a calendar at which it stops with an error."""
    day = _local_day(moment, calendar)
    while True:
        yield from office_hours(day, calendar=calendar)
        day += DAY


def _since_its_month(moment: datetime, calendar: Calendar) -> timedelta:
    """The working time from the beginning of the month, in the office's zone, to a moment in it."""
    hours = _hours_of(_month_of(_local_day(moment, calendar)), calendar)
    begun = bisect_right(hours.starts, moment)
    if begun == 0:
        return timedelta()
    last = hours.intervals[begun - 1]
    return hours.before[begun - 1] + min(moment, last.end) - last.start


def _hours_of(month: int, calendar: Calendar) -> MonthHours:
    known = calendar.months.get(month)
    if known is None:
        year, number = month // MONTHS, month % MONTHS + 1
        days = (date(year, number, day + 1) for day in range(monthrange(year, number)[1]))
        hours = tuple(part for day in days for part in office_hours(day, calendar=calendar))
        *before, total = accumulate((part.duration for part in hours), initial=timedelta())
        known = MonthHours(hours, tuple(part.start for part in hours), tuple(before), total)
        calendar.months[month] = known
    return known


def _month_of(day: date) -> int:
    """Months are counted through, so that the next one is one more."""
    return day.year * MONTHS + day.month - 1


def _local_day(moment: datetime, calendar: Calendar) -> date:
    return utc(moment).astimezone(calendar.zone).date()


def _days(first: date, last: date) -> Iterator[date]:
    return (first + number * DAY for number in range((last - first).days + 1))


def _at(day: date, session: Session, zone: ZoneInfo) -> Interval:
    """In UTC, because Python subtracts moments of one zone by the hands of the clock, which a zone may turn."""
    start, end = (datetime.combine(day, moment, zone).astimezone(UTC) for moment in (session.start, session.end))
    return Interval(start, end)


def _without(interval: Interval, closings: tuple[Interval, ...]) -> tuple[Interval, ...]:
    parts = [interval]
    for closed in closings:
        cut = [
            piece
            for part in parts
            for piece in (
                Interval(part.start, min(part.end, utc(closed.start))),
                Interval(max(part.start, utc(closed.end)), part.end),
            )
        ]
        parts = [part for part in cut if part.start < part.end]
    return tuple(parts)


def _week(weekday: tuple[str, ...], friday: tuple[str, ...]) -> Week:
    days = (weekday, weekday, weekday, weekday, friday, (), ())
    return tuple(tuple(_session(words) for words in day) for day in days)


def _session(words: str) -> Session:
    start, end = (time.fromisoformat(part) for part in words.split("-"))
    return Session(start, end)


# SE Wali Kota Pekalongan 800.1.6.2./54 Tahun 2023: 37.5 hours a week; SE B/111/800 Tahun 2026 in Ramadan: 32.5.
PEKALONGAN_WEEK = _week(("07:30-12:00", "13:00-16:30"), ("07:30-11:30", "13:00-14:30"))
PEKALONGAN_RAMADAN_WEEK = _week(("08:00-12:00", "12:30-15:15"), ("08:00-11:30", "12:30-14:30"))
