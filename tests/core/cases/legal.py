"""DESIGN section 2, written down a second time and independently of the table in the code."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from panggon.core.cases.procedure import (
    Action,
    ClockEffect,
    Evidence,
    Facts,
    Role,
    State,
)

NOON = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)

OPD, OPD_OR_TU, TECHNICIAN = {Role.APPLICANT}, {Role.APPLICANT, Role.REGISTRAR}, {Role.TECHNICIAN}
IN_HAND = [
    State.RECEIVED,
    State.DISPOSED,
    State.VERIFYING,
    State.PREPARING,
    State.PREPARED,
    State.REPORTED,
    State.AWAITING_APPROVAL,
]

HAS_A_TECHNICIAN = [*IN_HAND[2:], State.INCOMPLETE, State.APPROVED, State.FIXING]

# (action, from, to, who, clock): every legal combination, and nothing else is legal.
LEGAL = [
    (Action.SAVE_DRAFT, State.DRAFT, State.DRAFT, OPD_OR_TU, ClockEffect.NONE),
    (Action.SAVE_DRAFT, State.INCOMPLETE, State.INCOMPLETE, OPD_OR_TU, ClockEffect.NONE),
    (Action.SUBMIT, State.DRAFT, State.SUBMITTED, OPD_OR_TU, ClockEffect.START),
    (Action.RECEIVE, State.SUBMITTED, State.RECEIVED, {Role.REGISTRAR}, ClockEffect.NONE),
    (Action.DISPOSE, State.RECEIVED, State.DISPOSED, {Role.HEAD}, ClockEffect.NONE),
    (Action.ASSIGN, State.DISPOSED, State.VERIFYING, {Role.DIVISION_HEAD}, ClockEffect.NONE),
    *((Action.REASSIGN, state, state, {Role.DIVISION_HEAD}, ClockEffect.NONE) for state in HAS_A_TECHNICIAN),
    (Action.COMPLETE, State.VERIFYING, State.PREPARING, TECHNICIAN, ClockEffect.NONE),
    (Action.RETURN_TO_APPLICANT, State.VERIFYING, State.INCOMPLETE, TECHNICIAN, ClockEffect.PAUSE),
    (Action.RETURN_TO_APPLICANT, State.PREPARING, State.INCOMPLETE, TECHNICIAN, ClockEffect.PAUSE),
    (Action.RESUBMIT, State.INCOMPLETE, State.VERIFYING, OPD_OR_TU, ClockEffect.RESUME),
    (Action.PREPARE, State.PREPARING, State.PREPARING, TECHNICIAN, ClockEffect.NONE),
    (Action.RETRY, State.PREPARING, State.PREPARING, TECHNICIAN, ClockEffect.NONE),
    (Action.RETRY, State.APPROVED, State.APPROVED, TECHNICIAN, ClockEffect.NONE),
    (Action.RECORD_PREPARATION, State.PREPARING, State.PREPARED, {Role.SYSTEM}, ClockEffect.NONE),
    (Action.RECORD_FAILURE, State.PREPARING, State.PREPARING, {Role.SYSTEM}, ClockEffect.NONE),
    (Action.RECORD_FAILURE, State.APPROVED, State.APPROVED, {Role.SYSTEM}, ClockEffect.NONE),
    (Action.REPORT, State.PREPARED, State.REPORTED, TECHNICIAN, ClockEffect.NONE),
    (Action.REQUEST_APPROVAL, State.REPORTED, State.AWAITING_APPROVAL, {Role.DIVISION_HEAD}, ClockEffect.NONE),
    (Action.SEND_BACK, State.REPORTED, State.PREPARING, {Role.DIVISION_HEAD}, ClockEffect.NONE),
    (Action.APPROVE, State.AWAITING_APPROVAL, State.APPROVED, {Role.HEAD}, ClockEffect.NONE),
    (Action.SEND_BACK, State.AWAITING_APPROVAL, State.REPORTED, {Role.HEAD}, ClockEffect.NONE),
    (Action.RECORD_OPENING, State.APPROVED, State.APPROVED, {Role.SYSTEM}, ClockEffect.NONE),
    (Action.DELIVER, State.APPROVED, State.DELIVERED, {Role.REGISTRAR, Role.SYSTEM}, ClockEffect.STOP),
    *(
        (Action.RECORD_LOGIN, state, state, {Role.SYSTEM}, ClockEffect.NONE)
        for state in (State.APPROVED, State.DELIVERED, State.FIXING)
    ),
    (Action.CONFIRM, State.DELIVERED, State.DONE, {Role.APPLICANT, Role.REGISTRAR, Role.SYSTEM}, ClockEffect.NONE),
    (Action.REPORT_NO_ACCESS, State.DELIVERED, State.FIXING, OPD_OR_TU, ClockEffect.RESUME),
    (Action.REPORT_FIXED, State.FIXING, State.DELIVERED, TECHNICIAN, ClockEffect.STOP),
    *(
        (Action.CHANGE_SPEC, state, State.PREPARING, TECHNICIAN, ClockEffect.NONE)
        for state in (State.APPROVED, State.FIXING)
    ),
    (Action.WITHDRAW, State.INCOMPLETE, State.WITHDRAWN, {*OPD_OR_TU, Role.SYSTEM}, ClockEffect.STOP),
    *((Action.WITHDRAW, state, State.WITHDRAWN, OPD_OR_TU, ClockEffect.STOP) for state in (State.SUBMITTED, *IN_HAND)),
    *(
        (Action.RECALCULATE, state, state, {Role.SYSTEM}, ClockEffect.NONE)
        for state in (State.SUBMITTED, *IN_HAND, State.INCOMPLETE, State.APPROVED, State.FIXING)
    ),
    *((Action.REFUSE, state, State.REFUSED, {Role.HEAD}, ClockEffect.STOP) for state in (State.INCOMPLETE, *IN_HAND)),
]

# Everything is as it should be, before and after the approval.
BEFORE = Facts(
    people=frozenset({"ani"}),
    of_agency=True,
    of_division=True,
    letter=True,
    agency=True,
    name_faults=(),
    contact=True,
    signed_sheet=True,
    agenda_number="7",
    letter_facts=True,
    division="INS",
    technician="ani",
    checklist_complete=True,
    reasons="Nama belum sesuai",
    refusal_letter=True,
    plan_digest="ab12",
    shown_digest="ab12",
    generation=2,
    evidence=Evidence(ok=True, generation=2, open=False, proved_at=NOON),
    documents=True,
    site_changes=(),
    signed=True,
    names_the_signer=True,
    access_document=True,
    delivers_by_itself=True,
    login_recorded=True,
    correction_unanswered=True,
)
AFTER = replace(BEFORE, approved_at=NOON, evidence=Evidence(ok=True, generation=2, open=True, proved_at=NOON + HOUR))


def good_facts(state):
    return AFTER if state in (State.APPROVED, State.DELIVERED, State.FIXING) else BEFORE
