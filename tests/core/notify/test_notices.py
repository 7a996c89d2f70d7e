"""The table of notices: everything that the procedure tells has its row, and a person's choice means what it says."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panggon.core.cases.procedure import ROWS, Effect, State, waits_for
from panggon.core.cases.vocabulary import Role
from panggon.core.notify.notices import (
    AUDIENCES,
    PAUSES,
    TABLE,
    Mailing,
    Occasion,
    Way,
    events,
    last_opening,
    mailing_of,
    occasion_of,
)
from panggon.core.notify.notices_page import page
from tests.core.schedule.calendar_2026 import CALENDAR, local

PERSONAL = [occasion for occasion in Occasion if occasion is not Occasion.PUBLIC_STEP]


def test_every_notice_of_the_procedure_has_its_row():
    assert list(TABLE) == list(Occasion)
    assert set(AUDIENCES) == {effect for effect in Effect if effect.name.startswith("NOTIFY_")}
    told = {occasion_of(effect, row.target) for row in ROWS for effect in row.effects if effect in AUDIENCES}
    assert told == {
        Occasion.YOUR_TURN,
        Occasion.PROGRESS,
        Occasion.WORK_FAILED,
        Occasion.TAKEN_OVER,
        Occasion.HANDED_ON,
        Occasion.ENDED,
    }


@pytest.mark.parametrize("state", State)
def test_whose_turn_it_is(state):
    opd_acts = waits_for(state) is Role.APPLICANT
    assert occasion_of(Effect.NOTIFY_NEXT, state) is Occasion.YOUR_TURN
    expected = Occasion.YOUR_TURN if opd_acts else Occasion.PROGRESS
    assert occasion_of(Effect.NOTIFY_APPLICANT, state) is expected
    assert occasion_of(Effect.NOTIFY_TECHNICIAN, state) is Occasion.WORK_FAILED


@pytest.mark.parametrize("occasion", PERSONAL)
def test_a_persons_choice_holds_unless_a_decision_waits(occasion):
    assert mailing_of(occasion, Mailing.AT_ONCE) is Mailing.AT_ONCE
    assert mailing_of(occasion, Mailing.DIGEST) is Mailing.DIGEST
    presses = occasion not in (Occasion.PROGRESS, Occasion.INFORMATION, Occasion.HANDED_ON, Occasion.ENDED)
    presses = presses and occasion is not Occasion.POST_ENDING
    assert mailing_of(occasion, Mailing.NONE) is (Mailing.AT_ONCE if presses else Mailing.NONE)


def test_what_leaves_the_house():
    """A follower and a webhook about a public step learn nothing of any person; a subject has no name in it."""
    assert TABLE[Occasion.PUBLIC_STEP].personal == ()
    assert Way.PORTAL not in TABLE[Occasion.PUBLIC_STEP].ways
    assert all(rule.personal in ((), ("phone",)) for rule in TABLE.values())
    assert events() == tuple(Occasion)
    of_no_case = {Occasion.WARNING, Occasion.REMINDER, Occasion.INFORMATION, Occasion.POST_EMPTY, Occasion.POST_ENDING}
    for occasion in set(PERSONAL) - of_no_case:
        assert TABLE[occasion].subject.format(number="N", state="S").startswith("N: ")


def test_pauses_grow():
    assert list(PAUSES) == sorted(set(PAUSES))
    assert sum(PAUSES, timedelta()) > timedelta(hours=12)


@pytest.mark.parametrize(
    ("now", "opened"),
    [
        ("2026-11-23 07:29", "2026-11-20 07:30"),  # Monday before the opening: Friday's
        ("2026-11-23 07:30", "2026-11-23 07:30"),
        ("2026-11-22 12:00", "2026-11-20 07:30"),  # Sunday
        ("2026-12-25 09:00", "2026-12-23 07:30"),  # Christmas after a joint leave day
        ("2031-06-02 08:00", "2031-06-02 07:30"),  # a year without a calendar: Monday counts
        ("2031-06-01 08:00", "2031-05-30 07:30"),  # and Sunday does not
    ],
)
def test_the_digest_waits_for_the_morning_of_a_working_day(now, opened):
    assert last_opening(local(now), calendar=CALENDAR) == local(opened)


@given(st.integers(0, 360 * 24 * 60))
def test_an_opening_is_past_and_the_next_one_comes_within_the_longest_holiday(minutes):
    now = local("2026-01-05 00:00") + timedelta(minutes=minutes)
    opened = last_opening(now, calendar=CALENDAR)
    assert opened <= now < opened + timedelta(days=12)
    assert last_opening(opened, calendar=CALENDAR) == opened


def test_the_printed_page_is_fresh():
    """After a change of the table: run `script/docs`."""
    assert (Path(__file__).parents[3] / "docs" / "notices.md").read_text() == page()
