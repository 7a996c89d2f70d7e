"""What waits for whom: the home page, and the part of it that renews itself."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from panggon.cases import selectors
from panggon.cases.filters import TICKING
from panggon.cases.models import Case
from panggon.cases.selectors import WaitingCounts
from panggon.cases.views import presentation
from panggon.cases.views.buttons import next_action, text_of
from panggon.cases.views.vacant import empty_posts
from panggon.core.cases.procedure import Action, Role, State, waits_for
from panggon.labels import ROLE_LABELS
from panggon.people import selectors as people
from panggon.people.models import User
from panggon.people.permissions import signed_in
from panggon.schedule.words import duration_words

MINUTE = timedelta(minutes=1)
RECENT = 5  # of all that may be seen, the newest
RENEWED = timedelta(minutes=15)  # after which time alone changes the page: what was for later is for today


@dataclass(frozen=True, slots=True)
class Row:
    """A case with the one thing to do; `action` is None while a machine works on it, `due_at` while no clock runs.

    Only facts that are told: their words are made when the row is drawn, which is once while they stay the same.
    """

    number: str
    title: str
    agency: str
    host: str
    clock: presentation.ClockView | None
    waited_minutes: int | None
    due_at: datetime | None
    late: bool
    today: date
    action: Action | None

    @property
    def name(self) -> str:
        return self.title or self.number

    @property
    def address(self) -> str:
        return presentation.address_of(self.number)

    @property
    def waited(self) -> str:
        if self.waited_minutes is None:
            return ""
        words = duration_words(self.waited_minutes * MINUTE) if self.waited_minutes else _("baru saja")
        return _("Di tangan Anda: %(waited)s") % {"waited": words}

    @property
    def due(self) -> str:
        return presentation.due_words(self.due_at, today=self.today)

    @property
    def action_address(self) -> str:
        return presentation.address_of(self.number, self.action)

    @property
    def text(self) -> str:
        return text_of(self.action) if self.action else _("Lihat kemajuan")


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    heading: str
    rows: list[Row]


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """What waits for this person, nearest deadline first, and the newest of what else may be read."""
    user, now = request.user, timezone.now()
    roles = people.roles_of(user, now=now)
    context = {
        **_waiting(user, selectors.waiting_counts(user, now=now), now=now),
        "others": [presentation.row_of(case) for case in selectors.newest_visible_to(user, now=now, most=RECENT)],
        "roles": ", ".join(str(ROLE_LABELS[role]) for role in sorted(roles)),
        "substitutes": people.substitutes_of(user, now=now),
        "empty_posts": empty_posts(user, now=now),
        "fills_posts": Role.ADMINISTRATOR in roles,
        "may_apply": people.may_apply(user, now=now),
    }
    return render(request, "cases/home.html", context)


@signed_in
def waiting(request: HttpRequest) -> HttpResponse:
    """The list alone, for a page that is open; 204 while it would look the same as the one with `versi`."""
    now = timezone.now()
    counts = selectors.waiting_counts(request.user, now=now)
    if request.GET.get("versi") == _version(counts, now=now):
        return HttpResponse(status=204)
    return render(request, "cases/waiting.html", _waiting(request.user, counts, now=now))


# ------------------------------------------------------------------------------------------------------------------


def _waiting(user: User, counts: WaitingCounts, *, now: datetime) -> dict[str, Any]:
    cases = selectors.waiting_for(user, now=now)
    return {
        "waiting": cases,
        "counts": counts,
        "more": counts.total - len(cases),
        "sections": _sections(cases, user, now=now),
        "version": _version(counts, now=now),
    }


def _version(counts: WaitingCounts, *, now: datetime) -> str:
    return f"{counts.version}-{int(now.timestamp() // RENEWED.total_seconds())}"


def _sections(cases: list[Case], user: User, *, now: datetime) -> list[Section]:
    """As a busy head reads it; the order within each is the list's own."""
    headings = {
        "returned": _("Dikirim ulang"),
        "incomplete": _("Perlu dilengkapi"),
        "late": _("Terlambat"),
        "today": _("Hari ini"),
        "later": _("Tidak jatuh tempo hari ini"),
        "draft": _("Draf"),
    }
    rows: dict[str, list[Row]] = {name: [] for name in headings}
    roles = people.roles_of(user, now=now)
    for case in cases:
        rows[_section_of(case, now=now)].append(_row(case, _action_for(case, user, roles), now=now))
    return [Section(name, heading, rows[name]) for name, heading in headings.items() if rows[name]]


def _section_of(case: Case, *, now: datetime) -> str:
    state = State(case.state)
    if case.returned:
        return "returned"
    if state in (State.DRAFT, State.INCOMPLETE):
        return state.value
    if state in TICKING and case.due_at and case.due_at < now:
        return "late"
    if state in TICKING and case.due_at and localdate(case.due_at) == localdate(now):
        return "today"
    return "later"


def _action_for(case: Case, user: User, roles: frozenset[Role]) -> Action | None:
    """None while a machine works. A case that its technician has left waits for another one to be chosen."""
    if case.machine_works:
        return None
    role = waits_for(State(case.state))
    left_behind = role not in roles or (role is Role.TECHNICIAN and case.technician_id != user.pk)
    return Action.REASSIGN if left_behind else next_action(State(case.state))


def _row(case: Case, action: Action | None, *, now: datetime) -> Row:
    due_at = case.due_at if State(case.state) in TICKING else None
    return Row(
        number=case.number,
        title=case.title,
        agency=case.agency.short_name,
        host=case.host if case.label else "",
        clock=presentation.clock_view(case.clock),
        waited_minutes=None if case.waited is None else case.waited // MINUTE,
        due_at=due_at,
        late=due_at is not None and due_at < now,
        today=localdate(now),
        action=action,
    )
