"""Office time on one line is the working time that the clock counts."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panggon.core.cases.shares import Passage, seconds_by_step, time_by_step
from panggon.core.errors import PermanentError
from panggon.core.schedule.clock import ClockEffect
from panggon.core.schedule.timeline import timeline
from panggon.core.schedule.workdays import working_time
from tests.core.schedule.calendar_2026 import CALENDAR

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
LINE = timeline(CALENDAR, last=date(2026, 12, 31))
MOMENTS = st.integers(0, 360 * 86_400).map(lambda seconds: BEGIN + timedelta(seconds=seconds))


@given(MOMENTS, MOMENTS)
def test_a_distance_on_the_line_is_the_working_time(one, other):
    start, end = sorted((one, other))
    passed = LINE.at(int(end.timestamp())) - LINE.at(int(start.timestamp()))
    assert timedelta(seconds=passed) == working_time(start, end, calendar=CALENDAR)


def test_before_the_line_nothing_is_known():
    before = LINE.first - 1
    with pytest.raises(PermanentError) as error:
        LINE.at(before)
    assert error.value.code == "calendar.missing"
    assert LINE.at(LINE.first) == 0


EVENTS = st.lists(
    st.tuples(MOMENTS, st.none() | st.integers(2, 9), st.sampled_from(list(ClockEffect))), min_size=1, max_size=12
)


@given(EVENTS)
def test_the_steps_of_many_are_those_of_one(events):
    events = sorted(events, key=lambda event: event[0])
    quick = seconds_by_step(((int(at.timestamp()), step, effect) for at, step, effect in events), line=LINE)
    passages = [Passage(at, step, effect) for at, step, effect in events]
    slow = time_by_step(passages, now=events[-1][0], calendar=CALENDAR)
    assert {step: timedelta(seconds=used) for step, used in quick.items() if used} == {
        step: used for step, used in slow.items() if used
    }
