"""What part of the whole time each step of the SK may take, and what it has taken: a pure fold, like the clock.

The SK gives two working days to the whole and nothing to a step: the parts are the department's own measure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from types import MappingProxyType

from panggon.core.schedule.clock import ClockEffect
from panggon.core.schedule.timeline import Timeline
from panggon.core.schedule.workdays import Calendar, working_time

# Percent of the whole allowance by SK step under way; step 1 is over when the clock starts.
STEP_SHARES: Mapping[int, int] = MappingProxyType({2: 15, 3: 5, 4: 15, 5: 30, 6: 10, 7: 10, 8: 10, 9: 5})
WHOLE = 100


@dataclass(frozen=True, slots=True)
class Passage:
    """An event: from then on `step` is under way (None: nothing is), with what it did to the clock."""

    at: datetime
    step: int | None
    effect: ClockEffect


@dataclass(frozen=True, slots=True)
class StepTime:
    step: int
    used: timedelta
    allowance: timedelta

    @property
    def share(self) -> float:
        """The part of the step's own allowance that is used; above 1 when it is exceeded."""
        return self.used / self.allowance


def time_by_step(passages: Iterable[Passage], *, now: datetime, calendar: Calendar) -> Mapping[int, timedelta]:
    """Working time that each step has taken while the clock ran; a step that came twice has both."""
    used: dict[int, timedelta] = {}
    running = False
    for here, after in pairwise([*passages, Passage(now, None, ClockEffect.NONE)]):
        if here.effect is not ClockEffect.NONE:
            running = here.effect in (ClockEffect.START, ClockEffect.RESUME)
        if running and here.step is not None:
            spent = working_time(here.at, after.at, calendar=calendar)
            used[here.step] = used.get(here.step, timedelta()) + spent
    return used


def seconds_by_step(passages: Iterable[tuple[int, int | None, str]], *, line: Timeline) -> dict[int, int]:
    """What `time_by_step` says of many: moment, step and effect of each event, in whole seconds, until the last one.

    Raises `PermanentError` `calendar.missing` before the line begins.
    """
    used: dict[int, int] = {}
    running, under_way, since = False, None, 0
    for at, step, effect in passages:
        now = line.at(at)
        if running and under_way is not None:
            used[under_way] = used.get(under_way, 0) + max(now - since, 0)
        if effect != ClockEffect.NONE:
            running = effect in (ClockEffect.START, ClockEffect.RESUME)
        under_way, since = step, now
    return used


def step_time(
    step: int, used: Mapping[int, timedelta], *, allowance: timedelta, shares: Mapping[int, int]
) -> StepTime | None:
    """The time of one step within the whole `allowance`; None for a step without a share."""
    percent = shares.get(step, 0)
    if not percent:
        return None
    return StepTime(step, used.get(step, timedelta()), allowance * percent / WHOLE)
