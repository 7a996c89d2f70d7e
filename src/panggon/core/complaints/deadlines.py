"""When a complaint has to be answered: by its kind, in working days or in days, as the department has set.

Source: PermenPAN-RB 62/2018 and UU 25/2009; the sources differ in the unit of days, so that it is a setting.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise

from panggon.core.complaints.vocabulary import Kind
from panggon.core.errors import PermanentError
from panggon.core.schedule.clock import ClockEffect, ClockEvent, read_clock
from panggon.core.schedule.workdays import Calendar, utc

DAY = timedelta(days=1)


class DayUnit(StrEnum):
    WORKING = "working"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True)
class Limits:
    """In days of `unit`: until somebody handles it, until it is solved by kind, until silence means consent."""

    unit: DayUnit
    first_response: int
    by_kind: Mapping[Kind, int]
    silence: int


def due_at(events: Iterable[ClockEvent], *, days: int, unit: DayUnit, now: datetime, calendar: Calendar) -> datetime:
    """The moment, in UTC, at which what began with the first event is due; what a solution stopped is added again.

    Working days end at the office's closing time, days at midnight. `PermanentError`: as `read_clock`, and
    `clock.sequence` without a start.
    """
    happened = list(events)
    if unit is DayUnit.WORKING:
        clock = read_clock(happened, now=now, calendar=calendar, days=days)
        if clock is None:
            raise PermanentError("clock.sequence", "nothing has started")
        return clock.due_at
    if not happened or happened[0].effect is not ClockEffect.START:
        raise PermanentError("clock.sequence", "nothing has started")
    start = utc(happened[0].at).astimezone(calendar.zone).date()
    midnight = datetime.combine(start + (days + 1) * DAY, time(), calendar.zone)
    return midnight.astimezone(UTC) + _stopped(happened)


def _stopped(events: list[ClockEvent]) -> timedelta:
    return sum(
        (utc(after.at) - utc(before.at) for before, after in pairwise(events) if before.effect is ClockEffect.STOP),
        timedelta(),
    )
