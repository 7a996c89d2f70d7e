"""What waits for whom."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Sum, Value

from panggon.cases.filters import TICKING
from panggon.cases.models import Case, Event
from panggon.cases.selectors.fetching import CLOCK_EVENTS, rows
from panggon.cases.selectors.hands import GIVEN, facts_of, held_by
from panggon.cases.selectors.timing import clock_now
from panggon.core.cases.procedure import Role
from panggon.core.errors import PermanentError
from panggon.core.schedule.workdays import Calendar, working_time
from panggon.office.selectors import read_once
from panggon.people import selectors as people
from panggon.people.models import User
from panggon.questions import Among, Given, question
from panggon.schedule import selectors as schedule
from panggon.sites import selectors as sites

# The most urgent first. The allowance is the same for all, so that the nearest deadline is the largest share used.
URGENCY = ("-returned", F("due_at").asc(nulls_last=True), "state_since", "id")
WAITING_SHOWN = 25


@dataclass(frozen=True, slots=True)
class WaitingCounts:
    """`returned`: sent again after it was incomplete; `late`: beyond the deadline. Both are part of `total`.

    `version` differs when the list of what waits would show something else.
    """

    total: int
    returned: int
    late: int
    version: str


@read_once()
def waiting_for(user: User, *, now: datetime, most: int = WAITING_SHOWN) -> list[Case]:
    """Of the cases that this person has to act on the most urgent ones, each with `clock`, `waited` (working time since
    it came into these hands) and `machine_works` set.

    Sent again after it was incomplete goes before all; drafts come last. The number of queries does not grow, and the
    clock is read for no more cases than are shown.
    """
    roles = people.roles_of(user, now=now)
    cases = _first(roles, most, **facts_of(user, roles, now=now))
    _add_clock_events(cases)
    calendar = schedule.calendar()
    for case in cases:
        case.clock = clock_now(case, now=now, calendar=calendar)
        case.waited = _waited(case, now=now, calendar=calendar)
    return cases


def waiting_counts(user: User, *, now: datetime) -> WaitingCounts:
    """How many cases wait for this person, in one query."""
    roles = people.roles_of(user, now=now)
    [facts] = _counted(roles, **facts_of(user, roles, now=now), now=now)
    version = hashlib.sha256(f"{facts}".encode()).hexdigest()[:16]
    return WaitingCounts(facts["total"], facts["again"], facts["late"], version)


# ------------------------------------------------------------------------------------------------------------------


def _waited(case: Case, *, now: datetime, calendar: Calendar) -> timedelta | None:
    """None in a year without a calendar."""
    try:
        return working_time(case.state_since, max(case.state_since, now), calendar=calendar)
    except PermanentError:
        return None


def _add_clock_events(cases: list[Case]) -> None:
    """What `prefetch_related(CLOCK_EVENTS)` would do."""
    by_key = {case.pk: case for case in cases}
    for case in cases:
        case.clock_events = []
    for event in _clock_events(cases=list(by_key)):
        by_key[event.case_id].clock_events.append(event)


@question
def _first(roles: frozenset[Role], most: int) -> QuerySet[Case]:
    """Found by their keys first, so that no more than these few are joined with what is shown of them."""
    first = Case.objects.filter(held_by(roles, **GIVEN)).order_by(*URGENCY).values("pk")[:most]
    working = Exists(sites.waiting_wishes().filter(site=OuterRef("site")))
    return rows(Case.objects.filter(pk__in=first).annotate(machine_works=working)).order_by(*URGENCY)


@question
def _counted(roles: frozenset[Role]) -> QuerySet[Any, Any]:
    working = Q(site__in=sites.waiting_wishes().order_by().values("site"))
    whole = Case.objects.filter(held_by(roles, **GIVEN)).order_by().annotate(whole=Value(1)).values("whole")
    return whole.annotate(
        total=Count("pk"),
        again=Count("pk", filter=Q(returned=True)),
        late=Count("pk", filter=Q(state__in=TICKING, due_at__lt=Given("now"))),
        acts=Sum("version"),
        newest=Max("state_since"),
        working=Count("pk", filter=working),
    )


@question
def _clock_events() -> QuerySet[Event]:
    return CLOCK_EVENTS.queryset.filter(case=Among(Given("cases")))
