"""When somebody is told that time passes: each level once, by range, so that a late look skips what is overtaken."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from panggon.core.cases.vocabulary import Role
from panggon.core.schedule.workdays import Calendar, closing, office_hours, utc

LEVELS = (50, 80, 100)  # percent of the whole allowance
LATE = 100


class AlertKind(StrEnum):
    DEADLINE = "deadline"  # the level is a percentage of `LEVELS`
    CORRECTION = "correction"  # what has to be added was not sent; the level is the number of the reminder
    DELIVERY = "delivery"  # nobody has said that the site can be reached; the same
    UNANSWERED = "unanswered"  # all reminders of a correction went out, and the time after them is over


@dataclass(frozen=True, slots=True)
class Reminding:
    """A reminder every so many working days, at most so many of them. None at all when `most` is 0."""

    every_days: int
    most: int


# Who is told as well when the time of somebody is over.
SUPERIORS: Mapping[Role, Role] = MappingProxyType(
    {Role.TECHNICIAN: Role.DIVISION_HEAD, Role.DIVISION_HEAD: Role.HEAD, Role.REGISTRAR: Role.HEAD}
)
REMINDERS: Mapping[AlertKind, Reminding] = MappingProxyType(
    {AlertKind.CORRECTION: Reminding(3, 3), AlertKind.DELIVERY: Reminding(3, 3)}
)


def level_due(share: float, *, given: int) -> int | None:
    """The highest level that is reached and above the highest `given` (0: none yet)."""
    return next((level for level in reversed(LEVELS) if share * 100 >= level > given), None)


def reminder_due(since: datetime, *, given: int, rule: Reminding, now: datetime, calendar: Calendar) -> int | None:
    """The number of the highest reminder whose working days are over and that is above `given` (0: none yet)."""
    numbers = range(rule.most, given, -1)
    return next((n for n in numbers if _are_over(since, n * rule.every_days, now, calendar)), None)


def is_unanswered(last: datetime | None, *, given: int, rule: Reminding, now: datetime, calendar: Calendar) -> bool:
    """Whether all reminders went out, `last` being the moment of the last one, and the time for an answer is over."""
    return last is not None and 0 < rule.most <= given and _are_over(last, rule.every_days, now, calendar)


def is_open(now: datetime, *, calendar: Calendar) -> bool:
    """Whether the office is open at this moment."""
    today = utc(now).astimezone(calendar.zone).date()
    return any(hours.start <= now < hours.end for hours in office_hours(today, calendar=calendar))


def _are_over(since: datetime, days: int, now: datetime, calendar: Calendar) -> bool:
    start = utc(since).astimezone(calendar.zone).date()
    return closing(start, days=days, calendar=calendar) <= now
