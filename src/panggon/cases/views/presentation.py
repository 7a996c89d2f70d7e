"""A case in words and figures for its page."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import zip_longest
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from panggon.cases import selectors
from panggon.cases.content.request import ADMIN, CONTACT, LETTER, RESPONSIBLE, SITE, VENDOR, rows_of, shown
from panggon.cases.filters import HANDED_OVER
from panggon.cases.models import Case, Event
from panggon.core.cases.procedure import WITH_TECHNICIAN, Action, Role, State, step_of, waits_for
from panggon.core.naming import doubtful_words
from panggon.core.people.acting import ActingKind, acting_title
from panggon.core.schedule.clock import Clock
from panggon.labels import ACTION_LABELS, ROLE_LABELS, STATE_LABELS
from panggon.office.selectors import office
from panggon.papers.dates import moment_words
from panggon.papers.models import Paper
from panggon.people import selectors as people
from panggon.people.models import User

BEFORE_PREPARATION = frozenset(
    {State.DRAFT, State.SUBMITTED, State.RECEIVED, State.DISPOSED, State.VERIFYING, State.INCOMPLETE}
)
SAID_TO_APPLICANT = frozenset({Action.RETURN_TO_APPLICANT, Action.REFUSE, Action.WITHDRAW})
OVER = frozenset({State.DONE, State.WITHDRAWN, State.REFUSED})
# The act by which a step of the SK is done, as its page says it afterwards.
LEADING = {
    Action.RECEIVE: gettext_lazy("Surat diterima"),
    Action.DISPOSE: gettext_lazy("Disposisi"),
    Action.ASSIGN: gettext_lazy("Petugas ditunjuk"),
    Action.COMPLETE: gettext_lazy("Kelengkapan diperiksa"),
    Action.REPORT: gettext_lazy("Disiapkan dan dilaporkan"),
    Action.REQUEST_APPROVAL: gettext_lazy("Pengesahan dimohonkan"),
    Action.APPROVE: gettext_lazy("Disahkan"),
}
WARN, LATE = 80, 100
PERSONS = (
    (gettext_lazy("Narahubung"), CONTACT),
    (gettext_lazy("Penanggung jawab"), RESPONSIBLE),
    (gettext_lazy("Admin teknis"), ADMIN),
    (gettext_lazy("Penyedia atau pengembang"), VENDOR),
)


@dataclass(frozen=True, slots=True)
class Attached:
    """A paper, as one finds it at the act that caused it."""

    key: UUID
    title: str
    number: str
    signed: bool
    voided: bool
    void_reason: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One act of the way so far, or what a machine did in between (without `sequence`); `papers` are what it caused."""

    what: str
    who: str
    at: datetime
    step: int | None
    state: str
    words: str
    stamped_at: datetime | None = None
    sequence: int | None = None
    papers: tuple[Attached, ...] = ()


@dataclass(frozen=True, slots=True)
class Doer:
    """Who did a step of the SK, and when."""

    step: int
    what: Any
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ClockView:
    """`percent` may pass 100, `bar` ends there."""

    due_at: datetime | None
    words: str
    percent: int
    bar: int
    look: str


@dataclass(frozen=True, slots=True)
class Row:
    """A case in a list; `host` is empty while no name is wished."""

    number: str
    title: str
    agency: str
    host: str
    state: str
    due_at: datetime | None
    late: bool = False
    holder: str = ""

    @property
    def address(self) -> str:
        return address_of(self.number)


def timeline(case: Case, user: User, *, now: datetime) -> list[Entry]:
    """The newest act first. What officials and machines say to each other is for the dinas."""
    inside = people.is_official(user, now=now)
    events = selectors.timeline(case)
    told = [event for event, following in zip_longest(events, events[1:]) if not _goes_on_saving(event, following)]
    return [entry(event, inside=inside) for event in reversed(told)]


