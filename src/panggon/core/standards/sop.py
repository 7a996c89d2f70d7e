"""The SOP of the service and that of complaints: activities with their standard of quality, read from the two tables.

Source: PermenPAN-RB 35/2012: for each activity who does it, what it needs, how long it may take, what comes of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from panggon.core.cases import procedure
from panggon.core.cases.procedure import Role, State
from panggon.core.cases.shares import WHOLE
from panggon.core.complaints import procedure as complaint
from panggon.core.complaints.vocabulary import COMPLAINT_STATES, ComplaintAction, ComplaintState, Part
from panggon.core.schedule.clock import ClockEffect
from panggon.core.schedule.workdays import Session, Week
from panggon.core.standards.flow import Activity, Flow, flow_of, running_states
from panggon.core.standards.sop_words import COMPLAINT_OUTPUTS, COMPLAINT_REQUISITES, OUTPUTS, REQUISITES

# No state tells this step of the SK from the one before: "Apabila petugas tidak dapat menyelesaikan masalah, maka …".
PASSING_ON = 3


@dataclass(frozen=True, slots=True)
class Duration:
    """How long an activity may take; nothing said: it has no time of its own.

    `minutes` of the whole step, or `with_number`, the activity whose time it shares. `outside`: the clock does not run.
    """

    minutes: int | None = None
    with_number: int | None = None
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """An activity with its standard. `step` is that of the SK, `steps` all during which it may be done."""

    activity: Activity[Any, Any, Any, Any, Any]
    step: int | None
    steps: tuple[int, ...]
    requisites: tuple[str, ...]
    outputs: tuple[str, ...]
    duration: Duration

    @property
    def clock(self) -> ClockEffect:
        return self.activity.rows[0].clock


@lru_cache
def service_flow() -> Flow[Any, Any, Any, Any, Any]:
    people = tuple(role for role in Role if role is not Role.SYSTEM)
    return flow_of(procedure.TABLE, people=people, waits_for=procedure.waits_for, goal=State.DONE)


@lru_cache
def complaint_flow() -> Flow[Any, Any, Any, Any, Any]:
    return flow_of(
        complaint.TABLE,
        people=tuple(part for part in Part if part is not Part.SYSTEM),
        waits_for=lambda state: COMPLAINT_STATES[state].waits_for,
        goal=ComplaintState.CLOSED,
    )


def service_lines(*, shares: Mapping[int, int], allowance: timedelta | None) -> tuple[Line, ...]:
    """The SOP of the service; `allowance` is the whole working time of the standard, None where none is known."""
    lines: list[Line] = []
    for activity in service_flow().activities:
        steps = _steps(activity, {state: procedure.step_under_way(state) for state in State})
        step = procedure.step_of(activity.action, state=activity.source)
        duration = _duration(activity, step, lines, shares=shares, allowance=allowance)
        lines.append(Line(activity, step, steps, *_quality(activity, REQUISITES, OUTPUTS), duration))
    return tuple(lines)


def complaint_lines() -> tuple[Line, ...]:
    """The SOP of complaints; how many days each may take is a setting."""
    under_way = {state: label.step for state, label in COMPLAINT_STATES.items()}
    return tuple(
        Line(
            activity,
            PASSING_ON if activity.action is ComplaintAction.PASS_ON else under_way[activity.source],
            _steps(activity, under_way),
            *_quality(activity, COMPLAINT_REQUISITES, COMPLAINT_OUTPUTS),
            Duration(),
        )
        for activity in complaint_flow().activities
    )


def usual_day(week: Week) -> timedelta:
    """The working time of a day of this week, on average."""
    times = [sum(map(_length, day), timedelta()) for day in week if day]
    return sum(times, timedelta()) / len(times) if times else timedelta()


# ------------------------------------------------------------------------------------------------------------------


def _length(session: Session) -> timedelta:
    start, end = session.start, session.end
    return timedelta(hours=end.hour - start.hour, minutes=end.minute - start.minute)


def _steps(activity: Activity[Any, Any, Any, Any, Any], under_way: Mapping[Any, int | None]) -> tuple[int, ...]:
    sources = (source for row in activity.rows for source in row.sources)
    return tuple(sorted({step for source in sources if (step := under_way[source]) is not None}))


def _quality(
    activity: Activity[Any, Any, Any, Any, Any], requisites: Mapping[Any, str], outputs: Mapping[Any, str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    needs = [need for row in activity.rows for role in row.roles for need in row.needs_of(role)]
    effects = [effect for row in activity.rows for effect in row.effects]
    return _words(needs, requisites), _words(effects, outputs)


def _words(names: list[Any], words: Mapping[Any, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words[name] for name in names if words[name]))


def _duration(
    activity: Activity[Any, Any, Any, Any, Any],
    step: int | None,
    before: list[Line],
    *,
    shares: Mapping[int, int],
    allowance: timedelta | None,
) -> Duration:
    if activity.aside:
        return Duration()
    if activity.source not in running_states(procedure.TABLE):
        return Duration(outside=True)
    first = next((line for line in before if line.step == step and line.duration.minutes is not None), None)
    if first is not None:
        return Duration(with_number=first.activity.number)
    if allowance is None or step is None or step not in shares:
        return Duration()
    return Duration(minutes=round(allowance * shares[step] / WHOLE / timedelta(minutes=1)))
