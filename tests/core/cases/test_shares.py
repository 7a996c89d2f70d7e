from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panggon.core.cases.shares import STEP_SHARES, Passage, step_time, time_by_step
from panggon.core.schedule.clock import ClockEffect, ClockEvent, read_clock
from tests.core.schedule.calendar_2026 import CALENDAR, local

START, PAUSE, RESUME, STOP, NONE = (
    ClockEffect.START,
    ClockEffect.PAUSE,
    ClockEffect.RESUME,
    ClockEffect.STOP,
    ClockEffect.NONE,
)
HOUR = timedelta(hours=1)
WAY = [
    ("2026-11-02 09:00", 2, START),
    ("2026-11-02 10:00", 3, NONE),
    ("2026-11-02 11:30", 4, NONE),  # 1 h 30, then the break
    ("2026-11-02 14:00", 4, PAUSE),  # 30 min before the break and 1 h after it
    ("2026-11-03 14:00", 4, RESUME),
    ("2026-11-03 15:00", 5, NONE),
    ("2026-11-04 08:30", 6, NONE),  # 1 h 30 on Tuesday and 1 h on Wednesday
    ("2026-11-04 09:00", 5, NONE),  # sent back
]


def passages(way):
    return [Passage(local(at), step, effect) for at, step, effect in way]


def test_the_shares_are_the_whole():
    assert sum(STEP_SHARES.values()) == 100
    assert list(STEP_SHARES) == [2, 3, 4, 5, 6, 7, 8, 9]


def test_each_step_has_what_passed_in_it_and_pauses_are_nobodys():
    used = time_by_step(passages(WAY), now=local("2026-11-04 10:00"), calendar=CALENDAR)
    assert used == {2: HOUR, 3: 1.5 * HOUR, 4: 2.5 * HOUR, 5: 3.5 * HOUR, 6: 0.5 * HOUR}


def test_nothing_is_counted_after_the_stop_until_it_runs_again():
    way = [*WAY[:3], ("2026-11-02 13:30", 9, STOP), ("2026-11-03 09:00", 9, RESUME)]
    used = time_by_step(passages(way), now=local("2026-11-03 09:15"), calendar=CALENDAR)
    assert used == {2: HOUR, 3: 1.5 * HOUR, 4: HOUR, 9: 0.25 * HOUR}


def test_the_share_of_the_step_is_measured_on_the_whole_allowance():
    time = step_time(4, {4: 1.5 * HOUR}, allowance=20 * HOUR, shares={4: 15})
    assert (time.allowance, time.used, time.share) == (3 * HOUR, 1.5 * HOUR, 0.5)
    assert step_time(4, {}, allowance=20 * HOUR, shares=STEP_SHARES).share == 0
    assert step_time(1, {}, allowance=20 * HOUR, shares=STEP_SHARES) is None


@given(
    st.lists(st.tuples(st.integers(1, 1500), st.sampled_from([2, 3, 4, 5])), min_size=1, max_size=8), st.integers(0, 9)
)
def test_the_steps_add_up_to_the_clock(moves, turn):
    """Whatever the way, what the steps have used together is what the clock has used."""
    at, way, running = local("2026-11-02 09:00"), [], True
    for number, (minutes, step) in enumerate([(0, 2), *moves]):
        at += timedelta(minutes=minutes)
        toggles = number and number % 3 == turn % 3
        effect = START if number == 0 else (PAUSE if running else RESUME) if toggles else NONE
        running = running != bool(toggles)
        way.append(Passage(at, step, effect))
    now = at + HOUR
    used = time_by_step(way, now=now, calendar=CALENDAR)
    clock = read_clock([ClockEvent(each.effect, each.at) for each in way], now=now, calendar=CALENDAR)
    assert sum(used.values(), timedelta()) == clock.used


@pytest.mark.parametrize("now", ["2026-11-04 10:00", "2026-11-06 10:00"])
def test_reading_changes_nothing(now):
    way = passages(WAY)
    first = time_by_step(way, now=local(now), calendar=CALENDAR)
    assert time_by_step(way, now=local(now), calendar=CALENDAR) == first
