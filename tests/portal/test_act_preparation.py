"""Steps 5 to 8: plan, evidence, the three persons, opening."""

import pytest

from panggon.core.cases.procedure import Action, Role, State
from panggon.sites.models import Outcome, Purpose
from tests.portal.office import DIGEST, refused


def test_the_plan_that_was_shown_is_the_one_that_runs(office):
    case = office.bring_to(State.PREPARING)
    assert refused(office.act, case, Action.PREPARE, office.technician) == [
        ("need.plan", ""),
        ("need.no_wish_running", ""),
    ]
    office.node_reports(Outcome.PLANNED)
    assert refused(office.act, case, Action.PREPARE, office.technician, shown_digest="e" * 64) == [
        ("need.plan_shown", "shown_digest")
    ]
    office.act(case, Action.PREPARE, office.technician, shown_digest=DIGEST)
    assert refused(office.act, case, Action.PREPARE, office.technician, shown_digest=DIGEST) == [
        ("need.no_wish_running", "")
    ]


@pytest.mark.parametrize("outcome", [Outcome.STALE, Outcome.REFUSED, Outcome.RESTORED])
def test_a_failed_preparation_is_recorded_with_its_words_and_tried_again(office, outcome):
    case = office.bring_to(State.PREPARING)
    office.node_reports(Outcome.PLANNED)
    office.act(case, Action.PREPARE, office.technician, shown_digest=DIGEST)
    case = office.told(case, office.node_reports(outcome, problem="plan.foreign"))
    failure = case.events.last()
    assert (case.state, failure.action, failure.note) == (State.PREPARING, "record_failure", "plan.foreign happened")
    assert failure.data["problem"] == "plan.foreign"
    case = office.act(case, Action.RETRY, office.technician)
    assert case.site.wishes.last().purpose == Purpose.PLAN
    assert office.prepare(case).state == State.PREPARED


def test_applied_with_a_proof_that_does_not_hold_is_a_failure(office):
    case = office.bring_to(State.PREPARING)
    office.node_reports(Outcome.PLANNED)
    office.act(case, Action.PREPARE, office.technician, shown_digest=DIGEST)
    wish = office.node_reports(Outcome.APPLIED, proofs=[{"name": "web.body", "ok": False, "detail": "502"}])
    case = office.told(case, wish)
    assert (case.state, case.events.last().action) == (State.PREPARING, "record_failure")


def test_a_report_told_twice_is_one_event(office):
    case = office.bring_to(State.PREPARING)
    office.node_reports(Outcome.PLANNED)
    office.act(case, Action.PREPARE, office.technician, shown_digest=DIGEST)
    wish = office.node_reports(Outcome.APPLIED)
    case = office.told(office.told(case, wish), wish)
    assert case.events.filter(action=Action.RECORD_PREPARATION).count() == 1


def test_steps_5_6_and_7_are_three_persons(office):
    case = office.bring_to(State.REPORTED)
    both = office.technician
    both.role_assignments.create(role=Role.DIVISION_HEAD, division=office.division)
    assert refused(office.act, case, Action.REQUEST_APPROVAL, both) == [("need.not_in_step_5", "")]
    case = office.act(case, Action.REQUEST_APPROVAL, office.division_head)
    office.papers(case)
    office.division_head.role_assignments.create(role=Role.HEAD)
    assert refused(office.act, case, Action.APPROVE, office.division_head) == [("need.not_in_step_6", "")]


def test_delivery_needs_proof_of_the_open_site(office):
    case = office.bring_to(State.APPROVED)
    office.papers(case)
    assert refused(office.act, case, Action.DELIVER, office.registrar) == [
        ("need.evidence", ""),
        ("need.evidence_open", ""),
    ]
    case = office.told(case, office.node_reports(Outcome.RESTORED, problem="tls.refused"))
    assert (case.state, case.events.last().action) == (State.APPROVED, "record_failure")
    office.act(case, Action.RETRY, office.technician)
    assert office.deliver(case).state == State.DELIVERED
