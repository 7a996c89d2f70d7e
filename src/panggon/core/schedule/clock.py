"""The clock of a service standard: a pure fold over what started, paused, resumed and stopped it.

Source: SK 060/040/III Tahun 2022, "Waktu Penyelesaian: 2 Hari kerja". Due is the closing time of the second working
day after the start day; each pause moves it by its working time, breaks excluded.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

from panggon.core.errors import PermanentError
from panggon.core.schedule.workdays import (
    Calendar,
    Interval,
    add_working_time,
    closing,
    counted,
    opening,
    utc,
    working_time,
)

WORKING_DAYS = 2
MICROSECOND = timedelta(microseconds=1)


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
    pauses: tuple[Interval, ...]
    elapsed: timedelta
    used: timedelta
    allowance: timedelta
    # A list of cases shows none of its many intervals: they are counted when they are asked for.
    count: Callable[[], tuple[Interval, ...]] = field(repr=False, compare=False)

    @property
    def intervals(self) -> tuple[Interval, ...]:
        return self.count()

    @property
    def share(self) -> float:
        """The part of the whole allowance that is used; above 1 when it is exceeded."""
        return self.used / self.allowance

    @property
    def paused(self) -> timedelta:
        """How long it did not run between start and end, by the hands of the clock."""
        return sum((pause.duration for pause in self.pauses), timedelta())


def read_clock(
    events: Iterable[ClockEvent], *, now: datetime, calendar: Calendar, days: int = WORKING_DAYS
) -> Clock | None:
    """None: not started yet. Events come in the order in which they happened, none of them after `now`.

    `PermanentError`: `clock.order`, `clock.sequence` (a pause of what does not run), `calendar.missing`.
    """
    happened = [event for event in events if event.effect is not ClockEffect.NONE]
    return _started(happened, now=now, calendar=calendar, days=days) if happened else None


def deadline(
    start: datetime, *, pauses: Iterable[Interval] = (), calendar: Calendar, days: int = WORKING_DAYS
) -> Clock:
    """The clock of what starts then and pauses so, as it stands when it is due (or when the last pause ends later).

    Raises what `read_clock` raises; `clock.order` as well for a pause that ends before it begins.
    """
    events = [ClockEvent(ClockEffect.START, start)]
    for pause in pauses:
        events += [ClockEvent(ClockEffect.PAUSE, pause.start), ClockEvent(ClockEffect.RESUME, pause.end)]
    last = utc(events[-1].at)
    clock = _started(events, now=last, calendar=calendar, days=days)
    return _started(events, now=max(last, clock.due_at), calendar=calendar, days=days)


def to_record(clock: Clock) -> dict[str, Any]:
    """The clock as plain JSON values: what is kept of one that has stopped, whatever the calendar says later."""
    return {
        "started_at": clock.started_at.isoformat(),
        "counts_from": clock.counts_from.isoformat(),
        "due_at": clock.due_at.isoformat(),
        "stopped_at": clock.stopped_at.isoformat() if clock.stopped_at else None,
        "intervals": [_pair(interval) for interval in clock.intervals],
        "pauses": [_pair(pause) for pause in clock.pauses],
        "used": clock.used // MICROSECOND,
        "allowance": clock.allowance // MICROSECOND,
    }


def from_record(record: Mapping[str, Any]) -> Clock:
    """The stopped clock that `to_record` kept."""
    started, stopped = (datetime.fromisoformat(record[name]) for name in ("started_at", "stopped_at"))
    return Clock(
        started_at=started,
        counts_from=datetime.fromisoformat(record["counts_from"]),
        due_at=datetime.fromisoformat(record["due_at"]),
        stopped_at=stopped,
        running=False,
        pauses=tuple(map(_interval, record["pauses"])),
        elapsed=stopped - started,
        used=record["used"] * MICROSECOND,
        allowance=record["allowance"] * MICROSECOND,
        count=lambda: tuple(map(_interval, record["intervals"])),
    )


def _started(happened: list[ClockEvent], *, now: datetime, calendar: Calendar, days: int) -> Clock:
    _check(happened, now)
    started = utc(happened[0].at)
    running, stopped = _spans([*happened, ClockEvent(ClockEffect.NONE, now)])
    last = happened[-1]
    over = last.effect is ClockEffect.STOP
    pauses = stopped[:-1] if over else stopped
    counts_from = opening(started, calendar=calendar)
    first_due = closing(counts_from.astimezone(calendar.zone).date(), days=days, calendar=calendar)
    return Clock(
        started_at=started,
        counts_from=counts_from,
        due_at=add_working_time(first_due, _working_time(pauses, calendar), calendar=calendar),
        stopped_at=utc(last.at) if over else None,
        running=last.effect in (ClockEffect.START, ClockEffect.RESUME),
        pauses=pauses,
        elapsed=utc(last.at if over else now) - started,
        used=_working_time(running, calendar),
        allowance=working_time(counts_from, first_due, calendar=calendar),
        count=lambda: tuple(part for span in running for part in counted(span.start, span.end, calendar=calendar)),
    )


def _working_time(spans: Iterable[Interval], calendar: Calendar) -> timedelta:
    return sum((working_time(span.start, span.end, calendar=calendar) for span in spans), timedelta())


def _pair(interval: Interval) -> list[str]:
    return [interval.start.isoformat(), interval.end.isoformat()]


def _interval(pair: Iterable[str]) -> Interval:
    return Interval(*map(datetime.fromisoformat, pair))


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
