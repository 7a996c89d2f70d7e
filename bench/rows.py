"""The rows of a case and of all that hangs on it, as the portal itself would have written them."""

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.db import connection

from bench.copying import Copier
from bench.hours import Hours
from bench.office import FIRST, LAST, Office
from bench.ways import Move, way
from panggon.audit.chain import digest_of
from panggon.cases.acting.chain import body
from panggon.cases.models import Case, Correction, Event, File
from panggon.core.cases.procedure import Action, Role, State
from panggon.core.schedule.clock import ClockEffect
from panggon.notify.models import Notice
from panggon.papers.contents import SIGNED_TOGETHER, TITLES, PaperKind
from panggon.papers.models import Paper
from panggon.sites.models import Outcome, Purpose, Site, Wish

MODELS = (Case, Event, Site, Wish, File, Correction, Notice)
TOPICS = (
    "Layanan",
    "Profil",
    "Arsip",
    "Pengaduan",
    "Perpustakaan",
    "Antrean",
    "Statistik",
    "Informasi",
    "Peta",
    "PPID",
)
EVENTS_MOST, WISHES_MOST, PAPERS_MOST = 40, 3, 4
PROOFS = [
    {"name": name, "ok": True, "detail": detail}
    for name, detail in (
        ("dns.answer", "A 127.0.0.1"),
        ("web.body", "200"),
        ("web.certificate", "cocok"),
        ("php.user", "1000001"),
        ("database.login", "1 basis data"),
        ("sftp.login", "kunci sekali pakai"),
    )
]
# An office has a backlog of weeks: what lies longer is looked for, but for a few.
LATELY, LEFT_LYING_LATELY, LEFT_LYING = timedelta(days=90), 0.3, 0.001
NOTICES_FOR = timedelta(days=60)
PAPERS = {
    Action.RECEIVE: (PaperKind.RECEIPT,),
    Action.DISPOSE: (PaperKind.DISPOSITION,),
    Action.COMPLETE: (PaperKind.CHECKLIST,),
    Action.RETURN_TO_APPLICANT: (PaperKind.CHECKLIST,),
    Action.REPORT: (PaperKind.PREPARATION_REPORT,),
    Action.REQUEST_APPROVAL: (*SIGNED_TOGETHER, PaperKind.APPROVAL_REQUEST),
}
Row = dict[str, Any]


@dataclass(frozen=True)
class Ticket:
    """Where a case begins: its key, its number in the year, and how much office time had passed."""

    key: int
    year: int
    count: int
    begin: int
    seed: int

    @property
    def number(self) -> str:
        return f"HST-{self.year}-{self.count:04d}"


@dataclass
class Story:
    """One case with what happened to it until now."""

    case: Case
    site: Site | None
    events: list[Event]


def write_cases(tickets: list[Ticket], office: Office, hours: Hours, now: datetime) -> int:
    """Copies these cases with all that hangs on them; the number of their events.

    What hangs on a case refers to rows of the same run, so that only the cases themselves are checked by PostgreSQL.
    """
    stories = [_story(ticket, office, hours, now) for ticket in tickets]
    connection.ensure_connection()
    link = connection.connection
    with link.transaction():
        Copier(Site).write(link, (vars(story.site) for story in stories if story.site))
        Copier(Case).write(link, (vars(story.case) for story in stories))
        link.execute("SET LOCAL session_replication_role = replica")
        Copier(Event).write(link, (vars(event) for story in stories for event in story.events))
        for model, rows in ((Wish, _wishes), (Paper, _papers), (File, _files), (Correction, _corrections)):
            Copier(model).write(link, (row for story in stories for row in rows(story)))
        Copier(Notice).write(link, (row for story in stories for row in _notices(story, now)))
    return sum(len(story.events) for story in stories)


