"""Each need, broken alone; and the three persons of steps 5, 6 and 7."""

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panggon.core.cases.procedure import (
    TABLE,
    Action,
    Decision,
    Evidence,
    Need,
    Refusal,
    Role,
    State,
)
from panggon.core.errors import Fault
from panggon.core.papers.signing import Change
from tests.core.cases.legal import AFTER, BEFORE, HOUR, LEGAL, NOON, OPD, OPD_OR_TU, good_facts

# (action, from, role, the one thing that is not as it should be, the need that says so)
OTHER = Evidence(ok=True, generation=1, open=False, proved_at=NOON)
FAILED = Evidence(ok=False, generation=2, open=False, proved_at=NOON)
OPEN_TOO_EARLY = Evidence(ok=True, generation=2, open=True, proved_at=NOON)
STILL_LOCKED = Evidence(ok=True, generation=2, open=False, proved_at=NOON + HOUR)
UNPROVEN = Evidence(ok=False, generation=2, open=True, proved_at=NOON + HOUR)
REQUIRED = [
    ({"letter": False}, Need.LETTER),
    ({"agency": False}, Need.AGENCY),
    ({"name_faults": None}, Need.NAME),
    ({"name_faults": (Fault("label.reserved"),)}, Need.NAME),
    ({"contact": False}, Need.CONTACT),
]
STEP_6 = {"done_by": {Action.REQUEST_APPROVAL: frozenset({"ani"})}}
STEP_7 = {"done_by": {Action.APPROVE: frozenset({"ani", "budi"})}}
BROKEN = [
    *((Action.SUBMIT, State.DRAFT, role, change, need) for role in OPD_OR_TU for change, need in REQUIRED),
    *((Action.RESUBMIT, State.INCOMPLETE, role, change, need) for role in OPD_OR_TU for change, need in REQUIRED),
    (Action.RESUBMIT, State.INCOMPLETE, Role.REGISTRAR, {"signed_sheet": False}, Need.SIGNED_SHEET),
    (Action.CONFIRM, State.DELIVERED, Role.REGISTRAR, {"signed_sheet": False}, Need.SIGNED_SHEET),
    (Action.WITHDRAW, State.SUBMITTED, Role.REGISTRAR, {"signed_sheet": False}, Need.SIGNED_SHEET),
    (Action.WITHDRAW, State.INCOMPLETE, Role.REGISTRAR, {"signed_sheet": False}, Need.SIGNED_SHEET),
    (Action.CONFIRM, State.DELIVERED, Role.SYSTEM, {"login_recorded": False}, Need.LOGIN_RECORDED),
    *(
        (action, state, Role.APPLICANT, {"of_agency": False}, Need.OWN_AGENCY)
        for action, state, _, who, _ in LEGAL
        if Role.APPLICANT in who
    ),
    *(
        (action, state, Role.DIVISION_HEAD, {"of_division": False}, Need.OWN_DIVISION)
        for action, state, _, who, _ in LEGAL
        if Role.DIVISION_HEAD in who
    ),
    *(
        (action, state, Role.TECHNICIAN, {"technician": "budi"}, Need.ASSIGNED_TECHNICIAN)
        for action, state, _, who, _ in LEGAL
        if Role.TECHNICIAN in who
    ),
    (Action.RECEIVE, State.SUBMITTED, Role.REGISTRAR, {"agenda_number": " "}, Need.AGENDA_NUMBER),
    (Action.RECEIVE, State.SUBMITTED, Role.REGISTRAR, {"letter_facts": False}, Need.LETTER_FACTS),
    (Action.DISPOSE, State.RECEIVED, Role.HEAD, {"division": ""}, Need.DIVISION),
    (Action.ASSIGN, State.DISPOSED, Role.DIVISION_HEAD, {"technician": ""}, Need.TECHNICIAN),
    (Action.REASSIGN, State.REPORTED, Role.DIVISION_HEAD, {"technician": ""}, Need.TECHNICIAN),
    (Action.REASSIGN, State.REPORTED, Role.DIVISION_HEAD, {"reasons": ""}, Need.REASONS),
    (Action.COMPLETE, State.VERIFYING, Role.TECHNICIAN, {"checklist_complete": False}, Need.CHECKLIST),
    (Action.RETURN_TO_APPLICANT, State.VERIFYING, Role.TECHNICIAN, {"reasons": ""}, Need.REASONS),
    (Action.RETURN_TO_APPLICANT, State.PREPARING, Role.TECHNICIAN, {"reasons": "\n"}, Need.REASONS),
    (Action.PREPARE, State.PREPARING, Role.TECHNICIAN, {"plan_digest": "", "shown_digest": ""}, Need.PLAN),
    (Action.PREPARE, State.PREPARING, Role.TECHNICIAN, {"shown_digest": "cd34"}, Need.PLAN_SHOWN),
    (Action.PREPARE, State.PREPARING, Role.TECHNICIAN, {"wish_running": True}, Need.NO_WISH_RUNNING),
    (Action.PREPARE, State.PREPARING, Role.TECHNICIAN, STEP_6, Need.NOT_IN_STEP_6),
    (Action.PREPARE, State.PREPARING, Role.TECHNICIAN, STEP_7, Need.NOT_IN_STEP_7),
    (Action.RETRY, State.PREPARING, Role.TECHNICIAN, {"wish_running": True}, Need.NO_WISH_RUNNING),
    (Action.RETRY, State.APPROVED, Role.TECHNICIAN, {"wish_running": True}, Need.NO_WISH_RUNNING),
    *(
        (Action.RECORD_PREPARATION, State.PREPARING, Role.SYSTEM, {"evidence": wrong}, Need.EVIDENCE)
        for wrong in (OTHER, FAILED)
    ),
    (Action.RECORD_PREPARATION, State.PREPARING, Role.SYSTEM, {"evidence": OPEN_TOO_EARLY}, Need.EVIDENCE_LOCKED),
    *(
        (Action.REPORT, State.PREPARED, Role.TECHNICIAN, {"evidence": wrong}, Need.EVIDENCE)
        for wrong in (OTHER, FAILED, None)
    ),
    (Action.REPORT, State.PREPARED, Role.TECHNICIAN, STEP_6, Need.NOT_IN_STEP_6),
    (Action.REPORT, State.PREPARED, Role.TECHNICIAN, STEP_7, Need.NOT_IN_STEP_7),
    (Action.REQUEST_APPROVAL, State.REPORTED, Role.DIVISION_HEAD, {"evidence": FAILED}, Need.EVIDENCE),
    (
        Action.REQUEST_APPROVAL,
        State.REPORTED,
        Role.DIVISION_HEAD,
        {"done_by": {Action.REPORT: {"ani"}}},
        Need.NOT_IN_STEP_5,
    ),
    (Action.REQUEST_APPROVAL, State.REPORTED, Role.DIVISION_HEAD, STEP_7, Need.NOT_IN_STEP_7),
    (Action.SEND_BACK, State.REPORTED, Role.DIVISION_HEAD, {"reasons": ""}, Need.REASONS),
    (Action.SEND_BACK, State.AWAITING_APPROVAL, Role.HEAD, {"reasons": ""}, Need.REASONS),
    (Action.APPROVE, State.AWAITING_APPROVAL, Role.HEAD, {"documents": False}, Need.DOCUMENTS),
    (Action.APPROVE, State.AWAITING_APPROVAL, Role.HEAD, {"site_changes": None}, Need.AS_DOCUMENTED),
    (Action.APPROVE, State.AWAITING_APPROVAL, Role.HEAD, {"signed": False}, Need.SIGNATURE),
    (Action.APPROVE, State.AWAITING_APPROVAL, Role.HEAD, {"names_the_signer": False}, Need.NAMES_THE_SIGNER),
    (Action.APPROVE, State.AWAITING_APPROVAL, Role.HEAD, {"evidence": OTHER}, Need.EVIDENCE),
    (Action.APPROVE, State.AWAITING_APPROVAL, Role.HEAD, {"done_by": {Action.PREPARE: {"ani"}}}, Need.NOT_IN_STEP_5),
    (Action.APPROVE, State.AWAITING_APPROVAL, Role.HEAD, {"done_by": {Action.REPORT: {"ani"}}}, Need.NOT_IN_STEP_5),
    (Action.APPROVE, State.AWAITING_APPROVAL, Role.HEAD, STEP_6, Need.NOT_IN_STEP_6),
    *(
        (action, State.APPROVED, Role.SYSTEM, {"evidence": wrong}, Need.EVIDENCE_OPEN)
        for action in (Action.RECORD_OPENING, Action.DELIVER)
        for wrong in (OPEN_TOO_EARLY, STILL_LOCKED)
    ),
    (Action.DELIVER, State.APPROVED, Role.REGISTRAR, {"evidence": UNPROVEN}, Need.EVIDENCE),
    (Action.DELIVER, State.APPROVED, Role.REGISTRAR, {"access_document": False}, Need.ACCESS_DOCUMENT),
    *(
        (Action.DELIVER, State.APPROVED, Role.REGISTRAR, {"site_changes": changes}, Need.AS_HANDED_OVER)
        for changes in (None, (Change("Sidik kunci server", "SHA256:a", "SHA256:b"),))
    ),
    (Action.DELIVER, State.APPROVED, Role.SYSTEM, {"delivers_by_itself": False}, Need.DELIVERS_BY_ITSELF),
    (Action.REPORT_NO_ACCESS, State.DELIVERED, Role.REGISTRAR, {"reasons": ""}, Need.REASONS),
    (Action.WITHDRAW, State.INCOMPLETE, Role.SYSTEM, {"correction_unanswered": False}, Need.CORRECTION_UNANSWERED),
    (Action.WITHDRAW, State.PREPARING, Role.APPLICANT, {"approved_at": NOON}, Need.NEVER_APPROVED),
    (Action.REFUSE, State.RECEIVED, Role.HEAD, {"reasons": ""}, Need.REASONS),
    (Action.REFUSE, State.RECEIVED, Role.HEAD, {"refusal_letter": False}, Need.REFUSAL_LETTER),
    (Action.REFUSE, State.REPORTED, Role.HEAD, {"approved_at": NOON}, Need.NEVER_APPROVED),
]


