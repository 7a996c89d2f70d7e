"""The clock of a case, read from what happened to it."""

from datetime import datetime

from panggon.cases.content.parts import events_of
from panggon.cases.models import Case, Event
from panggon.core.cases.procedure import State, step_under_way
from panggon.core.cases.shares import Passage, StepTime, step_time, time_by_step
from panggon.core.errors import PermanentError
from panggon.core.schedule.clock import Clock, ClockEffect, ClockEvent, from_record, read_clock
from panggon.core.schedule.workdays import Calendar
from panggon.office.selectors import office
from panggon.schedule import selectors as schedule


def clock_of(
    case: Case, *, now: datetime, calendar: Calendar | None = None, ahead: ClockEvent | None = None
) -> Clock | None:
    """The clock of the service standard; None while it has not started. `ahead`: what is about to happen to it.

    One that has stopped is read as it was kept then: a calendar that is changed later does not change it.
    """
    events = _clock_events(case)
    if events and ahead is None and "clock" in events[-1].data:
        return from_record(events[-1].data["clock"])
    marks = [*_marks(events), *([ahead] if ahead else [])]
    moments = [mark.at for mark in marks]
    return read_clock(marks, now=max([now, *moments]), calendar=calendar or schedule.calendar(), days=_days())


def due_of(case: Case, *, calendar: Calendar) -> datetime | None:
    """When an open case is due by this calendar, while it is paused as it was due when the pause began.

    None before it was sent. `PermanentError` `calendar.missing` names a year without a calendar.
    """
    marks = _marks(_clock_events(case))
    clock = read_clock(marks, now=marks[-1].at, calendar=calendar, days=_days()) if marks else None
    return clock.due_at if clock else None


def clock_now(case: Case, *, now: datetime, calendar: Calendar | None = None) -> Clock | None:
    """The clock for people to read: a year without a calendar leaves it out, and nobody without pages."""
    try:
        return clock_of(case, now=now, calendar=calendar)
    except PermanentError:
        return None


def step_time_of(case: Case, clock: Clock, *, now: datetime, calendar: Calendar) -> StepTime | None:
    """What the step under way has used of its share, pauses left out; None when no step is or it has no share."""
    step = step_under_way(State(case.state))
    if step is None or clock.stopped_at is not None:
        return None
    events = [
        Passage(event.counts_at, step_under_way(State(event.target)), ClockEffect(event.clock))
        for event in events_of(case)
    ]
    used = time_by_step(events, now=now, calendar=calendar)
    return step_time(step, used, allowance=clock.allowance, shares=schedule.step_shares())


def _days() -> int:
    """In how many working days the department's standard says that a case is done."""
    return office().standard.working_days


def _clock_events(case: Case) -> list[Event]:
    """What changed the clock: of a list fetched along with its rows."""
    if hasattr(case, "clock_events"):
        return case.clock_events
    return [event for event in events_of(case) if event.clock != ClockEffect.NONE]


def _marks(events: list[Event]) -> list[ClockEvent]:
    return [ClockEvent(ClockEffect(event.clock), event.counts_at) for event in events]
