"""The procedure of the SK as one table: nothing else decides what is legal.

Source: SK 060/040/III Tahun 2022, steps 1 to 9. `TABLE.decide` answers whether an action is legal now, `TABLE.offers`
what a person may press now; `docs/procedure.md` is printed from it.
"""

from collections.abc import Mapping

from panggon.core.cases.needs import CONDITIONS, NEED_WORDS, Evidence, Facts, Need
from panggon.core.cases.vocabulary import ACTION_LABELS, ROLE_LABELS, STATE_LABELS, Action, Effect, Role, State
from panggon.core.schedule.clock import ClockEffect
from panggon.core.state_machine import Decision, Offer, Refusal, Row, Table

__all__ = [
    "ACTION_LABELS",
    "NEED_WORDS",
    "NOTES",
    "ROLE_LABELS",
    "STATE_LABELS",
    "TABLE",
    "WITH_TECHNICIAN",
    "Action",
    "ClockEffect",
    "Decision",
    "Effect",
    "Evidence",
    "Facts",
    "Need",
    "Offer",
    "Refusal",
    "Role",
    "State",
    "next_words",
    "step_of",
    "step_under_way",
    "waits_for",
]

Roles = Mapping[Role, tuple[Need, ...]]

OPD: Roles = {Role.APPLICANT: (Need.OWN_AGENCY,)}
OPD_OR_DESK: Roles = {**OPD, Role.REGISTRAR: ()}
OPD_OR_SIGNED_SHEET: Roles = {**OPD, Role.REGISTRAR: (Need.SIGNED_SHEET,)}
REGISTRAR: Roles = {Role.REGISTRAR: ()}
HEAD: Roles = {Role.HEAD: ()}
DIVISION_HEAD: Roles = {Role.DIVISION_HEAD: (Need.OWN_DIVISION,)}
TECHNICIAN: Roles = {Role.TECHNICIAN: (Need.ASSIGNED_TECHNICIAN,)}
SYSTEM: Roles = {Role.SYSTEM: ()}

# What the SK requires of an OPD, and no more: all else is optional and never a ground to return or refuse.
REQUIRED = (Need.LETTER, Need.AGENCY, Need.NAME, Need.CONTACT)
TELL = (Effect.NOTIFY_APPLICANT, Effect.NOTIFY_NEXT)
UNDO = (
    Effect.CANCEL_WISH,
    Effect.VOID_DOCUMENTS,
    Effect.WISH_PARK,
    Effect.NOTIFY_APPLICANT,
    Effect.NOTIFY_INVOLVED,
    Effect.INVITE_SURVEY,
)

IN_HAND = (
    State.RECEIVED,
    State.DISPOSED,
    State.VERIFYING,
    State.PREPARING,
    State.PREPARED,
    State.REPORTED,
    State.AWAITING_APPROVAL,
)
CLOCK_OPEN = (State.SUBMITTED, *IN_HAND, State.INCOMPLETE, State.APPROVED, State.FIXING)

# From the assignment until the case is handed over for good, somebody is its technician.
WITH_TECHNICIAN = (
    State.VERIFYING,
    State.INCOMPLETE,
    State.PREPARING,
    State.PREPARED,
    State.REPORTED,
    State.AWAITING_APPROVAL,
    State.APPROVED,
    State.FIXING,
)

ProcedureRow = Row[State, Action, Role, Need, Effect]