def entry(event: Event, *, inside: bool) -> Entry:
    action, source = Action(event.action), State(event.source)
    moved = event.source != event.target
    return Entry(
        what=str(ACTION_LABELS[action].text),
        who=who(event),
        at=event.at,
        step=step_of(action, state=source),
        state=str(STATE_LABELS[State(event.target)].text) if moved else "",
        words=_words(event, inside=inside),
        stamped_at=event.counts_at if "stamped_at" in event.data else None,
        sequence=event.sequence,
    )


def who(event: Event) -> str:
    """Name and title of who acted; an acting official with the one who was stood in for."""
    title = acting_title(ActingKind(event.acting) if event.acting else None, Role(event.role))
    if event.represented:
        title = _("%(title)s, mewakili %(incumbent)s") % {
            "title": title,
            "incumbent": event.represented.full_name,
        }
    return f"{event.actor.full_name}, {title}" if event.actor else title


def doers(case: Case) -> list[Doer]:
    """Who has done which step of the SK so far, the last time that it was done."""
    last: dict[int, Doer] = {}
    for event in selectors.timeline(case):
        step = step_of(Action(event.action), state=State(event.source))
        if event.actor and step and Action(event.action) in LEADING:
            last[step] = Doer(step, LEADING[Action(event.action)], who(event), event.at)
    return [last[step] for step in sorted(last)]


def holder(case: Case) -> str:
    """Who has the case now, by name where it is one person's."""
    role = waits_for(State(case.state))
    if role is None:
        return ""
    if role is Role.APPLICANT:
        return case.agency.name
    if role is Role.TECHNICIAN and case.technician:
        return f"{case.technician.full_name}, {ROLE_LABELS[role]}"
    if role is Role.DIVISION_HEAD and case.division:
        return f"Kepala {case.division}"
    return str(ROLE_LABELS[role])


def attached(paper: Paper) -> Attached:
    return Attached(
        paper.pk, paper.title, paper.number, paper.signed is not None, paper.voided_at is not None, paper.void_reason
    )


def row_of(case: Case, *, late: bool = False, holder: str = "") -> Row:
    host = case.host if case.label else ""
    return Row(case.number, case.title, case.agency.short_name, host, case.state, case.due_at, late, holder)


def due_words(due_at: datetime | None, *, today: date) -> str:
    """A deadline as one says it on that day: the hour alone today and tomorrow, else with the day."""
    if due_at is None:
        return ""
    local = localtime(due_at)
    hour = date_format(local, "H.i")
    if local.date() == today:
        return _("hari ini %(hour)s") % {"hour": hour}
    if local.date() == today + timedelta(days=1):
        return _("besok %(hour)s") % {"hour": hour}
    return date_format(local, "D, j M, H.i")


@lru_cache(maxsize=10_000)
def address_of(number: str, action: Action | None = None) -> str:
    """The page of a case, or that of a step of it. Addresses stay the same, and a list asks for many of them."""
    return reverse("cases:step", args=[number, action]) if action else reverse("cases:case", args=[number])


def clock(case: Case, *, now: datetime) -> ClockView | None:
    """None until the case was sent, and in a year without a calendar."""
    return clock_view(selectors.clock_now(case, now=now))


def clock_view(reading: Clock | None) -> ClockView | None:
    """None until the case was sent, and in a year without a calendar."""
    if reading is None:
        return None
    percent = round(reading.share * 100)
    words = (
        _("berjalan")
        if reading.running
        else _("berhenti")
        if reading.stopped_at
        else _("jeda: menunggu OPD melengkapi")
    )
    look = "negative" if percent > LATE else "warning" if percent >= WARN else ""
    return ClockView(reading.due_at, words, percent, min(percent, 100), look)


