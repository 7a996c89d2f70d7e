"""The one door: every change of an incident goes through `act`."""

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from panggon.audit.services import record
from panggon.core.cases.vocabulary import Role
from panggon.core.complaints.procedure import names
from panggon.core.errors import Fault, InvalidError
from panggon.core.incidents.deadlines import next_due
from panggon.core.incidents.procedure import TABLE
from panggon.core.incidents.vocabulary import IncidentAction as Action
from panggon.core.incidents.vocabulary import IncidentEffect as Effect
from panggon.core.incidents.vocabulary import IncidentState as State
from panggon.core.incidents.vocabulary import Origin, PersonalData
from panggon.core.people.retention import months_before
from panggon.core.sites.life import SiteAction
from panggon.core.state_machine import Decision
from panggon.incidents import selectors
from panggon.incidents.models import Evidence, Incident, IncidentEvent
from panggon.incidents.parts import INPUTS, duties_of, facts_of
from panggon.office.selectors import office
from panggon.outbox import defer
from panggon.papers import store
from panggon.papers.numbers import hold, next_number
from panggon.people import selectors as people
from panggon.people.models import User
from panggon.upkeep import services as upkeep

Data = Mapping[str, Any]
IncidentDecision = Decision[State, Action, Role, Effect]
COUNTER = "incident"
GIVEN = ("subject", "about", "site", "complaint")
SPEAKS_OF_PEOPLE = ("subject", "description", "about")
KEPT = (*INPUTS[2:], "kind", "vital", "known_at", "told_at", "checklist", "wish", "purpose", "outcome")
AT_ONCE = {Effect.QUARANTINE_SITE: SiteAction.QUARANTINE, Effect.RELEASE_SITE: SiteAction.RELEASE}
OF_THE_MACHINE = frozenset({*AT_ONCE, Effect.REPEAT_WORK})
OF_THE_OPD = frozenset({Effect.QUARANTINE_SITE, Effect.TELL_AGENCY})
NOT_YOURS = "action.not_your_role"
MOST_FILES, FILE_MEBIBYTES = 20, 10


@dataclass(frozen=True, slots=True)
class Upload:
    name: str
    data: bytes


@transaction.atomic
def report(
    data: Data,
    *,
    actor: User,
    at: datetime,
    origin: Origin = Origin.PERSON,
    files: Iterable[Upload] = (),
    page: UUID | None = None,
    quarantine: bool = False,
) -> Incident:
    """A new incident; with `quarantine` its site is closed in the same moment, for the reason that `words` give.

    `data` holds what `GIVEN` names, and `words`. One that the same page has sent a moment ago is given as it is.
    Raises what `act` raises.
    """
    hold(COUNTER, at=at)
    known = Incident.objects.filter(page=page).first() if page else None
    if known:
        return known
    year, taken = next_number(COUNTER, at=at)
    incident = Incident.objects.create(
        number=f"INS-{year}-{taken:04d}",
        origin=origin,
        description=data.get("words", ""),
        reporter=actor,
        reported_at=at,
        state_since=at,
        page=page,
        **{name: data[name] for name in GIVEN if name in data},
    )
    incident = act(incident.pk, action=Action.REPORT, actor=actor, data=data, at=at, files=files)
    if quarantine:
        reasons = {"reasons": data.get("words", "")}
        incident = act(incident.pk, action=Action.QUARANTINE, actor=actor, data=reasons, at=at)
    return incident


@transaction.atomic
def act(
    incident_id: int,
    *,
    action: Action,
    actor: User | None,
    data: Data,
    at: datetime,
    expected_version: int | None = None,
    files: Iterable[Upload] = (),
) -> Incident:
    """Do one step, with all that follows from it, or nothing at all. `actor` None: the system.

    Raises `InvalidError` with every fault: `incident.changed` when it is not any more the version that the person saw,
    `incident.future` for what has not happened yet, `need.…`, `action.…`, `evidence.…`, and what `upkeep` raises.
    """
    incident = Incident.objects.select_for_update(of=("self",)).select_related("site", "complaint").get(pk=incident_id)
    if expected_version not in (None, incident.version):
        raise InvalidError((Fault("incident.changed"),))
    _refuse_future(data, at=at)
    _note_concerned(incident, data)
    decision = _decide(incident, action, actor=actor, data=data, at=at)
    _apply(incident, decision, actor=actor, data=data, at=at)
    event = _append(incident, decision, actor=actor, data=data, at=at)
    _keep(event, files)
    for effect in decision.effects:
        _carry_out(effect, incident, event, actor=actor, at=at)
    incident.due_at = next_due(duties_of(incident))
    incident.save()
    _record(incident, event, actor=actor, at=at)
    return incident


@transaction.atomic
def erase_expired(*, now: datetime) -> int:
    """Erase what incidents say of anybody once the department's period for words is over (UU 27/2022); how many.

    Number, site, risk, days and the way they went stay. Files go with the next sweep of the store, as nothing names
    them; the numbered papers stay as all papers do.
    """
    ended_before = months_before(now, office().retention.words_months)
    keys = list(selectors.with_words_ended_before(ended_before).values_list("pk", flat=True))
    if not keys:
        return 0
    Incident.objects.filter(pk__in=keys).update(**dict.fromkeys(SPEAKS_OF_PEOPLE, ""))
    Incident.concerned.through.objects.filter(incident__in=keys).delete()
    Evidence.objects.filter(event__incident__in=keys).delete()
    IncidentEvent.objects.filter(incident__in=keys).update(words="", data={}, salt="")
    after = {"incidents": len(keys), "before": ended_before.isoformat()}
    record("incidents.retention:words", before=None, after=after, actor=None, at=now)
    return len(keys)