def _story(ticket: Ticket, office: Office, hours: Hours, now: datetime) -> Story:
    random = Random(ticket.seed)
    case = _case(ticket, office, hours.moment_at(ticket.begin), random)
    events: list[Event] = []
    clock = Stopwatch()
    total = ticket.begin
    lately = now - case.created_at < LATELY
    for move in way(random, left_lying=LEFT_LYING_LATELY if lately else LEFT_LYING):
        total += move.gap_seconds
        at = hours.moment_at(total)
        if at >= now:
            break
        events.append(_event(case, move, office, at))
        clock.note(move, total, at)
        _advance(case, move, at)
    _set_clock(case, clock, hours)
    site = _site(case, ticket.key) if case.submitted_at else None
    case.site_id = site.pk if site else None
    return Story(case, site, events)


@dataclass
class Stopwatch:
    """Seconds of office time: when the clock began to run, how long it ran, how long it paused."""

    started: datetime | None = None
    changed: int = 0
    running: bool = False
    used: int = 0
    paused: int = 0
    stopped: datetime | None = None

    def note(self, move: Move, total: int, at: datetime) -> None:
        if move.clock == ClockEffect.NONE:
            return
        passed, self.changed = total - self.changed, total
        if move.clock == ClockEffect.START:
            self.started, passed = at, 0
        self.used += passed if self.running else 0
        self.paused += 0 if self.running else passed
        self.running = move.clock in (ClockEffect.START, ClockEffect.RESUME)
        self.stopped = at if move.clock == ClockEffect.STOP else None


def _set_clock(case: Case, clock: Stopwatch, hours: Hours) -> None:
    if clock.started is None:
        return
    case.due_at = hours.moment_at(hours.due_total(clock.started) + clock.paused)
    case.stopped_at = clock.stopped
    case.working_seconds = clock.used if clock.stopped else None


def _case(ticket: Ticket, office: Office, at: datetime, random: Random) -> Case:
    agency = random.choice(list(office.applicants))
    division = random.choice(list(office.technicians))
    topic = random.choice(TOPICS)
    return Case(
        pk=ticket.key,
        number=ticket.number,
        token=f"{ticket.seed:022d}",
        agency_id=agency,
        applicant_id=random.choice(office.applicants[agency]),
        letter_source="letter",
        letter_number=f"500.12/{ticket.count}/{ticket.year}",
        letter_date=at.date(),
        letter_subject="Permohonan Hosting",
        title=f"{topic} {ticket.key}",
        label=f"{topic.lower()}-{ticket.key}",
        contact_name=f"{random.choice(FIRST)} {random.choice(LAST)}",
        contact_phone="0812-0000-0001",
        admin_name=f"{random.choice(FIRST)} {random.choice(LAST)}",
        kind=random.choice(("php", "php", "static")),
        agenda_number=f"{ticket.count:04d}/{ticket.year}",
        division_id=division,
        technician_id=random.choice(office.technicians[division]),
        created_at=at,
        state_since=at,
    )


def _advance(case: Case, move: Move, at: datetime) -> None:
    case.state = move.target.value
    if move.source != move.target:
        case.state_since, case.returned = at, move.action is Action.RESUBMIT
    if move.action is Action.SUBMIT:
        case.submitted_at = at
    if move.action is Action.RECEIVE:
        case.received_at = at
    if move.action is Action.APPROVE:
        case.approved_at = at


def _event(case: Case, move: Move, office: Office, at: datetime) -> Event:
    sequence = case.version + 1
    event = Event(
        pk=case.pk * EVENTS_MOST + sequence,
        case=case,
        sequence=sequence,
        action=move.action.value,
        actor_id=_actor(case, move.role, office),
        role=move.role.value,
        at=at,
        source=move.source.value,
        target=move.target.value,
        clock=move.clock,
        data={},
        previous=case.head,
    )
    event.digest = digest_of(body(event, case=case.number), previous=event.previous)
    case.version, case.head = sequence, event.digest
    return event


def _actor(case: Case, role: Role, office: Office) -> int | None:
    actors = {
        Role.APPLICANT: case.applicant_id,
        Role.REGISTRAR: office.registrars[case.pk % len(office.registrars)],
        Role.HEAD: office.head,
        Role.DIVISION_HEAD: office.division_heads[case.division_id],
        Role.TECHNICIAN: case.technician_id,
    }
    return actors.get(role)


