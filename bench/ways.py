"""The ways that requests take through the procedure, legal by its own table, with the detours of real offices."""

from dataclasses import dataclass
from random import Random

from panggon.core.cases.procedure import TABLE, Action, Role, State
from panggon.core.state_machine import Row

HOUR = 3600.0
ROW_OF: dict[tuple[Action, State], Row] = {(row.action, source): row for row in TABLE.rows for source in row.sources}
ROLE_OF: dict[Action, Role] = {
    Action.SAVE_DRAFT: Role.APPLICANT,
    Action.SUBMIT: Role.APPLICANT,
    Action.RECEIVE: Role.REGISTRAR,
    Action.DISPOSE: Role.HEAD,
    Action.ASSIGN: Role.DIVISION_HEAD,
    Action.COMPLETE: Role.TECHNICIAN,
    Action.RETURN_TO_APPLICANT: Role.TECHNICIAN,
    Action.RESUBMIT: Role.APPLICANT,
    Action.PREPARE: Role.TECHNICIAN,
    Action.RECORD_FAILURE: Role.SYSTEM,
    Action.RECORD_PREPARATION: Role.SYSTEM,
    Action.REPORT: Role.TECHNICIAN,
    Action.REQUEST_APPROVAL: Role.DIVISION_HEAD,
    Action.SEND_BACK: Role.HEAD,
    Action.APPROVE: Role.HEAD,
    Action.RECORD_OPENING: Role.SYSTEM,
    Action.DELIVER: Role.REGISTRAR,
    Action.CONFIRM: Role.APPLICANT,
    Action.REPORT_NO_ACCESS: Role.APPLICANT,
    Action.REPORT_FIXED: Role.TECHNICIAN,
    Action.WITHDRAW: Role.APPLICANT,
    Action.REFUSE: Role.HEAD,
}
# The office hours that usually pass before each act.
GAPS: dict[Action, float] = {
    Action.SAVE_DRAFT: 0.0,
    Action.SUBMIT: 0.4,
    Action.RECEIVE: 1.2,
    Action.DISPOSE: 1.8,
    Action.ASSIGN: 1.0,
    Action.COMPLETE: 1.4,
    Action.RETURN_TO_APPLICANT: 1.2,
    Action.RESUBMIT: 9.0,
    Action.PREPARE: 0.6,
    Action.RECORD_FAILURE: 0.03,
    Action.RECORD_PREPARATION: 0.03,
    Action.REPORT: 0.8,
    Action.REQUEST_APPROVAL: 1.0,
    Action.SEND_BACK: 1.5,
    Action.APPROVE: 1.8,
    Action.RECORD_OPENING: 0.03,
    Action.DELIVER: 0.4,
    Action.CONFIRM: 6.0,
    Action.REPORT_NO_ACCESS: 4.0,
    Action.REPORT_FIXED: 2.0,
    Action.WITHDRAW: 3.0,
    Action.REFUSE: 3.0,
}
ENDS_EARLY = 0.08


@dataclass(frozen=True, slots=True)
class Move:
    """One act of a way; `gap_seconds` is the office time since the act before."""

    action: Action
    role: Role
    source: State
    target: State
    clock: str
    gap_seconds: int


def way(random: Random, *, left_lying: float) -> list[Move]:
    """From the draft to an end, or with the given probability to where the case was left lying."""
    actions = _actions(random)
    if random.random() < left_lying:
        actions = actions[: random.randrange(1, len(actions))]
    moves: list[Move] = []
    state, ends_early = State.DRAFT, random.random() < ENDS_EARLY
    for action in actions:
        end = _end_from(state, random) if ends_early and random.random() < 0.12 else None
        moves.append(_move(end or action, state, random))
        state = moves[-1].target
        if end:
            break
    return moves


def _actions(random: Random) -> list[Action]:
    def often(share: float, *detour: Action) -> list[Action]:
        return list(detour) if random.random() < share else []

    sent_back = (Action.SEND_BACK, Action.REQUEST_APPROVAL)
    return [
        *(Action.SAVE_DRAFT, Action.SUBMIT, Action.RECEIVE, Action.DISPOSE, Action.ASSIGN),
        *often(0.3, Action.RETURN_TO_APPLICANT, Action.RESUBMIT),
        *often(0.06, Action.RETURN_TO_APPLICANT, Action.RESUBMIT),
        Action.COMPLETE,
        *often(0.1, Action.PREPARE, Action.RECORD_FAILURE),
        *(Action.PREPARE, Action.RECORD_PREPARATION, Action.REPORT, Action.REQUEST_APPROVAL),
        *often(0.05, *sent_back),
        *(Action.APPROVE, Action.RECORD_OPENING, Action.DELIVER),
        *often(0.05, Action.REPORT_NO_ACCESS, Action.REPORT_FIXED),
        Action.CONFIRM,
    ]


def _end_from(state: State, random: Random) -> Action | None:
    legal = [action for action in (Action.WITHDRAW, Action.REFUSE) if (action, state) in ROW_OF]
    return random.choice(legal) if legal else None


def _move(action: Action, state: State, random: Random) -> Move:
    row = ROW_OF[action, state]
    gap = max(1, round(GAPS[action] * HOUR * random.lognormvariate(-0.4, 0.8)))
    return Move(action, ROLE_OF[action], state, row.target, row.clock.value, gap)