ROWS: tuple[ProcedureRow, ...] = (
    Row(Action.SAVE_DRAFT, (State.DRAFT,), State.DRAFT, OPD_OR_DESK),
    Row(Action.SAVE_DRAFT, (State.INCOMPLETE,), State.INCOMPLETE, OPD_OR_DESK),
    Row(
        Action.SUBMIT,
        (State.DRAFT,),
        State.SUBMITTED,
        OPD_OR_DESK,
        needs=REQUIRED,
        clock=ClockEffect.START,
        effects=TELL,
    ),
    Row(
        Action.RECEIVE,
        (State.SUBMITTED,),
        State.RECEIVED,
        REGISTRAR,
        needs=(Need.AGENDA_NUMBER, Need.LETTER_FACTS),
        effects=(Effect.RECEIPT_PAPER, *TELL),
    ),
    Row(
        Action.DISPOSE,
        (State.RECEIVED,),
        State.DISPOSED,
        HEAD,
        needs=(Need.DIVISION,),
        effects=(Effect.DISPOSITION_PAPER, Effect.NOTIFY_NEXT),
    ),
    Row(
        Action.ASSIGN,
        (State.DISPOSED,),
        State.VERIFYING,
        DIVISION_HEAD,
        needs=(Need.TECHNICIAN,),
        effects=(Effect.NOTIFY_NEXT,),
    ),
    *(
        Row(
            Action.REASSIGN,
            (state,),
            state,
            DIVISION_HEAD,
            needs=(Need.TECHNICIAN, Need.REASONS),
            effects=(Effect.NOTIFY_SUCCESSOR, Effect.NOTIFY_FORMER),
        )
        for state in WITH_TECHNICIAN
    ),
    Row(
        Action.COMPLETE,
        (State.VERIFYING,),
        State.PREPARING,
        TECHNICIAN,
        needs=(Need.CHECKLIST,),
        effects=(Effect.CHECKLIST_PAPER, Effect.WISH_PLAN, Effect.NOTIFY_APPLICANT),
    ),
    Row(
        Action.RETURN_TO_APPLICANT,
        (State.VERIFYING, State.PREPARING),
        State.INCOMPLETE,
        TECHNICIAN,
        needs=(Need.REASONS,),
        clock=ClockEffect.PAUSE,
        effects=(Effect.CHECKLIST_PAPER, Effect.CORRECTION_NOTICE, Effect.CANCEL_WISH, Effect.NOTIFY_APPLICANT),
    ),
    Row(
        Action.RESUBMIT,
        (State.INCOMPLETE,),
        State.VERIFYING,
        OPD_OR_SIGNED_SHEET,
        needs=REQUIRED,
        clock=ClockEffect.RESUME,
        effects=(Effect.NOTIFY_NEXT,),
    ),
    Row(
        Action.PREPARE,
        (State.PREPARING,),
        State.PREPARING,
        TECHNICIAN,
        needs=(Need.PLAN, Need.PLAN_SHOWN, Need.NO_WISH_RUNNING, Need.NOT_IN_STEP_6, Need.NOT_IN_STEP_7),
        effects=(Effect.WISH_APPLY,),
    ),
    Row(
        Action.RETRY,
        (State.PREPARING,),
        State.PREPARING,
        TECHNICIAN,
        needs=(Need.NO_WISH_RUNNING,),
        effects=(Effect.WISH_PLAN,),
    ),
    Row(
        Action.RETRY,
        (State.APPROVED,),
        State.APPROVED,
        TECHNICIAN,
        needs=(Need.NO_WISH_RUNNING,),
        effects=(Effect.WISH_OPEN,),
    ),
    Row(
        Action.RECORD_PREPARATION,
        (State.PREPARING,),
        State.PREPARED,
        SYSTEM,
        needs=(Need.EVIDENCE, Need.EVIDENCE_LOCKED),
        effects=(Effect.NOTIFY_NEXT,),
    ),
    Row(Action.RECORD_FAILURE, (State.PREPARING,), State.PREPARING, SYSTEM, effects=(Effect.NOTIFY_TECHNICIAN,)),
    Row(Action.RECORD_FAILURE, (State.APPROVED,), State.APPROVED, SYSTEM, effects=(Effect.NOTIFY_TECHNICIAN,)),
    Row(
        Action.REPORT,
        (State.PREPARED,),
        State.REPORTED,
        TECHNICIAN,
        needs=(Need.EVIDENCE, Need.NOT_IN_STEP_6, Need.NOT_IN_STEP_7),
        effects=(Effect.REPORT_PAPER, Effect.NOTIFY_NEXT),
    ),
    Row(
        Action.REQUEST_APPROVAL,
        (State.REPORTED,),
        State.AWAITING_APPROVAL,
        DIVISION_HEAD,
        needs=(Need.EVIDENCE, Need.NOT_IN_STEP_5, Need.NOT_IN_STEP_7),
        effects=(
            Effect.HOSTING_DOCUMENT,
            Effect.ACCESS_DOCUMENT,
            Effect.COVER_LETTER,
            Effect.APPROVAL_REQUEST_PAPER,
            Effect.NOTIFY_NEXT,
        ),
    ),
    Row(
        Action.SEND_BACK,
        (State.REPORTED,),
        State.PREPARING,
        DIVISION_HEAD,
        needs=(Need.REASONS,),
        effects=(Effect.WISH_PLAN, Effect.NOTIFY_NEXT),
    ),
    Row(
        Action.SEND_BACK,
        (State.AWAITING_APPROVAL,),
        State.REPORTED,
        HEAD,
        needs=(Need.REASONS,),
        effects=(Effect.VOID_DOCUMENTS, Effect.NOTIFY_NEXT),
    ),
    Row(
        Action.APPROVE,
        (State.AWAITING_APPROVAL,),
        State.APPROVED,
        HEAD,
        needs=(
            Need.DOCUMENTS,
            Need.NAMES_THE_SIGNER,
            Need.EVIDENCE,
            Need.AS_DOCUMENTED,
            Need.SIGNATURE,
            Need.NOT_IN_STEP_5,
            Need.NOT_IN_STEP_6,
        ),
        effects=(Effect.WISH_OPEN, *TELL),
    ),
    Row(
        Action.RECORD_OPENING,
        (State.APPROVED,),
        State.APPROVED,
        SYSTEM,
        needs=(Need.EVIDENCE, Need.EVIDENCE_OPEN),
        effects=(Effect.NOTIFY_NEXT,),
    ),
    Row(
        Action.DELIVER,
        (State.APPROVED,),
        State.DELIVERED,
        {**REGISTRAR, Role.SYSTEM: (Need.DELIVERS_BY_ITSELF,)},
        needs=(Need.EVIDENCE, Need.EVIDENCE_OPEN, Need.ACCESS_DOCUMENT, Need.AS_HANDED_OVER),
        clock=ClockEffect.STOP,
        effects=(Effect.INVITE_ADMIN, Effect.NOTIFY_APPLICANT),
    ),
    # The owner may have come in with a key of the request before the papers were sent.
    *(
        Row(Action.RECORD_LOGIN, (state,), state, SYSTEM, needs=(Need.LOGIN_RECORDED,), effects=effects)
        for state, effects in (
            (State.APPROVED, ()),
            (State.DELIVERED, (Effect.NOTIFY_APPLICANT,)),
            (State.FIXING, (Effect.NOTIFY_NEXT,)),
        )
    ),
    Row(
        Action.CONFIRM,
        (State.DELIVERED,),
        State.DONE,
        {**OPD_OR_SIGNED_SHEET, Role.SYSTEM: (Need.LOGIN_RECORDED,)},
        effects=(Effect.HANDOVER_RECORD, Effect.NOTIFY_APPLICANT, Effect.INVITE_SURVEY),
    ),
    Row(
        Action.REPORT_NO_ACCESS,
        (State.DELIVERED,),
        State.FIXING,
        OPD_OR_DESK,
        needs=(Need.REASONS,),
        clock=ClockEffect.RESUME,
        effects=(Effect.WISH_LOOK, Effect.NOTIFY_NEXT),
    ),
    Row(
        Action.REPORT_FIXED,
        (State.FIXING,),
        State.DELIVERED,
        TECHNICIAN,
        clock=ClockEffect.STOP,
        effects=(Effect.NOTIFY_APPLICANT,),
    ),
    # Also where what the signed access document says is not so any more: it is written and signed anew.
    Row(
        Action.CHANGE_SPEC,
        (State.APPROVED, State.FIXING),
        State.PREPARING,
        TECHNICIAN,
        effects=(Effect.WISH_PLAN,),
    ),
    Row(
        Action.WITHDRAW,
        (State.SUBMITTED, *IN_HAND),
        State.WITHDRAWN,
        OPD_OR_SIGNED_SHEET,
        needs=(Need.NEVER_APPROVED,),
        clock=ClockEffect.STOP,
        effects=UNDO,
    ),
    Row(
        Action.WITHDRAW,
        (State.INCOMPLETE,),
        State.WITHDRAWN,
        {**OPD_OR_SIGNED_SHEET, Role.SYSTEM: (Need.CORRECTION_UNANSWERED,)},
        needs=(Need.NEVER_APPROVED,),
        clock=ClockEffect.STOP,
        effects=UNDO,
    ),
    Row(
        Action.REFUSE,
        (*IN_HAND, State.INCOMPLETE),
        State.REFUSED,
        HEAD,
        needs=(Need.REASONS, Need.REFUSAL_LETTER, Need.NEVER_APPROVED),
        clock=ClockEffect.STOP,
        effects=(Effect.REFUSAL_NOTICE, *UNDO),
    ),
    # The calendar was changed: whoever has the case keeps it, only the due moment is another.
    *(Row(Action.RECALCULATE, (state,), state, SYSTEM) for state in CLOCK_OPEN),
)

TABLE: Table[State, Action, Role, Need, Effect, Facts] = Table(
    states=tuple(State),
    actions=tuple(Action),
    initial=State.DRAFT,
    finals=frozenset({State.DONE, State.WITHDRAWN, State.REFUSED}),
    conditions=CONDITIONS,
    rows=ROWS,
)

# What the system only writes down. Whoever looked at a case before has seen all that he decides about.
NOTES = frozenset({Action.RECORD_LOGIN, Action.RECALCULATE})


def waits_for(state: State) -> Role | None:
    """Who has the case now; None when it is over."""
    return STATE_LABELS[state].waits_for


def step_under_way(state: State) -> int | None:
    """The SK step (1 to 9) that is being done in this state; None when the case is over."""
    return STATE_LABELS[state].under_way


def step_of(action: Action, *, state: State) -> int | None:
    """The SK step to which an action counts when it is done from `state`; None: outside of the SK (a draft)."""
    steps = ACTION_LABELS[action].steps
    under_way = step_under_way(state)
    return under_way if under_way in steps else next(iter(steps), None)


def next_words(state: State) -> str:
    """One Indonesian sentence for people: what happens next."""
    return STATE_LABELS[state].next_words
