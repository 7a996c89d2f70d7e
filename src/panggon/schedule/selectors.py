"""What is known of the calendar. Reading changes nothing."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from panggon.core.cases.shares import STEP_SHARES
from panggon.core.errors import PermanentError
from panggon.core.notify.alerts import REMINDERS, AlertKind, Reminding
from panggon.core.schedule.workdays import Calendar, Interval, Period, Session, Week, office_hours
from panggon.remembered import remembered
from panggon.schedule.known import HolidayKind, KnownDay
from panggon.schedule.models import Closing, Holiday, ReminderRule, Year
from panggon.schedule.sheet import DayChange

DECEMBER = 12
# All that clocks are read by, as one text that is the same as long as nobody changes a row.
_ALL = """
SELECT json_build_object(
    'years', (SELECT json_agg(year ORDER BY year) FROM schedule_year),
    'periods', (SELECT json_agg(json_build_array(first, last, week) ORDER BY first, id) FROM schedule_officehours),
    'holidays', (SELECT json_object_agg(day, name ORDER BY day) FROM schedule_holiday),
    'closings', (SELECT json_agg(json_build_array(start, "end") ORDER BY start, id) FROM schedule_closing),
    'shares', (SELECT json_object_agg(step, percent ORDER BY step) FROM schedule_stepshare)
)::text
"""


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar. `hours` is empty when the office is closed, None when no office hours are known."""

    day: date
    hours: tuple[Interval, ...] | None
    holiday: Holiday | None
    closings: tuple[Closing, ...]


@dataclass(frozen=True, slots=True)
class Month:
    first: date
    days: tuple[Day, ...]

    @property
    def working_days(self) -> int:
        return sum(1 for day in self.days if day.hours)

    @property
    def working_time(self) -> timedelta:
        return sum((part.duration for day in self.days for part in day.hours or ()), timedelta())

    @property
    def holidays(self) -> list[Holiday]:
        return [day.holiday for day in self.days if day.holiday]


def calendar() -> Calendar:
    """Office hours, holidays and closings as they are now known: one query, however many years."""
    return _read(_text())[0]


def week_of(rows: list[list[list[str]]]) -> Week:
    """The week in a row of the database: Monday to Sunday, each a list of ["07:30", "12:00"]."""
    return tuple(
        tuple(Session(time.fromisoformat(start), time.fromisoformat(end)) for start, end in day) for day in rows
    )


def months_of(year: int) -> tuple[Month, ...]:
    """The twelve months of a year, day by day, in a constant number of queries; empty for a year that is not known."""
    known = calendar()
    if year not in known.years:
        return ()
    holidays = {row.day: row for row in Holiday.objects.filter(day__year=year)}
    closings = closings_of(year)
    days = [_day(day, known, holidays, closings) for day in _days(year)]
    return tuple(
        Month(date(year, number, 1), tuple(day for day in days if day.day.month == number)) for number in range(1, 13)
    )


def years() -> list[int]:
    return list(Year.objects.values_list("year", flat=True))


def closings_of(year: int) -> list[Closing]:
    return list(Closing.objects.filter(start__year__lte=year, end__year__gte=year))


def known_days_of(year: int | None = None) -> list[KnownDay]:
    """The days of one year, or of all, as plain values."""
    rows = Holiday.objects.filter(day__year=year) if year else Holiday.objects.all()
    return [KnownDay(row.day, row.name, HolidayKind(row.kind), row.estimated, row.source) for row in rows]


def changes_by(days: Iterable[KnownDay], *, replaces_estimates_of: int | None = None) -> list[DayChange]:
    """What these days would change in the calendar, in their order; days that are the same are left out.

    `replaces_estimates_of`: of this year, estimated days that are not among them go.
    """
    there = {known.day: known for known in known_days_of()}
    wished = {known.day: known for known in days}
    gone = [
        known
        for known in there.values()
        if known.estimated and known.day.year == replaces_estimates_of and known.day not in wished
    ]
    changes = [DayChange(there.get(day), known) for day, known in wished.items() if there.get(day) != known]
    return sorted([*changes, *(DayChange(known, None) for known in gone)], key=lambda change: change.day)


def missing_in(year: int) -> str:
    """What keeps deadlines of a year from being right: `missing`, `no_joint_leave`, or "" when all is there."""
    if not Year.objects.filter(pk=year).exists():
        return "missing"
    joint_leave = Holiday.objects.filter(day__year=year, kind=HolidayKind.JOINT_LEAVE)
    return "" if joint_leave.exists() else "no_joint_leave"


def year_to_prepare(today: date) -> int:
    """The year whose calendar has to be there now: in December already the next one."""
    return today.year + (today.month == DECEMBER)


def step_shares() -> Mapping[int, int]:
    """The percentage of each step, those of `core` where nobody has set another."""
    return _read(_text())[1]


def reminders() -> Mapping[AlertKind, Reminding]:
    """The rule of each kind of reminder, those of `core` where nobody has set another."""
    rows = ReminderRule.objects.all()
    return {**REMINDERS, **{AlertKind(row.kind): Reminding(row.every_days, row.most) for row in rows}}


# ------------------------------------------------------------------------------------------------------------------


def _text() -> str:
    return remembered("schedule.text", _ask)


def _ask() -> str:
    with connection.cursor() as cursor:
        cursor.execute(_ALL)
        return str(cursor.fetchone()[0])


@lru_cache(maxsize=2)
def _read(text: str) -> tuple[Calendar, Mapping[int, int]]:
    """Calendar and shares of the steps. Asked for anew each time, read anew when something is different: a calendar
    that is kept knows the hours of the days that it was asked for.
    """
    rows = {name: found or () for name, found in json.loads(text).items()}
    calendar = Calendar(
        zone=ZoneInfo(settings.TIME_ZONE),
        years=frozenset(rows["years"]),
        periods=tuple(Period(_day_of(first), _day_of(last), week_of(week)) for first, last, week in rows["periods"]),
        holidays={_day_of(day): name for day, name in dict(rows["holidays"]).items()},
        closings=tuple(Interval(*map(datetime.fromisoformat, pair)) for pair in rows["closings"]),
    )
    shares = {int(step): percent for step, percent in dict(rows["shares"]).items()}
    return calendar, MappingProxyType({**STEP_SHARES, **shares})


_day_of = date.fromisoformat


def _days(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=number) for number in range((date(year + 1, 1, 1) - first).days)]


def _day(day: date, known: Calendar, holidays: Mapping[date, Holiday], closings: list[Closing]) -> Day:
    try:
        hours = office_hours(day, calendar=known)
    except PermanentError:
        hours = None
    of_the_day = tuple(
        row
        for row in closings
        if row.start.astimezone(known.zone).date() <= day <= row.end.astimezone(known.zone).date()
    )
    return Day(day, hours, holidays.get(day), of_the_day)
