"""Brakes on guessing: what they cost an attacker, and that they let go."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panggon.core.people.brakes import CODE, FOLLOW, NETWORK, PASSWORD, RESET, TRACKING

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
BRAKES = [PASSWORD, NETWORK, CODE, RESET, TRACKING, FOLLOW]


def test_five_passwords_are_free_then_each_costs_twice_as_long():
    seconds = [PASSWORD.pause(failures).total_seconds() for failures in range(14)]
    assert seconds == [0, 0, 0, 0, 0, 5, 10, 20, 40, 80, 160, 320, 640, 900]


@pytest.mark.parametrize("brake", BRAKES, ids=lambda brake: brake.name)
@given(failures=st.integers(0, 10**6))
def test_a_pause_never_shrinks_and_never_passes_its_limit(brake, failures):
    assert timedelta() <= brake.pause(failures) <= brake.pause(failures + 1) <= brake.longest_pause


@pytest.mark.parametrize("brake", BRAKES, ids=lambda brake: brake.name)
@given(failures=st.integers(0, 1000), waited=st.integers(0, 10**6))
def test_who_waits_long_enough_may_go_on(brake, failures, waited):
    now = NOW + timedelta(seconds=waited)
    until = brake.held_until(failures, last=NOW, now=now)
    assert (until is None) == (now >= NOW + min(brake.pause(failures), brake.forgets_after))
    assert until is None or now < until <= NOW + brake.longest_pause


def test_failures_are_forgotten():
    later = NOW + PASSWORD.forgets_after
    assert PASSWORD.after_failure(40, last=NOW, now=later) == 1
    assert PASSWORD.after_failure(40, last=NOW, now=later - timedelta(seconds=1)) == 41


def guesses(brake, span: timedelta) -> int:
    """How many tries somebody gets in this time who waits out every pause."""
    now, last, failures, tries = NOW, NOW, 0, 0
    while now < NOW + span:
        failures = brake.after_failure(failures, last=last, now=now)
        last, tries = now, tries + 1
        now = brake.held_until(failures, last=last, now=now) or now + timedelta(milliseconds=1)
    return tries


def test_what_a_day_of_guessing_gives():
    assert guesses(PASSWORD, timedelta(days=1)) == 107  # 5 at once, 8 with doubling pauses, then one every 15 minutes
    assert guesses(CODE, timedelta(days=1)) == 104
