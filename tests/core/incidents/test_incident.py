"""Every state, action and role of an incident against what is allowed, written down by hand; and the law's clocks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panggon.core.cases.vocabulary import Role
from panggon.core.incidents.deadlines import Standing, next_due, obligations
from panggon.core.incidents.procedure import INCIDENT_NEEDS, TABLE, IncidentFacts, IncidentNeed
from panggon.core.incidents.vocabulary import (
    CHECKLIST,
    DUTY_LABELS,
    DUTY_SOURCES,
    INCIDENT_ACTIONS,
    INCIDENT_STATES,
    NOTE_LABELS,
    ORIGIN_LABELS,
    PERSONAL_DATA_LABELS,
    RISK_LABELS,
    Duty,
    IncidentAction,
    IncidentState,
    NoteKind,
    Origin,
    PersonalData,
    Risk,
)
from panggon.core.schedule.clock import ClockEffect
from panggon.core.state_machine import Decision

A: TypeAlias = IncidentAction
S: TypeAlias = IncidentState
R: TypeAlias = Role
FINDERS = {R.TECHNICIAN, R.COMPLAINTS_OFFICER, R.REGISTRAR, R.DIVISION_HEAD, R.HEAD, R.ADMINISTRATOR}
OFFICIALS = {R.DIVISION_HEAD, R.HEAD}
HANDLERS = {R.TECHNICIAN, *OFFICIALS}
AT_WORK, DECIDED = (S.REPORTED, S.HANDLED, S.CONTAINED), (S.HANDLED, S.CONTAINED, S.RECOVERED)
NOT_OVER = (*AT_WORK, S.RECOVERED)
# action: from (to the same state unless it is said otherwise), who
STAYING = {
    A.QUARANTINE: (AT_WORK, HANDLERS),
    A.RELEASE: (AT_WORK, OFFICIALS),
    A.REPEAT: (NOT_OVER, HANDLERS),
    A.RECORD_WORK: (NOT_OVER, {R.SYSTEM}),
    A.TAKE: (NOT_OVER, {R.TECHNICIAN}),
    A.REGRADE: (DECIDED, OFFICIALS),
    A.NOTE: (NOT_OVER, HANDLERS),
    A.ASSESS_DATA: (NOT_OVER, HANDLERS),
    A.WRITE_REPORT: (DECIDED, HANDLERS),
    A.WRITE_NOTICE: (DECIDED, HANDLERS),
    A.RECORD_TOLD: (DECIDED, HANDLERS),
}
LEGAL = {
    (A.REPORT, S.NEW): (S.REPORTED, FINDERS),
    (A.CONFIRM, S.REPORTED): (S.HANDLED, OFFICIALS),
    (A.DISMISS, S.REPORTED): (S.DISMISSED, OFFICIALS),
    (A.CONTAIN, S.HANDLED): (S.CONTAINED, HANDLERS),
    (A.RECOVER, S.CONTAINED): (S.RECOVERED, HANDLERS),
    (A.REOPEN, S.CONTAINED): (S.HANDLED, HANDLERS),
    (A.REOPEN, S.RECOVERED): (S.HANDLED, HANDLERS),
    (A.CLOSE, S.RECOVERED): (S.CLOSED, OFFICIALS),
    **{(action, state): (state, who) for action, (states, who) in STAYING.items() for state in states},
}
CLOCK = {A.REPORT: ClockEffect.START, A.DISMISS: ClockEffect.STOP, A.CLOSE: ClockEffect.STOP}
INPUTS = (
    *("words", "reasons", "risk", "personal_data", "contact", "description", "chronology", "impact"),
    *("data", "how", "handling", "duty", "lessons"),
)
GOOD = IncidentFacts(
    unconcerned=True,
    unassigned=True,
    another=True,
    may_be_quarantined=True,
    quarantined=False,
    work_failed=True,
    data_hit=True,
    data_known=True,
    duties_done=True,
    inputs=dict.fromkeys(INPUTS, "Isi."),
    checklist=dict.fromkeys(CHECKLIST, "met"),
)


def good(action: A) -> IncidentFacts:
    return replace(GOOD, quarantined=action is A.RELEASE)


def codes(answer) -> list[str]:
    return [fault.code for fault in answer.faults]


@pytest.mark.parametrize(("state", "action"), list(product(S, A)))
def test_every_state_action_and_role(state: S, action: A) -> None:
    for role in R:
        answer = TABLE.decide(state, action, roles={role}, facts=good(action))
        target, who = LEGAL.get((action, state), (None, set()))
        if target is None:
            assert codes(answer) == ["action.not_from_this_state"]
        elif role not in who:
            assert codes(answer) == ["action.not_your_role"]
        else:
            assert isinstance(answer, Decision)
            expected = (target, role, CLOCK.get(action, ClockEffect.NONE))
            assert (answer.target, answer.role, answer.clock) == expected


def test_nobody_handles_an_incident_about_himself() -> None:
    for (action, state), (_, who) in LEGAL.items():
        for role in who if action not in (A.REPORT, A.RECORD_WORK) else ():
            answer = TABLE.decide(state, action, roles={role}, facts=replace(good(action), unconcerned=False))
            assert codes(answer) == ["need.incident_not_concerned"]


def test_whoever_had_a_site_quarantined_does_not_release_it() -> None:
    for state, role in product(AT_WORK, OFFICIALS):
        answer = TABLE.decide(state, A.RELEASE, roles={role}, facts=replace(good(A.RELEASE), another=False))
        assert codes(answer) == ["need.another_person"]


def test_a_technician_has_a_site_quarantined_before_anybody_has_decided_but_needs_a_reason() -> None:
    bare = replace(GOOD, inputs={"reasons": " "})
    assert codes(TABLE.decide(S.REPORTED, A.QUARANTINE, roles={R.TECHNICIAN}, facts=bare)) == ["need.incident_reasons"]
    twice = replace(GOOD, may_be_quarantined=False)
    refused = TABLE.decide(S.REPORTED, A.QUARANTINE, roles={R.TECHNICIAN}, facts=twice)
    assert codes(refused) == ["need.may_be_quarantined"]


def test_it_is_not_over_while_a_site_is_quarantined_or_a_duty_is_open() -> None:
    shut = replace(GOOD, quarantined=True)
    assert codes(TABLE.decide(S.REPORTED, A.DISMISS, roles={R.HEAD}, facts=shut)) == ["need.not_quarantined"]
    assert codes(TABLE.decide(S.CONTAINED, A.RECOVER, roles={R.TECHNICIAN}, facts=shut)) == ["need.not_quarantined"]
    open_duties = replace(GOOD, data_known=False, duties_done=False, inputs={}, checklist={})
    assert codes(TABLE.decide(S.RECOVERED, A.CLOSE, roles={R.HEAD}, facts=open_duties)) == [
        "need.data_known",
        "need.duties_done",
        "need.closing_checklist",
        "need.lessons",
    ]


@pytest.mark.parametrize("item", CHECKLIST)
def test_every_item_of_the_checklist_is_answered(item: str) -> None:
    facts = replace(GOOD, checklist={**GOOD.checklist, item: " "})
    assert codes(TABLE.decide(S.RECOVERED, A.CLOSE, roles={R.HEAD}, facts=facts)) == ["need.closing_checklist"]


def test_unknown_facts_let_nobody_act() -> None:
    for action, state in set(LEGAL) - {(A.RECORD_WORK, state) for state in S}:
        for role in LEGAL[action, state][1]:
            assert not isinstance(TABLE.decide(state, action, roles={role}, facts=IncidentFacts()), Decision)


def test_everything_has_its_words() -> None:
    assert (set(INCIDENT_STATES), set(INCIDENT_ACTIONS), set(INCIDENT_NEEDS)) == (set(S), set(A), set(IncidentNeed))
    assert (set(RISK_LABELS), set(PERSONAL_DATA_LABELS), set(NOTE_LABELS)) == (
        set(Risk),
        set(PersonalData),
        set(NoteKind),
    )
    assert (set(ORIGIN_LABELS), set(DUTY_LABELS), set(DUTY_SOURCES)) == (set(Origin), set(Duty), set(Duty))
    for state, label in INCIDENT_STATES.items():
        assert (label.waits_for is None) == (state in TABLE.finals)


# Saturday, 28 November 2026, 23.00 in Pekalongan: no office is open.
NIGHT = datetime(2026, 11, 28, 16, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_personal_data_are_told_of_within_72_hours_by_the_hands_of_the_clock() -> None:
    subjects, authority = obligations(Standing(NIGHT, breach_known_at=NIGHT + HOUR))
    assert (subjects.duty, authority.duty) == (Duty.SUBJECTS_NOTICE, Duty.AUTHORITY_NOTICE)
    for each in (subjects, authority):
        assert each.due_at == datetime(2026, 12, 1, 17, 0, tzinfo=UTC)  # Wednesday, 00.00 in Pekalongan
    assert [subjects.level_due(given=0, now=NIGHT + hours * HOUR) for hours in (36, 37, 58.5, 59, 73)] == (
        [None, 50, 50, 80, 100]
    )
    assert subjects.level_due(given=80, now=NIGHT + 60 * HOUR) is None
    assert not subjects.is_late(NIGHT + 73 * HOUR)
    assert subjects.is_late(NIGHT + 74 * HOUR)


def test_what_was_told_is_due_no_more_and_stays_late_when_it_was() -> None:
    told = {Duty.SUBJECTS_NOTICE: NIGHT + 71 * HOUR, Duty.AUTHORITY_NOTICE: NIGHT + 73 * HOUR}
    subjects, authority = obligations(Standing(NIGHT, breach_known_at=NIGHT, told=told))
    assert (subjects.open, subjects.is_late(NIGHT + 99 * HOUR), authority.is_late(NIGHT + 99 * HOUR)) == (
        False,
        False,
        True,
    )
    assert subjects.level_due(given=0, now=NIGHT + 99 * HOUR) is None
    assert next_due((subjects, authority)) is None


@pytest.mark.parametrize(
    ("risk", "vital", "due"),
    [
        (None, False, ()),
        (Risk.LOW, False, ()),
        (Risk.MEDIUM, False, ()),
        (Risk.HIGH, False, (None,)),  # a duty, and no hour that was read
        (Risk.HIGH, True, (NIGHT + 24 * HOUR,)),
        (Risk.LOW, True, (NIGHT + 24 * HOUR,)),
    ],
)
def test_the_report_to_the_sector(risk: Risk | None, vital: bool, due: tuple[datetime | None, ...]) -> None:
    found = obligations(Standing(NIGHT, risk, vital))
    assert tuple(each.due_at for each in found) == due
    assert {each.duty for each in found} <= {Duty.SECTOR_REPORT}
    assert next_due(found) == next(iter(due), None)


@given(st.timedeltas(timedelta(), timedelta(days=9)), st.sampled_from((0, 50, 80, 100)))
def test_a_level_is_told_once_and_never_before_its_time(passed: timedelta, given_level: int) -> None:
    (duty,) = obligations(Standing(NIGHT, vital=True))
    level = duty.level_due(given=given_level, now=NIGHT + passed)
    assert level is None or (level > given_level and passed / (24 * HOUR) * 100 >= level)
