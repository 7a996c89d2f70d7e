"""Every state, action and role against the list of what is legal."""

from itertools import product

import pytest

from panggon.core.cases.procedure import (
    NOTES,
    TABLE,
    Action,
    ClockEffect,
    Decision,
    Effect,
    Facts,
    Need,
    Refusal,
    Role,
    State,
    waits_for,
)
from panggon.core.errors import Fault
from tests.core.cases.legal import LEGAL, OPD, TECHNICIAN, good_facts


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("action", Action)
def test_every_state_action_and_role(state, action):
    rows = [(target, who, clock) for name, source, target, who, clock in LEGAL if (name, source) == (action, state)]
    for role in Role:
        answer = TABLE.decide(state, action, roles={role}, facts=good_facts(state))
        if not rows:
            assert [fault.code for fault in answer.faults] == ["action.not_from_this_state"]
        elif role not in rows[0][1]:
            assert [fault.code for fault in answer.faults] == ["action.not_your_role"]
        else:
            target, _, clock = rows[0]
            assert isinstance(answer, Decision)
            assert (answer.source, answer.action, answer.target, answer.role) == (state, action, target, role)
            assert answer.clock is clock


def test_nothing_but_what_the_sk_requires_is_asked_of_an_opd():
    bare = Facts(of_agency=True, letter=True, agency=True, name_faults=(), contact=True)
    assert isinstance(TABLE.decide(State.DRAFT, Action.SUBMIT, roles=OPD, facts=bare), Decision)
    nothing = TABLE.decide(State.DRAFT, Action.SUBMIT, roles=OPD, facts=Facts(of_agency=True))
    assert nothing == Refusal(
        (
            Fault("need.letter", "letter"),
            Fault("need.agency", "agency"),
            Fault("need.name", "label"),
            Fault("need.contact", "contact"),
        )
    )


def test_unknown_facts_meet_no_need_that_protects():
    for action, state, _, who, _ in LEGAL:
        if who & {Role.APPLICANT, Role.TECHNICIAN, Role.DIVISION_HEAD} == who:
            assert isinstance(TABLE.decide(state, action, roles=who, facts=Facts()), Refusal)


def test_an_administrator_decides_nothing():
    assert all(TABLE.offers(state, roles={Role.ADMINISTRATOR}, facts=good_facts(state)) == () for state in State)


EFFECTS = {
    (Action.RECEIVE, State.SUBMITTED): {Effect.RECEIPT_PAPER},
    (Action.DISPOSE, State.RECEIVED): {Effect.DISPOSITION_PAPER},
    (Action.COMPLETE, State.VERIFYING): {Effect.CHECKLIST_PAPER, Effect.WISH_PLAN},
    **{
        (Action.RETURN_TO_APPLICANT, state): {Effect.CHECKLIST_PAPER, Effect.CORRECTION_NOTICE, Effect.CANCEL_WISH}
        for state in (State.VERIFYING, State.PREPARING)
    },
    (Action.PREPARE, State.PREPARING): {Effect.WISH_APPLY},
    (Action.RETRY, State.PREPARING): {Effect.WISH_PLAN},
    (Action.RETRY, State.APPROVED): {Effect.WISH_OPEN},
    (Action.REPORT, State.PREPARED): {Effect.REPORT_PAPER},
    (Action.REQUEST_APPROVAL, State.REPORTED): {
        Effect.HOSTING_DOCUMENT,
        Effect.ACCESS_DOCUMENT,
        Effect.COVER_LETTER,
        Effect.APPROVAL_REQUEST_PAPER,
    },
    (Action.SEND_BACK, State.AWAITING_APPROVAL): {Effect.VOID_DOCUMENTS},
    (Action.SEND_BACK, State.REPORTED): {Effect.WISH_PLAN},
    (Action.APPROVE, State.AWAITING_APPROVAL): {Effect.WISH_OPEN},
    (Action.DELIVER, State.APPROVED): {Effect.INVITE_ADMIN},
    (Action.REPORT_NO_ACCESS, State.DELIVERED): {Effect.WISH_LOOK},
    **{(Action.CHANGE_SPEC, state): {Effect.WISH_PLAN} for state in (State.APPROVED, State.FIXING)},
    (Action.CONFIRM, State.DELIVERED): {Effect.HANDOVER_RECORD, Effect.INVITE_SURVEY},
    **{
        (action, state): {Effect.CANCEL_WISH, Effect.VOID_DOCUMENTS, Effect.WISH_PARK, Effect.INVITE_SURVEY}
        | ({Effect.REFUSAL_NOTICE} if action is Action.REFUSE else set())
        for action, state, *_ in LEGAL
        if action in (Action.WITHDRAW, Action.REFUSE)
    },
}
NOTIFICATIONS = {effect for effect in Effect if effect.startswith("notify_")}


def test_what_is_only_written_down_moves_nothing_and_is_nobodys_act():
    for row in (row for row in TABLE.rows if row.action in NOTES):
        assert (row.sources, row.roles.keys(), row.clock) == ((row.target,), {Role.SYSTEM}, ClockEffect.NONE)


def test_effects():
    for action, state, _, who, _ in LEGAL:
        effects = set(TABLE.decide(state, action, roles=who, facts=good_facts(state)).effects)
        assert effects - NOTIFICATIONS == EFFECTS.get((action, state), set())
        if Effect.NOTIFY_NEXT in effects:
            assert waits_for(TABLE.row(state, action).target) is not None


def test_offers_of_a_technician_before_the_plan_is_there():
    facts = Facts(people=frozenset({"ani"}), technician="ani")
    offers = {offer.action: offer for offer in TABLE.offers(State.PREPARING, roles=TECHNICIAN, facts=facts)}
    assert set(offers) == {Action.RETURN_TO_APPLICANT, Action.PREPARE, Action.RETRY}
    assert offers[Action.PREPARE].blockers == (Fault("need.plan"),)
    assert offers[Action.PREPARE].asks == (Need.PLAN_SHOWN,)
    assert offers[Action.RETURN_TO_APPLICANT].possible
    assert offers[Action.RETURN_TO_APPLICANT].asks == (Need.REASONS,)


@pytest.mark.parametrize(("state", "role"), list(product(State, Role)))
def test_what_is_offered_as_possible_is_decided_once_the_form_is_filled(state, role):
    facts = good_facts(state)
    offered = {offer.action for offer in TABLE.offers(state, roles={role}, facts=facts) if offer.possible}
    decided = {
        action for action in Action if isinstance(TABLE.decide(state, action, roles={role}, facts=facts), Decision)
    }
    assert offered == decided
