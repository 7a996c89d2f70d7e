"""Every state, action and part of a complaint against what the SK's four steps allow, written down by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panggon.core.complaints.deadlines import DayUnit, due_at
from panggon.core.complaints.procedure import COMPLAINT_NEEDS, TABLE, ComplaintFacts, ComplaintNeed, names
from panggon.core.complaints.vocabulary import (
    COMPLAINT_ACTIONS,
    COMPLAINT_STATES,
    CONFIDENTIALITY_LABELS,
    KIND_LABELS,
    PART_LABELS,
    SOURCE_LABELS,
    ComplaintAction,
    ComplaintState,
    Confidentiality,
    Kind,
    Part,
    Source,
)
from panggon.core.schedule.clock import ClockEffect, ClockEvent
from panggon.core.state_machine import Decision
from panggon.schedule.known import known_calendar

A: TypeAlias = ComplaintAction
S: TypeAlias = ComplaintState
COMPLAINANT, OFFICER, OFFICIAL, SYSTEM = Part.COMPLAINANT, Part.OFFICER, Part.OFFICIAL, Part.SYSTEM
START, STOP, RESUME, NONE = ClockEffect.START, ClockEffect.STOP, ClockEffect.RESUME, ClockEffect.NONE
# action, from, to, who, clock
LEGAL = [
    (A.FILE, S.NEW, S.RECEIVED, {COMPLAINANT, OFFICER}, START),
    (A.ADD, S.RECEIVED, S.RECEIVED, {COMPLAINANT}, NONE),
    (A.ADD, S.HANDLED, S.HANDLED, {COMPLAINANT}, NONE),
    (A.ADD, S.PASSED_ON, S.PASSED_ON, {COMPLAINANT}, NONE),
    (A.ADD, S.ANSWERED, S.ANSWERED, {COMPLAINANT}, NONE),
    (A.ADD, S.SETTLED, S.SETTLED, {COMPLAINANT}, NONE),
    (A.TAKE, S.RECEIVED, S.HANDLED, {OFFICER}, NONE),
    (A.TAKE, S.HANDLED, S.HANDLED, {OFFICER}, NONE),
    (A.REPLY, S.HANDLED, S.HANDLED, {OFFICER}, NONE),
    (A.REPLY, S.PASSED_ON, S.PASSED_ON, {OFFICIAL}, NONE),
    (A.CLASSIFY, S.HANDLED, S.HANDLED, {OFFICER}, NONE),
    (A.CLASSIFY, S.PASSED_ON, S.PASSED_ON, {OFFICIAL}, NONE),
    (A.PASS_ON, S.HANDLED, S.PASSED_ON, {OFFICER}, NONE),
    (A.TAKE_OVER, S.RECEIVED, S.PASSED_ON, {OFFICIAL}, NONE),
    (A.TAKE_OVER, S.HANDLED, S.PASSED_ON, {OFFICIAL}, NONE),
    (A.TAKE_OVER, S.PASSED_ON, S.PASSED_ON, {OFFICIAL}, NONE),
    (A.RESOLVE, S.HANDLED, S.ANSWERED, {OFFICER}, STOP),
    (A.RESOLVE, S.PASSED_ON, S.SETTLED, {OFFICIAL}, STOP),
    (A.CONFIRM, S.ANSWERED, S.CLOSED, {COMPLAINANT, OFFICER, SYSTEM}, NONE),
    (A.CONFIRM, S.SETTLED, S.CLOSED, {COMPLAINANT, OFFICER, SYSTEM}, NONE),
    (A.REOPEN, S.ANSWERED, S.HANDLED, {COMPLAINANT, OFFICER}, RESUME),
    (A.REOPEN, S.SETTLED, S.PASSED_ON, {COMPLAINANT, OFFICER}, RESUME),
    (A.DISMISS, S.RECEIVED, S.DISMISSED, {OFFICER}, STOP),
]
GOOD = ComplaintFacts(
    unconcerned=True,
    words="Sudah diperbaiki.",
    reasons="Perlu pemeriksaan.",
    kind=Kind.GRIEVANCE,
    official="1",
    official_unconcerned=True,
    told=True,
    silence_over=True,
)


def good_facts(state: S, action: A) -> ComplaintFacts:
    takes = action is A.TAKE_OVER or (action is A.TAKE and state is S.HANDLED)
    return replace(GOOD, assigned=not takes)


@pytest.mark.parametrize(("state", "action", "part"), list(product(S, A, Part)))
def test_every_state_action_and_part(state: S, action: A, part: Part) -> None:
    rows = [row for row in LEGAL if row[:2] == (action, state)]
    answer = TABLE.decide(state, action, roles={part}, facts=good_facts(state, action))
    if not rows:
        assert [fault.code for fault in answer.faults] == ["action.not_from_this_state"]
    elif part not in rows[0][3]:
        assert [fault.code for fault in answer.faults] == ["action.not_your_role"]
    else:
        assert isinstance(answer, Decision)
        assert (answer.target, answer.role, answer.clock) == (rows[0][2], part, rows[0][4])


@pytest.mark.parametrize(("action", "state", "who"), [(*row[:2], row[3]) for row in LEGAL])
def test_nobody_handles_a_complaint_about_himself(action: A, state: S, who: set[Part]) -> None:
    for part in who & {OFFICER, OFFICIAL} if action is not A.FILE else ():
        answer = TABLE.decide(state, action, roles={part}, facts=replace(good_facts(state, action), unconcerned=False))
        assert [fault.code for fault in answer.faults] == ["need.not_concerned"]


def test_an_officer_has_no_way_to_end_it_without_a_solution() -> None:
    """From a complaint that an officer handles, every way that an officer goes alone leads to a solution in words."""
    ends = [row for row in TABLE.rows if S.HANDLED in row.sources and row.target not in (S.HANDLED, S.PASSED_ON)]
    assert {row.action for row in ends if OFFICER in row.roles} == {A.RESOLVE}
    bare = replace(GOOD, assigned=True, words=" ", told=False)
    refused = TABLE.decide(S.HANDLED, A.RESOLVE, roles={OFFICER}, facts=bare)
    assert {fault.code for fault in refused.faults} == {"need.words", "need.told_by_its_channel"}


def test_the_system_ends_only_what_was_silent() -> None:
    waiting = replace(GOOD, silence_over=False)
    refused = TABLE.decide(S.ANSWERED, A.CONFIRM, roles={SYSTEM}, facts=waiting)
    assert [fault.code for fault in refused.faults] == ["need.silence_over"]


def test_unknown_facts_let_nobody_of_the_dinas_act() -> None:
    for action, state, _, who, _ in LEGAL:
        for part in who & {OFFICER, OFFICIAL, SYSTEM}:
            assert not isinstance(TABLE.decide(state, action, roles={part}, facts=ComplaintFacts()), Decision)


def test_everything_has_its_words() -> None:
    assert set(COMPLAINT_STATES) == set(S)
    assert set(COMPLAINT_ACTIONS) == set(A)
    assert set(COMPLAINT_NEEDS) == set(ComplaintNeed)
    assert (set(PART_LABELS), set(SOURCE_LABELS), set(KIND_LABELS)) == (set(Part), set(Source), set(Kind))
    assert set(CONFIDENTIALITY_LABELS) == set(Confidentiality)
    for state, label in COMPLAINT_STATES.items():
        assert (label.waits_for is None) == (state in TABLE.finals)


@pytest.mark.parametrize(
    ("text", "person", "named"),
    [
        ("Pak Agus setiawan marah-marah", "Agus Setiawan, S.Kom.", True),
        ("drs bambang PRASETYO", "Drs. Bambang Prasetyo, M.Si.", True),
        ("Setiawan dari bidang lain", "Agus Setiawan, S.Kom.", False),
        ("situs lambat sejak Agus", "Agus", False),
        ("petugas bernama Wagito", "Wagito", True),
        ("", "Agus Setiawan", False),
        ("apa saja", "", False),
    ],
)
def test_a_text_that_names_somebody(text: str, person: str, named: bool) -> None:
    assert names(text, person) is named


# Monday, 23 November 2026, 09.00 in Pekalongan; the office closes at 16.30 (Friday 17.00).
MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CALENDAR = known_calendar((2026, 2027))
HOUR = timedelta(hours=1)


def due(events: list[ClockEvent], *, days: int, unit: DayUnit) -> datetime:
    return due_at(events, days=days, unit=unit, now=max(event.at for event in events), calendar=CALENDAR)


def test_days_by_hand() -> None:
    started = [ClockEvent(START, MONDAY)]
    closing = CALENDAR.zone
    assert due(started, days=5, unit=DayUnit.WORKING).astimezone(closing).date().isoformat() == "2026-11-30"
    assert due(started, days=5, unit=DayUnit.CALENDAR) == datetime(2026, 11, 28, 17, 0, tzinfo=UTC)  # Sunday, 00.00


def test_time_between_a_solution_and_its_refusal_is_added() -> None:
    solved = [ClockEvent(START, MONDAY), ClockEvent(STOP, MONDAY + HOUR), ClockEvent(RESUME, MONDAY + 3 * HOUR)]
    for unit in DayUnit:
        first = due(solved[:1], days=5, unit=unit)
        assert due(solved, days=5, unit=unit) > first
    assert due(solved, days=5, unit=DayUnit.CALENDAR) - due(solved[:1], days=5, unit=DayUnit.CALENDAR) == 2 * HOUR


@given(st.integers(1, 60), st.sampled_from(DayUnit))
def test_more_days_are_later(days: int, unit: DayUnit) -> None:
    started = [ClockEvent(START, MONDAY)]
    assert due(started, days=days, unit=unit) < due(started, days=days + 1, unit=unit)