# ------------------------------------------------------------------------------------------------------------------


def _refuse_future(data: Data, *, at: datetime) -> None:
    late = [name for name in ("known_at", "told_at") if data.get(name) and data[name] > at]
    if late:
        raise InvalidError(tuple(Fault("incident.future", name) for name in late))


def _note_concerned(incident: Incident, data: Data) -> None:
    """People of the dinas whom the finder names, and whom the complaint is about; they stay so."""
    if incident.version:
        return
    if incident.complaint:
        incident.concerned.add(*incident.complaint.concerned.all())
    said = " ".join((incident.about, incident.subject, data.get("words", "")))
    incident.concerned.add(*(person for person in people.people_of_the_dinas() if names(said, person.full_name)))


def _decide(incident: Incident, action: Action, *, actor: User | None, data: Data, at: datetime) -> IncidentDecision:
    """In the first standing of the actor in which it is legal; refused in the words of the one that comes closest."""
    concerned = selectors.concerned_by(incident)
    refusals = []
    for capacity in people.capacities_of(actor, now=at):
        facts = facts_of(incident, capacity=capacity, concerned=concerned, data=data)
        answer = TABLE.decide(State(incident.state), action, roles=capacity.roles, facts=facts)
        if isinstance(answer, Decision):
            return answer
        refusals.append(answer.faults)
    raise InvalidError(next((faults for faults in refusals if faults[0].code != NOT_YOURS), refusals[0]))


def _apply(incident: Incident, decision: IncidentDecision, *, actor: User | None, data: Data, at: datetime) -> None:
    if decision.action is Action.TAKE:
        incident.handler = actor
    if decision.action in (Action.CONFIRM, Action.REGRADE):
        incident.risk, incident.vital = data["risk"], bool(data.get("vital"))
    if decision.action in (Action.CONFIRM, Action.ASSESS_DATA):
        incident.personal_data = data["personal_data"]
        hit = incident.personal_data == PersonalData.YES
        incident.breach_known_at = (data.get("known_at") or at) if hit else None
    if decision.action is Action.RECORD_TOLD:
        incident.told = {**incident.told, data["duty"]: (data.get("told_at") or at).isoformat()}
    if decision.source != decision.target:
        incident.state_since = at
    incident.state = decision.target


def _append(
    incident: Incident, decision: IncidentDecision, *, actor: User | None, data: Data, at: datetime
) -> IncidentEvent:
    incident.version += 1
    event = IncidentEvent(
        incident=incident,
        sequence=incident.version,
        action=decision.action,
        role=decision.role,
        actor=actor,
        at=at,
        source=decision.source,
        target=decision.target,
        clock=decision.clock,
        words=data.get("words") or data.get("reasons", ""),
        data={name: _plain(data[name]) for name in KEPT if data.get(name)},
        salt=secrets.token_hex(16),
    )
    event.contents = selectors.contents_of(event)
    event.save()
    return event


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _keep(event: IncidentEvent, files: Iterable[Upload]) -> None:
    """Evidence is kept as it is, whatever it is: nobody opens it here, and it is only ever given out to be saved."""
    uploads = list(files)
    if len(uploads) > MOST_FILES:
        raise InvalidError((Fault("evidence.too_many", "files", {"most": MOST_FILES}),))
    for upload in uploads:
        if not 0 < len(upload.data) <= FILE_MEBIBYTES * 1024 * 1024:
            raise InvalidError((Fault("evidence.size", "files", {"limit_mebibytes": FILE_MEBIBYTES}),))
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", upload.name).strip("-.")[-100:] or "bukti"
        size = len(upload.data)
        event.evidence.get_or_create(sha256=store.put(upload.data), defaults={"name": name, "size_bytes": size})


def _carry_out(effect: Effect, incident: Incident, event: IncidentEvent, *, actor: User | None, at: datetime) -> None:
    """What is asked of the machine is asked in this transaction; people and papers are a job's."""
    if event.action == Action.DISMISS and effect is Effect.TELL_AGENCY and incident.agency_told_at is None:
        return  # it never heard of it
    if effect in OF_THE_OPD and incident.site_id:
        incident.agency_told_at = incident.agency_told_at or at
    if effect in OF_THE_MACHINE:
        assert incident.site_id is not None and actor is not None  # noqa: S101, PT018 (the table lets no other act pass)
        if effect is Effect.REPEAT_WORK:
            upkeep.repeat(incident.site_id, actor=actor, at=at)
        else:
            upkeep.at_once(incident.site_id, action=AT_ONCE[effect], reason=event.words, actor=actor, at=at)
        return
    defer("incidents.carry_out", event=event.pk, effect=effect.value)


def _record(incident: Incident, event: IncidentEvent, *, actor: User | None, at: datetime) -> None:
    """In the log of changes stands who did what and when, and a digest of what was written, but none of it."""
    before = {"state": event.source} if event.sequence > 1 else None
    after = {"state": event.target, "event": event.sequence, "action": event.action, "contents": event.contents}
    record(selectors.subject_of(incident), before=before, after=after, actor=actor, at=at)