@pytest.mark.parametrize(("action", "state", "role", "change", "need"), BROKEN)
def test_one_thing_missing_is_one_need_named(action, state, role, change, need):
    answer = TABLE.decide(state, action, roles={role}, facts=replace(good_facts(state), **change))
    assert isinstance(answer, Refusal)
    assert need in {fault.code.removeprefix("need.") for fault in answer.faults}
    if "technician" not in change:  # an empty choice of a technician is also nobody's assignment
        assert len(answer.faults) == 1


def test_every_need_was_broken_above():
    assert {need for *_, need in BROKEN} == set(Need)


PEOPLE = st.frozensets(st.sampled_from("abcd"), min_size=1, max_size=2)  # who acts, and on whose behalf
ATTEMPTS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                Action.PREPARE,
                Action.RECORD_PREPARATION,
                Action.REPORT,
                Action.REQUEST_APPROVAL,
                Action.SEND_BACK,
                Action.APPROVE,
            ]
        ),
        PEOPLE,
    ),
    max_size=40,
)


@settings(max_examples=200)
@given(ATTEMPTS)
def test_steps_5_6_and_7_never_share_a_person(attempts):
    state, done = State.PREPARING, {}
    for action, people in attempts:
        facts = replace(BEFORE, people=people, technician=min(people), done_by=done)
        answer = TABLE.decide(state, action, roles=set(Role), facts=facts)
        if isinstance(answer, Decision):
            state, done = answer.target, done | {action: done.get(action, frozenset()) | people}
    nobody = frozenset()
    steps = [
        done.get(Action.PREPARE, nobody) | done.get(Action.REPORT, nobody),
        done.get(Action.REQUEST_APPROVAL, nobody),
        done.get(Action.APPROVE, nobody),
    ]
    assert all(one.isdisjoint(other) for one, other in combinations(steps, 2))