def request_rows(case: Case, user: User, *, now: datetime) -> tuple[tuple[str, str], ...]:
    """What was asked for, without what was left empty. The disposition is the dinas's own."""
    disposition = [str(case.division or ""), case.instruction, case.disposition_note]
    rows = [
        (_("OPD pemohon"), case.agency),
        *((row.label, row.value) for row in rows_of(case, (*LETTER, *SITE))),
        *((words, _joined(case, names)) for words, names in PERSONS),
        (_("Nomor agenda"), case.agenda_number),
        (_("Disposisi"), " · ".join(filter(None, disposition)) if people.is_official(user, now=now) else ""),
        (_("Petugas teknis"), case.technician),
        (_("Pengenal situs"), case.site.identifier if case.site else ""),
    ]
    return tuple((name, str(value)) for name, value in rows if value)


def remarks(case: Case, user: User, *, now: datetime) -> list[str]:
    """What an official should look at before going on; none of it is a ground to refuse."""
    if State(case.state) in OVER or not people.is_official(user, now=now):
        return []
    said = []
    if doubtful := doubtful_words(case.label, office().naming.doubtful):
        words = {"label": case.label, "words": ", ".join(doubtful)}
        said.append(_("Subdomain “%(label)s” memuat kata yang perlu diperhatikan: %(words)s.") % words)
    if case.label and case.agency.labels and case.label not in case.agency.labels:
        own = ", ".join(case.agency.labels)
        said.append(
            _("Subdomain “%(label)s” bukan milik %(agency)s (%(own)s). Pastikan nama itu memang untuk OPD ini.")
            % {"label": case.label, "agency": case.agency.short_name, "own": own}
        )
    if not case.agency.is_network_user:
        said.append(_("OPD ini tercatat bukan pengguna jaringan kota."))
    if case.technician and case.state in WITH_TECHNICIAN and not people.is_technician(case.technician):
        said.append(
            _("%(who)s bukan petugas teknis lagi. Kepala Bidang menunjuk petugas lain.") % {"who": case.technician}
        )
    return said


def invitation_address(case: Case, user: User, *, now: datetime) -> str:
    """Where Tata Usaha makes the OPD's account, with what the letter says; empty for everybody else."""
    roles = people.roles_of(user, now=now)
    if roles.isdisjoint({Role.REGISTRAR, Role.ADMINISTRATOR}):
        return ""
    facts = {
        "surat": case.letter_number,
        "tanggal": case.letter_date.isoformat() if case.letter_date else "",
        "permohonan": case.number,
        "email": case.contact_email,
    }
    return f"{reverse('people:agency_invite', args=[case.agency_id])}?{urlencode(facts)}"


def shows_preparation(case: Case, user: User) -> bool:
    """Machines are the dinas's business; the OPD sees the result."""
    return State(case.state) not in BEFORE_PREPARATION and user.agency_id != case.agency_id


def access_open(case: Case, user: User) -> bool:
    """Whether the owner may come in, and this person is the owner's."""
    return State(case.state) in HANDED_OVER and user.agency_id == case.agency_id


def access_comes_first(case: Case, user: User) -> bool:
    """Whether the owner has nothing yet to come in with: a confirmation is worth nothing before that."""
    site = case.site
    taken = site is not None and (site.ssh_keys or site.password_fingerprint)
    return State(case.state) is State.DELIVERED and access_open(case, user) and not taken


def _joined(case: Case, names: tuple[str, ...]) -> str:
    return " · ".join(filter(None, (shown(case, name) for name in names)))


def _goes_on_saving(event: Event, following: Event | None) -> bool:
    """A draft that the same person saves again and again, as the form does by itself, is one line."""
    saves = event.action == Action.SAVE_DRAFT and following is not None and following.action == Action.SAVE_DRAFT
    return saves and event.actor_id == following.actor_id


def _words(event: Event, *, inside: bool) -> str:
    action = Action(event.action)
    if action is Action.RECALCULATE:
        before, after = (datetime.fromisoformat(event.data[name]) for name in ("due_before", "due_after"))
        moments = {"before": moment_words(before), "after": moment_words(after)}
        return _("Kalender kerja diubah: batas penyelesaian semula %(before)s, sekarang %(after)s.") % moments
    return event.note if inside or Role(event.role) is Role.APPLICANT or action in SAID_TO_APPLICANT else ""
