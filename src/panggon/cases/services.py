"""The one door: every change of a case goes through `act`."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from panggon.audit.chain import digest_of, salted
from panggon.audit.services import record
from panggon.cases.acting import inputs
from panggon.cases.acting.chain import body
from panggon.cases.acting.desk import stamp_of
from panggon.cases.acting.effects import carry_out
from panggon.cases.acting.numbers import hold_cases, next_case_number
from panggon.cases.content.facts import explained, facts_for, in_capacity
from panggon.cases.lists.exporting import MOST, Kind
from panggon.cases.models import Case, Event
from panggon.cases.selectors import clock_of, due_of, news_since
from panggon.core.cases.procedure import TABLE, Action, Decision, Effect, Role, State
from panggon.core.errors import Fault, InvalidError, PermanentError
from panggon.core.schedule.clock import Clock, ClockEffect, ClockEvent, to_record
from panggon.core.schedule.workdays import Calendar
from panggon.office.selectors import read_once
from panggon.people import selectors as people
from panggon.people.models import ActingOfficial, Agency, User
from panggon.people.selectors import Capacity
from panggon.remembered import remembering
from panggon.sites import selectors as site_selectors
from panggon.sites import services as sites

Data = Mapping[str, Any]
CaseDecision = Decision[State, Action, Role, Effect]
NOT_YOURS = "action.not_your_role"
# Facts of the machine that an event keeps word for word: none of them says anything about a person.
KEPT = (
    "page",
    "by_itself",
    "shown_digest",
    "wish",
    "outcome",
    "digest",
    "evidence_digest",
    "problem",
    "due_before",
    "due_after",
    "login",
    "signed_digests",
)


@transaction.atomic
def create_draft(agency: Agency, applicant: User, data: Data, *, at: datetime, key: UUID | None = None) -> Case:
    """A new case with its number, as a draft; `data` as in `act` for `save_draft`. Raises what `act` raises.

    `key` belongs to the page from which it comes.
    """
    hold_cases(at)
    case = Case.objects.create(
        number=next_case_number(at),
        token=secrets.token_urlsafe(16),
        agency=agency,
        applicant=applicant,
        created_at=at,
        state_since=at,
        draft_key=key,
    )
    return act(case.pk, action=Action.SAVE_DRAFT, actor=applicant, data=data, at=at)


@transaction.atomic
def begin_draft(agency: Agency, applicant: User, data: Data, *, at: datetime, key: UUID | None) -> tuple[Case, bool]:
    """The draft of a page, and whether it is new. One that the same page has begun a moment ago is given as it is: of
    `data` nothing was taken. Raises what `act` raises.
    """
    hold_cases(at)
    known = Case.objects.filter(draft_key=key).first() if key else None
    return (known, False) if known else (create_draft(agency, applicant, data, at=at, key=key), True)


@transaction.atomic
@read_once()
def act(
    case_id: int, *, action: Action, actor: User | None, data: Data, at: datetime, expected_version: int | None = None
) -> Case:
    """Do one step of the procedure, with all that follows from it, or nothing at all. `actor` None is the system.

    Raises `InvalidError` with every fault: `case.changed` (facts: `action`, `actor`, `at` of the last act) when the
    case is not any more the version that the person saw, `need.…`, `action.…`, `label.…` and what inputs refuse.
    """
    case = Case.objects.select_for_update().get(pk=case_id)
    refuse_if_changed(case, expected_version)
    taken = inputs.take_in(case, action, data, at=at)
    decision, capacity = _decide(case, action, actor=actor, data=data, at=at)
    stamp = stamp_of(case, action, decision.role, data, at=at)
    _set_state(case, decision, at=at, submitted_at=stamp or at)
    clock = _set_due(case, decision, at=at, counts_at=stamp or at)
    kept = inputs.keep(case, action, data, actor=actor, at=at)
    facts, words = {**taken, **_facts(data, kept, stamp, capacity, clock)}, inputs.words_of(data)
    event = _append(case, decision, actor=actor, facts=facts, words=words, acting=capacity.acting, at=at)
    case.save()
    carry_out(decision.effects, case, event)
    return case


@transaction.atomic
def recalculate(case_id: int, *, calendar: Calendar, at: datetime) -> bool:
    """Give an open case the due moment that this calendar leads to, as an act that names both; whether it moved.

    A case whose clock has stopped keeps its own. `PermanentError` `calendar.missing`: the due moment stays as it is.
    """
    case = Case.objects.select_for_update().get(pk=case_id)
    due = due_of(case, calendar=calendar)
    if case.stopped_at or case.due_at is None or due in (None, case.due_at):
        return False
    data = {"due_at": due, "due_before": case.due_at.isoformat(), "due_after": due.isoformat()}
    act(case_id, action=Action.RECALCULATE, actor=None, data=data, at=at)
    return True


@transaction.atomic
def record_export(actor: User, cases: QuerySet[Case], *, kind: Kind, asked: str, at: datetime) -> None:
    """Keep that this person takes these cases away as a file. `InvalidError` `export.too_many` beyond the limit."""
    rows = cases.count()
    if rows > MOST[kind]:
        raise InvalidError((Fault("export.too_many", facts={"rows": rows, "kind": kind.name, "most": MOST[kind]}),))
    taken = {"berkas": kind.value, "daftar": asked, "baris": rows}
    record(f"cases.export:{actor.pk}", before=None, after=taken, actor=actor, at=at)


def refuse_if_changed(case: Case, expected_version: int | None) -> None:
    """Raises `InvalidError` `case.changed` when the case is not any more what the person saw, or never was."""
    if expected_version is None or expected_version == case.version:
        return
    last = news_since(case, expected_version)
    if last is None and expected_version < case.version:
        return
    facts = {"action": last.action, "actor": str(last.actor or ""), "at": last.at} if last else {}
    raise InvalidError((Fault("case.changed", facts=facts),))


# ------------------------------------------------------------------------------------------------------------------


@remembering()
def _decide(
    case: Case, action: Action, *, actor: User | None, data: Data, at: datetime
) -> tuple[CaseDecision, Capacity]:
    """In the first standing of the actor in which it is legal; refused in the words of the one that comes closest."""
    facts = facts_for(case, actor=actor, data=data)
    refusals = []
    for capacity in people.capacities_of(actor, now=at):
        answer = TABLE.decide(State(case.state), action, roles=capacity.roles, facts=in_capacity(facts, case, capacity))
        if isinstance(answer, Decision):
            return answer, capacity
        refusals.append(answer.faults)
    closest = next((faults for faults in refusals if faults[0].code != NOT_YOURS), refusals[0])
    if closest[0].code == NOT_YOURS and actor is not None:
        closest = _represented(closest[0], actor, at=at) or closest
    raise InvalidError(explained(closest, facts))


def _represented(fault: Fault, actor: User, *, at: datetime) -> tuple[Fault, ...]:
    """To an incumbent who is stood in for: by whom, and how long, instead of that it is not theirs to do."""
    return tuple(
        Fault("action.represented", facts={"acting": str(acting.user), "last_day": acting.last_day})
        for acting in people.substitutes_of(actor, now=at)
        if acting.role in fault.facts["roles"]
    )


def _set_state(case: Case, decision: CaseDecision, *, at: datetime, submitted_at: datetime) -> None:
    if decision.action in (Action.SUBMIT, Action.RESUBMIT):
        _hold_name(case, at=at)
    if decision.action is Action.SUBMIT:
        case.submitted_at = submitted_at
    if decision.action is Action.APPROVE:
        case.approved_at = at
    if decision.source != decision.target:
        case.state_since = at
        case.returned = decision.action is Action.RESUBMIT
    case.state = decision.target


def _hold_name(case: Case, *, at: datetime) -> None:
    """From now on nobody else gets the name; a name that was wished before is let go."""
    host = site_selectors.host_of(case.label)
    if case.site is not None and case.site.host == host:
        return
    if case.site is not None:
        sites.wish_park(case.site, at=at)
    case.site = sites.reserve_site(
        host,
        case.agency,
        kind=case.kind,
        profile=case.profile,
        database=case.database,
        ssh_keys=(case.ssh_key,) if case.ssh_key else (),
        at=at,
    )


def _set_due(case: Case, decision: CaseDecision, *, at: datetime, counts_at: datetime) -> Clock | None:
    """The clock after this act, which counts at `counts_at`; None when the act does nothing to it."""
    if decision.clock is ClockEffect.NONE:
        return None
    try:
        clock = clock_of(case, now=at, ahead=ClockEvent(decision.clock, counts_at))
    except PermanentError as error:  # a year without a calendar: for the administrator to fill in, not for guessing
        raise InvalidError((Fault(error.code, facts=error.facts),)) from error
    case.due_at = clock.due_at if clock else None
    case.stopped_at = clock.stopped_at if clock else None
    case.working_seconds = round(clock.used.total_seconds()) if clock and clock.stopped_at else None
    return clock


def _facts(
    data: Data, files: Mapping[str, str], stamp: datetime | None, capacity: Capacity, clock: Clock | None
) -> dict[str, Any]:
    """What an event keeps of its inputs, of the order by which the actor stands in, and of a clock that it stops."""
    facts: dict[str, Any] = {name: data[name] for name in KEPT if name in data}
    if files:
        facts["files"] = dict(files)
    if stamp:
        facts["stamped_at"] = stamp.isoformat()
    if capacity.acting:  # the order by which the actor stands in
        facts["order"] = {
            "number": capacity.acting.order_number,
            "date": capacity.acting.order_date.isoformat(),
        }
    if clock and clock.stopped_at:
        facts["clock"] = to_record(clock)
    return facts


def _append(
    case: Case,
    decision: CaseDecision,
    *,
    actor: User | None,
    facts: dict[str, Any],
    words: str,
    acting: ActingOfficial | None,
    at: datetime,
) -> Event:
    salt = secrets.token_hex(16) if words else ""
    event = Event(
        case=case,
        sequence=case.version + 1,
        action=decision.action,
        actor=actor,
        role=decision.role,
        acting=acting.kind if acting else "",
        represented=acting.represented if acting else None,
        at=at,
        source=decision.source,
        target=decision.target,
        clock=decision.clock,
        data={**facts, "words": salted(words, salt=salt)} if words else facts,
        note=words,
        salt=salt,
        previous=case.head,
    )
    event.digest = digest_of(body(event, case=case.number), previous=event.previous)
    event.save()
    case.version, case.head = event.sequence, event.digest
    return event