def _site(case: Case, key: int) -> Site:
    opened = case.approved_at if case.state in (State.DELIVERED, State.DONE, State.FIXING) else None
    return Site(
        pk=key,
        number=key,
        host=f"{case.label}.panggon.test",
        agency_id=case.agency_id,
        state="open" if opened else "prepared",
        kind=case.kind,
        reserved_at=case.submitted_at,
        opened_at=opened,
        released_at=case.stopped_at if case.state in (State.WITHDRAWN, State.REFUSED) else None,
    )


def _wishes(story: Story) -> Iterator[Row]:
    """Plan, preparation and opening, as far as the case has come."""
    acts = {event.action: event.at for event in story.events}
    asked = (
        (Purpose.PLAN, Action.COMPLETE, Outcome.PLANNED),
        (Purpose.PREPARE, Action.RECORD_PREPARATION, Outcome.APPLIED),
        (Purpose.OPEN, Action.RECORD_OPENING, Outcome.APPLIED),
    )
    for number, (purpose, cause, outcome) in enumerate(asked):
        if cause in acts and story.site:
            planned = purpose is Purpose.PLAN
            yield {
                "id": story.case.pk * WISHES_MOST + number,
                "site_id": story.site.pk,
                "purpose": purpose.value,
                "spec": {"state": "open" if purpose is Purpose.OPEN else "prepared"},
                "generation": 1,
                "made_at": acts[cause],
                "taken_at": acts[cause],
                "reported_at": acts[cause],
                "outcome": outcome.value,
                "plan": {"changes": []},
                "digest": story.case.head,
                "evidence": [] if planned else PROOFS,
                "proved_at": None if planned else acts[cause],
            }


def _papers(story: Story) -> Iterator[Row]:
    for event in story.events:
        for place, kind in enumerate(PAPERS.get(Action(event.action), ())):
            serial = event.pk * PAPERS_MOST + place
            number = f"555/{serial}/{event.at.year}"
            digest = hashlib.sha256(f"{kind} {number}".encode()).hexdigest()
            yield {
                "id": uuid.UUID(hex=digest[:32]),
                "case_number": story.case.number,
                "kind": kind.value,
                "event": event.sequence,
                "title": TITLES[kind],
                "number": number,
                "register": "555",
                "year": event.at.year,
                "serial": serial,
                "sha256": digest,
                "size_bytes": 40_000,
                "made_at": event.at,
            }


def _files(story: Story) -> Iterator[Row]:
    yield {
        "id": story.case.pk,
        "case_id": story.case.pk,
        "kind": File.Kind.LETTER.value,
        "sha256": hashlib.sha256(story.case.number.encode()).hexdigest(),
        "size_bytes": 80_000,
        "added_by_id": story.case.applicant_id,
        "added_at": story.case.created_at,
    }


def _corrections(story: Story) -> Iterator[Row]:
    for event in story.events:
        if event.action == Action.RETURN_TO_APPLICANT:
            answered = next((later.at for later in story.events if later.sequence == event.sequence + 1), None)
            yield {
                "id": event.pk,
                "case_id": story.case.pk,
                "item": "letter",
                "reason": "Surat belum ditandatangani.",
                "asked_at": event.at,
                "resolved_at": answered,
            }


def _notices(story: Story, now: datetime) -> Iterator[Row]:
    """Older ones have been removed."""
    for event in story.events:
        if event.source != event.target and now - event.at < NOTICES_FOR:
            yield {
                "id": event.pk,
                "recipient_id": story.case.applicant_id,
                "reference": f"case-{story.case.pk}-{event.sequence}",
                "subject": f"{story.case.number}: {event.target}",
                "text": "Ada kemajuan pada permohonan Anda.",
                "path": f"/permohonan/{story.case.number}/",
                "made_at": event.at,
                "mailed_at": event.at,
            }
