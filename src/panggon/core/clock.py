"""The clock of a service standard: a pure fold over what started, paused, resumed and stopped it.

Source: SK 060/040/III Tahun 2022, "Waktu Penyelesaian: 2 Hari kerja". Due is the closing time of the second working
day after the start day; each pause moves it by its working time, breaks excluded.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from panggon.core.errors import PermanentError
from panggon.core.workdays import Calendar, Interval, add_working_time, closing, counted, opening, utc, working_time

WORKING_DAYS = 2


class ClockEffect(StrEnum):
    """What an event does to the clock."""

    NONE = "none"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"  # after a pause, and after a stop that did not last (the site cannot be reached)
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class ClockEvent:
    effect: ClockEffect
    at: datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock as it stands at `now`; moments in UTC.

    `counts_from` is the start, or the next opening after it. `intervals` are the counted working times, `pauses` the
    times in between, whether by a pause or a stop that was resumed. While paused, `due_at` is what it would be if the
    clock ran again now. `elapsed` is time by the hands of the clock, from the start to the stop or to now.
    """

    started_at: datetime
    counts_from: datetime
    due_at: datetime
    stopped_at: datetime | None
    running: bool
    intervals: tuple[Interval, ...]
    pauses: tuple[Interval, ...]
    elapsed: timedelta
    used: timedelta
    allowance: timedelta

    @property
    def share(self) -> float:
        """The part of the whole allowance that is used; above 1 when it is exceeded."""
        return self.used / self.allowance


def read_clock(
    events: Iterable[ClockEvent], *, now: datetime, calendar: Calendar, days: int = WORKING_DAYS
) -> Clock | None:
    """None: not started yet. Events come in the order in which they happened, none of them after `now`.

    `PermanentError`: `clock.order`, `clock.sequence` (a pause of what does not run), `calendar.missing`.
    """
    happened = [event for event in events if event.effect is not ClockEffect.NONE]
    if not happened:
        return None
    _check(happened, now)
    started = utc(happened[0].at)
    running, stopped = _spans([*happened, ClockEvent(ClockEffect.NONE, now)])
    last = happened[-1]
    over = last.effect is ClockEffect.STOP
    pauses = stopped[:-1] if over else stopped
    counts_from = opening(started, calendar=calendar)
    first_due = closing(counts_from.astimezone(calendar.zone).date(), days=days, calendar=calendar)
    paused = sum((working_time(pause.start, pause.end, calendar=calendar) for pause in pauses), timedelta())
    intervals = tuple(part for span in running for part in counted(span.start, span.end, calendar=calendar))
    return Clock(
        started_at=started,
        counts_from=counts_from,
        due_at=add_working_time(first_due, paused, calendar=calendar),
        stopped_at=utc(last.at) if over else None,
        running=last.effect in (ClockEffect.START, ClockEffect.RESUME),
        intervals=intervals,
        pauses=pauses,
        elapsed=utc(last.at if over else now) - started,
        used=sum((interval.duration for interval in intervals), timedelta()),
        allowance=working_time(counts_from, first_due, calendar=calendar),
    )


_MAY_FOLLOW = {
    ClockEffect.START: (ClockEffect.PAUSE, ClockEffect.STOP),
    ClockEffect.PAUSE: (ClockEffect.RESUME, ClockEffect.STOP),
    ClockEffect.RESUME: (ClockEffect.PAUSE, ClockEffect.STOP),
    ClockEffect.STOP: (ClockEffect.RESUME,),
}


def _check(events: list[ClockEvent], now: datetime) -> None:
    if events[0].effect is not ClockEffect.START:
        raise PermanentError("clock.sequence", f"{events[0].effect} before the start")
    for before, after in pairwise(events):
        if after.effect not in _MAY_FOLLOW[before.effect]:
            raise PermanentError("clock.sequence", f"{after.effect} after {before.effect}")
        if utc(after.at) < utc(before.at):
            raise PermanentError("clock.order", f"{after.effect} at {after.at} is before {before.effect}")
    if utc(now) < utc(events[-1].at):
        raise PermanentError("clock.order", f"{events[-1].effect} at {events[-1].at} is after {now}")


def _spans(events: list[ClockEvent]) -> tuple[tuple[Interval, ...], tuple[Interval, ...]]:
    """The times in which the clock ran and in which it did not; the last event only ends the last of them."""
    running: list[Interval] = []
    stopped: list[Interval] = []
    for before, after in pairwise(events):
        runs = before.effect in (ClockEffect.START, ClockEffect.RESUME)
        (running if runs else stopped).append(Interval(utc(before.at), utc(after.at)))
    return tuple(running), tuple(stopped)