def test_three_persons_are_enough():
    state, done = State.PREPARING, {}
    for action, person in [
        (Action.PREPARE, "a"),
        (Action.RECORD_PREPARATION, "x"),
        (Action.REPORT, "a"),
        (Action.REQUEST_APPROVAL, "b"),
        (Action.APPROVE, "c"),
    ]:
        facts = replace(BEFORE, people=frozenset({person}), technician="a", done_by=done)
        state = TABLE.decide(state, action, roles=set(Role), facts=facts).target
        done = done | {action: frozenset({person})}
    assert state is State.APPROVED


def test_a_delegate_counts_with_the_one_for_whom_he_acts():
    facts = replace(BEFORE, people=frozenset({"plh", "kepala"}), done_by={Action.REQUEST_APPROVAL: frozenset({"plh"})})
    answer = TABLE.decide(State.AWAITING_APPROVAL, Action.APPROVE, roles={Role.HEAD}, facts=facts)
    assert answer == Refusal((Fault("need.not_in_step_6"),))


def test_a_changed_spec_repeats_the_steps_with_the_site_open():
    """The evidence of an open site is enough once the site was approved; withdrawing is over for good."""
    answer = TABLE.decide(State.PREPARING, Action.RECORD_PREPARATION, roles={Role.SYSTEM}, facts=AFTER)
    assert isinstance(answer, Decision)
    assert isinstance(TABLE.decide(State.PREPARING, Action.WITHDRAW, roles=OPD, facts=AFTER), Refusal)
