"""The one door: every change of a complaint goes through `act`."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from panggon.audit.services import record
from panggon.complaints import clock, selectors
from panggon.complaints.effects import carry_out
from panggon.complaints.files import MOST_FILES, media_type_of, safe_name
from panggon.complaints.links import Links, named_in
from panggon.complaints.models import Attachment, Complaint, ComplaintEvent, IncomingMail
from panggon.complaints.parts import facts_of, parts_of
from panggon.core.complaints.procedure import TABLE, names
from panggon.core.complaints.vocabulary import ComplaintAction as Action
from panggon.core.complaints.vocabulary import ComplaintEffect, Confidentiality, Part
from panggon.core.complaints.vocabulary import ComplaintState as State
from panggon.core.errors import Fault, InvalidError
from panggon.core.people.retention import months_before
from panggon.core.schedule.clock import ClockEffect
from panggon.core.state_machine import Decision
from panggon.office.selectors import office
from panggon.office.values import dump
from panggon.papers import store
from panggon.papers.numbers import hold, next_number
from panggon.people import selectors as people
from panggon.people.models import User
from panggon.people.selectors import Capacity

Data = Mapping[str, Any]
ComplaintDecision = Decision[State, Action, Part, ComplaintEffect]
COUNTER = "complaint"
OF_A_WRITER = ("message_id", "sender", "name", "subject", "words", "check_words")
WHO = ("name", "phone", "email", "address")
GIVEN = ("source", "outside_number", "confidentiality", "subject", "about", *WHO)
SPEAKS_OF_PEOPLE = ("subject", "description", "about", "outside_number", *WHO)
# What an e-mail quotes, which of its files were not taken and why, and that nobody is answered by a machine.
OF_A_MAIL = ("quoted", "refused", "unanswered")
NOT_YOURS = "action.not_your_role"


@dataclass(frozen=True, slots=True)
class Upload:
    name: str
    data: bytes


@transaction.atomic
def file(
    data: Data,
    *,
    actor: User | None,
    at: datetime,
    files: Iterable[Upload] = (),
    language: str = "id",
    page: UUID | None = None,
) -> Complaint:
    """A new complaint, by the complainant or, with `actor`, entered by an officer for somebody who told it.

    `data` holds what `GIVEN` names, `words`, `case` and `site`; without the last two, what the words name. Who wants to
    be anonymous is kept nowhere. One that the same page has sent a moment ago is given as it is. Raises what `act`
    raises, and `attachment.…`.
    """
    hold(COUNTER, at=at)
    known = Complaint.objects.filter(page=page).first() if page else None
    if known:
        return known
    given = {name: data[name] for name in GIVEN if name in data}
    if data.get("confidentiality") == Confidentiality.ANONYMOUS:
        given |= dict.fromkeys(WHO, "")
    about = Links(data.get("case"), data.get("site"))
    if not any(about):
        about = named_in(f"{data.get('subject', '')} {data.get('words', '')}")
    complaint = Complaint.objects.create(
        number=_number(at),
        token=secrets.token_urlsafe(16),
        description=data.get("words", ""),
        case=about.case,
        site=about.site,
        language=language,
        limits=dump(office().complaints),
        entered_by=actor,
        filed_at=at,
        state_since=at,
        page=page,
        **given,
    )
    _attach(complaint, files, at=at)
    return act(complaint.pk, action=Action.FILE, actor=actor, data=data, at=at)


@transaction.atomic
def act(
    complaint_id: int,
    *,
    action: Action,
    actor: User | None,
    data: Data,
    at: datetime,
    by_system: bool = False,
    expected_version: int | None = None,
    files: Iterable[Upload] = (),
) -> Complaint:
    """Do one step, with all that follows from it, or nothing at all. `actor` None: the complainant, or the system.

    Raises `InvalidError` with every fault: `complaint.changed` when it is not any more the version that the person
    saw, `need.…`, `action.…`, `attachment.…`.
    """
    complaint = Complaint.objects.select_for_update().get(pk=complaint_id)
    if expected_version not in (None, complaint.version):
        raise InvalidError((Fault("complaint.changed"),))
    _note_concerned(complaint, action, data)
    decision = _decide(complaint, action, actor=actor, data=data, at=at, by_system=by_system)
    if decision.clock is ClockEffect.STOP:
        complaint.stopped_at, complaint.was_due_at = at, complaint.due_at
    _assign(complaint, decision, actor=actor, data=data, at=at)
    event = _append(complaint, decision, actor=actor, data=data, at=at)
    complaint.due_at = clock.due_of(complaint, now=at)
    complaint.save()
    _attach(complaint, files, at=at)
    record(
        f"complaints.complaint:{complaint.number}",
        before={"state": decision.source, "version": complaint.version - 1},
        after={"state": decision.target, "version": complaint.version},
        actor=actor,
        at=at,
    )
    carry_out(decision.effects, event)
    return complaint


def not_reached(complaint: Complaint, *, at: datetime) -> None:
    """What was written to the complainant did not arrive: from now on nobody takes silence for consent."""
    Complaint.objects.filter(pk=complaint.pk).update(spoke_at=at)


@transaction.atomic
def erase_expired(*, now: datetime) -> int:
    """Erase what complaints say of anybody once the department's period for words is over (UU 27/2022); how many.

    Number, kind, days and the way they went stay. Files go with the next sweep of the store, as nothing names them.
    """
    retention = office().retention
    selectors.old_mails(months_before(now, retention.unfiled_months)).delete()
    ended_before = months_before(now, retention.words_months)
    keys = list(selectors.with_words_ended_before(ended_before).values_list("pk", flat=True))
    if not keys:
        return 0
    Complaint.objects.filter(pk__in=keys).update(**dict.fromkeys(SPEAKS_OF_PEOPLE, ""))
    Complaint.concerned.through.objects.filter(complaint__in=keys).delete()
    ComplaintEvent.objects.filter(complaint__in=keys).update(words="", data={})
    Attachment.objects.filter(complaint__in=keys).delete()
    mails = IncomingMail.objects.filter(complaint__in=keys)
    mails.filter(state=IncomingMail.State.HELD).update(state=IncomingMail.State.DISCARDED)
    mails.update(**dict.fromkeys(OF_A_WRITER, ""), file_sha256="")
    after = {"complaints": len(keys), "before": ended_before.isoformat()}
    record("complaints.retention:words", before=None, after=after, actor=None, at=now)
    return len(keys)


# ------------------------------------------------------------------------------------------------------------------


def _number(at: datetime) -> str:
    year, taken = next_number(COUNTER, at=at)
    return f"PGD-{year}-{taken:04d}"


def _note_concerned(complaint: Complaint, action: Action, data: Data) -> None:
    """People of the dinas whom the complainant names; once named, they stay named."""
    if action not in (Action.FILE, Action.ADD, Action.REOPEN):
        return
    said = " ".join((complaint.about, complaint.subject, data.get("words", ""), data.get("reasons", "")))
    complaint.concerned.add(*(person for person in people.people_of_the_dinas() if names(said, person.full_name)))


def _decide(
    complaint: Complaint, action: Action, *, actor: User | None, data: Data, at: datetime, by_system: bool
) -> ComplaintDecision:
    """In the first standing of the actor in which it is legal; refused in the words of the one that comes closest."""
    concerned = frozenset(str(key) for key in complaint.concerned.values_list("pk", flat=True))
    standings: list[tuple[Capacity | None, frozenset[Part]]] = [
        (None, frozenset({Part.SYSTEM if by_system else Part.COMPLAINANT}))
    ]
    if actor is not None:
        standings = [(capacity, parts_of(capacity)) for capacity in people.capacities_of(actor, now=at)]
    refusals = []
    for capacity, parts in standings:
        silent = by_system and selectors.is_silent(complaint, now=at)
        facts = facts_of(complaint, capacity=capacity, concerned=concerned, data=data, silent=silent)
        answer = TABLE.decide(State(complaint.state), action, roles=parts, facts=facts)
        if isinstance(answer, Decision):
            return answer
        refusals.append(answer.faults)
    raise InvalidError(next((faults for faults in refusals if faults[0].code != NOT_YOURS), refusals[0]))


def _assign(complaint: Complaint, decision: ComplaintDecision, *, actor: User | None, data: Data, at: datetime) -> None:
    """Who has it from now on. Who stands in for an official has it as that person, not as the one who is away."""
    if decision.action is Action.TAKE:
        complaint.officer, complaint.taken_at = actor, complaint.taken_at or at
    if decision.action is Action.TAKE_OVER:
        complaint.official, complaint.taken_at = actor, complaint.taken_at or at
    if decision.action is Action.PASS_ON:
        complaint.official = data["official"]
    if data.get("kind") and decision.action in (Action.TAKE, Action.CLASSIFY):
        complaint.kind = data["kind"]
    if decision.source != decision.target:
        complaint.state_since = at
    if decision.action is Action.ADD:
        complaint.spoke_at = at
    complaint.state = decision.target


def _append(
    complaint: Complaint, decision: ComplaintDecision, *, actor: User | None, data: Data, at: datetime
) -> ComplaintEvent:
    complaint.version += 1
    kept: dict[str, Any] = {name: str(data[name]) for name in ("kind", "told") if data.get(name)}
    kept |= {name: data[name] for name in OF_A_MAIL if data.get(name)}
    if decision.action is Action.PASS_ON:
        kept["official"] = str(data["official"])
    return ComplaintEvent.objects.create(
        complaint=complaint,
        sequence=complaint.version,
        action=decision.action,
        part=decision.role,
        actor=actor,
        at=at,
        source=decision.source,
        target=decision.target,
        clock=decision.clock,
        words=data.get("words") or data.get("reasons", ""),
        data=kept,
    )


def _attach(complaint: Complaint, files: Iterable[Upload], *, at: datetime) -> None:
    uploads = list(files)
    if complaint.attachments.count() + len(uploads) > MOST_FILES:
        raise InvalidError((Fault("attachment.too_many", "files", {"most": MOST_FILES}),))
    for upload in uploads:
        media_type = media_type_of(upload.data)
        Attachment.objects.get_or_create(
            complaint=complaint,
            sha256=store.put(upload.data),
            defaults={
                "name": safe_name(upload.name, media_type),
                "media_type": media_type,
                "size_bytes": len(upload.data),
                "added_at": at,
            },
        )
