"""What people may see of cases, and what waits for whom. Reading changes nothing."""

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Exists, F, Max, OuterRef, Prefetch, Q, QuerySet, Sum

from panggon.cases.facts import explained, facts_for, in_capacity
from panggon.cases.filters import HANDED_OVER, TICKING, Filter, Moments, Timing
from panggon.cases.models import Case, Event, Reading
from panggon.cases.parts import events_of
from panggon.core.clock import Clock, ClockEffect, ClockEvent, from_record, read_clock
from panggon.core.errors import Fault, PermanentError
from panggon.core.procedure import (
    STATE_LABELS,
    TABLE,
    WITH_TECHNICIAN,
    Action,
    Need,
    Offer,
    Refusal,
    Role,
    State,
    next_words,
    step_under_way,
    waits_for,
)
from panggon.core.shares import Passage, StepTime, step_time, time_by_step
from panggon.core.workdays import Calendar, closing, working_time
from panggon.office.selectors import office, read_once
from panggon.papers import selectors as papers
from panggon.papers.contents import FOR_APPLICANT, FOR_OWNER
from panggon.papers.models import Paper
from panggon.people import selectors as people
from panggon.people.models import Division, User
from panggon.schedule import selectors as schedule
from panggon.sites import selectors as sites

# Needs that say whose a case is: to anybody else its actions are not offered at all.
_OWNERSHIP = frozenset({f"need.{need}" for need in (Need.OWN_AGENCY, Need.OWN_DIVISION, Need.ASSIGNED_TECHNICIAN)})
_CLOCK_EVENTS = Prefetch(
    "events",
    Event.objects.exclude(clock=ClockEffect.NONE).only("case", "clock", "at", "data").order_by("sequence"),
    to_attr="clock_events",
)
# The most urgent first. The allowance is the same for all, so that the nearest deadline is the largest share used.
URGENCY = ("-returned", F("due_at").asc(nulls_last=True), "state_since", "id")
WAITING_SHOWN = 25
# What the rows of a list show of a case: a case has a hundred columns with what hangs on it, and each of them costs.
SHOWN_IN_ROWS = (
    *("number", "title", "label", "state", "due_at", "state_since", "returned", "technician_id"),
    *("agency__short_name", "site__host"),
)


@dataclass(frozen=True, slots=True)
class WaitingCounts:
    """`returned`: sent again after it was incomplete; `late`: beyond the deadline. Both are part of `total`.

    `version` differs when the list of what waits would show something else.
    """

    total: int
    returned: int
    late: int
    version: str


CaseOffer = Offer[State, Action, Role, Need]


@dataclass(frozen=True, slots=True)
class PublicStatus:
    """What number and token show to anybody: no names, no contents of the letter."""

    number: str
    state: State
    label: str
    next_words: str
    step: int | None
    due_at: datetime | None
    submitted_at: datetime | None
    steps: tuple[tuple[datetime, State], ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a case is about, for anybody: no person."""

    number: str
    agency: str
    title: str
    host: str


@read_once()
def waiting_for(user: User, *, now: datetime, most: int = WAITING_SHOWN) -> list[Case]:
    """Of the cases that this person has to act on the most urgent ones, each with `clock`, `waited` (working time since
    it came into these hands) and `machine_works` set.

    Sent again after it was incomplete goes before all; drafts come last. The number of queries does not grow, and the
    clock is read for no more cases than are shown.
    """
    working = Exists(sites.waiting_wishes().filter(site=OuterRef("site")))
    # Found by their keys first, so that no more than these few are joined with what is shown of them.
    first = Case.objects.filter(_in_hand(user, now=now)).order_by(*URGENCY).values("pk")[:most]
    waiting = Case.objects.filter(pk__in=first).annotate(machine_works=working)
    cases = list(_rows(waiting).order_by(*URGENCY).prefetch_related(_CLOCK_EVENTS))
    calendar = schedule.calendar()
    for case in cases:
        case.clock = clock_now(case, now=now, calendar=calendar)
        case.waited = _waited(case, now=now, calendar=calendar)
    return cases


def waiting_counts(user: User, *, now: datetime) -> WaitingCounts:
    """How many cases wait for this person, in one query."""
    working = Q(site__in=sites.waiting_wishes().order_by().values("site"))
    facts = Case.objects.filter(_in_hand(user, now=now)).aggregate(
        total=Count("pk"),
        returned=Count("pk", filter=Q(returned=True)),
        late=Count("pk", filter=Q(state__in=TICKING, due_at__lt=now)),
        acts=Sum("version"),
        newest=Max("state_since"),
        working=Count("pk", filter=working),
    )
    version = hashlib.sha256(f"{facts}".encode()).hexdigest()[:16]
    return WaitingCounts(facts["total"], facts["returned"], facts["late"], version)


def is_in_hand(case: Case, user: User, *, now: datetime) -> bool:
    """Whether the next step of the case is this person's."""
    return Case.objects.filter(_in_hand(user, now=now), pk=case.pk).exists()


def visible_to(user: User, *, now: datetime) -> QuerySet[Case]:
    """All that this person may see: an applicant the own agency's (and no more that of an agency left behind), an
    official of the dinas all but others' drafts.
    """
    visible = Q(agency=user.agency_id) if user.agency_id else Q(pk__in=[])
    if people.is_official(user, now=now):
        visible |= ~Q(state=State.DRAFT) | Q(applicant=user)
    return _related(Case.objects.filter(visible))


def newest_visible_to(user: User, *, now: datetime, most: int) -> list[Case]:
    """For rows that show no more of a case than its name, its agency and its host."""
    return list(_rows(visible_to(user, now=now)).order_by("-created_at", "-pk")[:most])


def found(user: User, meant: Filter, *, now: datetime) -> QuerySet[Case]:
    """Of what this person may see, the cases that are meant."""
    moments = moments_at(now) if meant.timing is Timing.SOON else Moments(now, now)
    cases = visible_to(user, now=now).filter(meant.condition(moments))
    return cases.filter(_in_hand(user, now=now)) if meant.waiting_for_me else cases


def moments_at(now: datetime) -> Moments:
    """Near is a deadline up to the close of the next working day; without a calendar, up to this time tomorrow."""
    calendar = schedule.calendar()
    try:
        return Moments(now, closing(now.astimezone(calendar.zone).date(), days=1, calendar=calendar))
    except PermanentError:
        return Moments(now, now + timedelta(days=1))


def case_for(user: User, number: str, *, now: datetime) -> Case | None:
    """None as well when the case is not for this person's eyes."""
    if not number or "\0" in number:  # PostgreSQL knows no NUL
        return None
    return visible_to(user, now=now).select_related("site__node").filter(number=number).first()


def timeline(case: Case) -> list[Event]:
    """The way so far, first act first."""
    return events_of(case)


def usual_division(*, now: datetime) -> Division | None:
    """To which division the last letter was disposed; with nothing to go by, the first one."""
    divisions = people.divisions(now=now)
    last = Case.objects.filter(division__in=divisions).order_by("-received_at").select_related("division").first()
    return last.division if last else divisions.first()


def last_event(case: Case) -> Event | None:
    return case.events.select_related("actor", "represented").order_by("sequence").last()


def offers(case: Case, user: User, *, now: datetime) -> tuple[CaseOffer, ...]:
    """What this person may press now; an offer with `blockers` is shown with its reasons, not as a button.

    Of one action that is offered in several standings (own posts, acting in others) the possible one.
    """
    if State(case.state) in TABLE.finals:
        return ()
    facts = facts_for(case, actor=user, data={})
    offered: dict[Action, CaseOffer] = {}
    for capacity in people.capacities_of(user, now=now):
        known = in_capacity(facts, case, capacity)
        for offer in TABLE.offers(State(case.state), roles=capacity.roles, facts=known):
            is_own = not any(fault.code in _OWNERSHIP for fault in offer.blockers)
            if is_own and (offer.action not in offered or not offered[offer.action].possible):
                offered[offer.action] = replace(offer, blockers=explained(offer.blockers, facts))
    return tuple(offered.values())


def lacking(case: Case, user: User, action: Action, *, now: datetime) -> tuple[Fault, ...]:
    """What still keeps this person from doing this, as the rules would say it now; inputs of its form apart."""
    facts = facts_for(case, actor=user, data={})
    refusals = []
    for capacity in people.capacities_of(user, now=now):
        answer = TABLE.decide(State(case.state), action, roles=capacity.roles, facts=in_capacity(facts, case, capacity))
        refusals.append(answer.faults if isinstance(answer, Refusal) else ())
    return explained(min(refusals, key=len), facts)


def earlier_case(case: Case) -> Case | None:
    """The newest other request of the same OPD that was sent, to take its people over from."""
    others = Case.objects.filter(agency=case.agency_id).exclude(pk=case.pk).exclude(state=State.DRAFT)
    return others.exclude(contact_name="").order_by("-created_at").first()


def reading_for(user: User, key: UUID, *, now: datetime) -> Reading | None:
    """Of a letter that this person brought, or that belongs to a case that this person sees."""
    reading = Reading.objects.filter(pk=key).first()
    if reading is None or reading.added_by_id == user.pk:
        return reading
    return reading if visible_to(user, now=now).filter(files__sha256=reading.sha256).exists() else None


def others_since(case: Case, version: int, *, user: User, page: str) -> Event | None:
    """The last event after this version, unless all of them are what this very page of this person has saved."""
    later = list(case.events.select_related("actor").filter(sequence__gt=version).order_by("sequence"))
    own = page and all(event.actor_id == user.pk and event.data.get("page") == page for event in later)
    return later[-1] if later and not own else None


def clock_of(
    case: Case, *, now: datetime, calendar: Calendar | None = None, ahead: ClockEvent | None = None
) -> Clock | None:
    """The clock of the service standard; None while it has not started. `ahead`: what is about to happen to it.

    One that has stopped is read as it was kept then: a calendar that is changed later does not change it.
    """
    events = _clock_events(case)
    if events and ahead is None and "clock" in events[-1].data:
        return from_record(events[-1].data["clock"])
    marks = [*_marks(events), *([ahead] if ahead else [])]
    moments = [mark.at for mark in marks]
    return read_clock(marks, now=max([now, *moments]), calendar=calendar or schedule.calendar(), days=_days())


def due_of(case: Case, *, calendar: Calendar) -> datetime | None:
    """When an open case is due by this calendar, while it is paused as it was due when the pause began.

    None before it was sent. `PermanentError` `calendar.missing` names a year without a calendar.
    """
    marks = _marks(_clock_events(case))
    clock = read_clock(marks, now=marks[-1].at, calendar=calendar, days=_days()) if marks else None
    return clock.due_at if clock else None


def _days() -> int:
    """In how many working days the department's standard says that a case is done."""
    return office().standard.working_days


def clock_now(case: Case, *, now: datetime, calendar: Calendar | None = None) -> Clock | None:
    """The clock for people to read: a year without a calendar leaves it out, and nobody without pages."""
    try:
        return clock_of(case, now=now, calendar=calendar)
    except PermanentError:
        return None


def step_time_of(case: Case, clock: Clock, *, now: datetime, calendar: Calendar) -> StepTime | None:
    """What the step under way has used of its share, pauses left out; None when no step is or it has no share."""
    step = step_under_way(State(case.state))
    if step is None or clock.stopped_at is not None:
        return None
    events = [
        Passage(event.counts_at, step_under_way(State(event.target)), ClockEffect(event.clock))
        for event in events_of(case)
    ]
    used = time_by_step(events, now=now, calendar=calendar)
    return step_time(step, used, allowance=clock.allowance, shares=schedule.step_shares())


def open_cases(*, after: int, most: int) -> list[Case]:
    """Cases whose clock has not stopped, with their events, in the order of their keys from `after` on."""
    cases = Case.objects.filter(submitted_at__isnull=False, stopped_at=None, pk__gt=after)
    return list(_related(cases).prefetch_related(_CLOCK_EVENTS).order_by("pk")[:most])


def watched_cases() -> Iterator[Case]:
    """The cases in which the passing of time means something: the clock runs, or the OPD is waited for."""
    open_or_delivered = Q(submitted_at__isnull=False, stopped_at=None) | Q(state=State.DELIVERED)
    cases = _related(Case.objects.filter(open_or_delivered)).prefetch_related(_CLOCK_EVENTS, "alerts")
    return cases.order_by("pk").iterator(chunk_size=500)


def public_status(number: str, token: str) -> PublicStatus | None:
    """What the tracking page shows; None when number and token do not belong together."""
    case = Case.objects.filter(number=number).exclude(state=State.DRAFT).first()
    if case is None or not secrets.compare_digest(case.token.encode(), token.encode()):
        return None
    state = State(case.state)
    moves = case.events.exclude(source=F("target")).order_by("sequence").values_list("at", "target")
    return PublicStatus(
        number=case.number,
        state=state,
        label=STATE_LABELS[state].text,
        next_words=next_words(state),
        step=step_under_way(state),
        due_at=case.due_at,
        submitted_at=case.submitted_at,
        steps=tuple((at, State(target)) for at, target in moves),
    )


def subject_of(number: str) -> Subject | None:
    """What a paper of this case is about; None for one that no case has (any more)."""
    case = Case.objects.select_related("agency", "site").filter(number=number).first()
    return Subject(case.number, case.agency.name, case.title, case.host) if case else None


def token_of(number: str) -> str:
    """The code that belongs to a number, for links to the tracking page; only for who proved to have it."""
    return Case.objects.values_list("token", flat=True).get(number=number)


def over_since(moment: datetime) -> QuerySet[Case]:
    """The cases that ended before this moment."""
    return Case.objects.filter(state__in=TABLE.finals, state_since__lt=moment)


def papers_for(case: Case, user: User, *, now: datetime) -> list[Paper]:
    """The papers that this person may read: the OPD gets its own, and what is handed over once it was delivered."""
    issued = papers.issued(case.number)
    if people.is_official(user, now=now):
        return issued
    readable = FOR_OWNER if State(case.state) in HANDED_OVER else FOR_APPLICANT
    return [paper for paper in issued if paper.kind in readable]


def paper_for(case: Case, user: User, key: UUID, *, now: datetime) -> Paper | None:
    """None as well when the paper is not for this person's eyes."""
    return next((paper for paper in papers_for(case, user, now=now) if paper.pk == key), None)


# ------------------------------------------------------------------------------------------------------------------


def _clock_events(case: Case) -> list[Event]:
    """What changed the clock: of a list fetched along with its rows."""
    if hasattr(case, "clock_events"):
        return case.clock_events
    return [event for event in events_of(case) if event.clock != ClockEffect.NONE]


def _marks(events: list[Event]) -> list[ClockEvent]:
    return [ClockEvent(ClockEffect(event.clock), event.counts_at) for event in events]


def _waited(case: Case, *, now: datetime, calendar: Calendar) -> timedelta | None:
    """None in a year without a calendar."""
    try:
        return working_time(case.state_since, max(case.state_since, now), calendar=calendar)
    except PermanentError:
        return None


def _rows(cases: QuerySet[Case]) -> QuerySet[Case]:
    return cases.select_related(None).select_related("agency", "site").only(*SHOWN_IN_ROWS)


def _related(cases: QuerySet[Case]) -> QuerySet[Case]:
    return cases.select_related("agency", "site", "division", "technician")


def _in_hand(user: User, *, now: datetime) -> Q:
    """The rows whose next step is this person's, by role and by what the case says about itself."""
    roles = people.roles_of(user, now=now)
    of_role = {role: [state for state in State if waits_for(state) is role] for role in roles}
    mine = Q(state=State.DRAFT, applicant=user)
    for role, states in of_role.items():
        mine |= Q(state__in=states) & _whose(role, user, now=now)
    if Role.DIVISION_HEAD in roles:
        mine |= _left_behind() & _whose(Role.DIVISION_HEAD, user, now=now)
    return mine


def _left_behind() -> Q:
    """Cases whose technician is none any more: the Kepala Bidang has to choose another."""
    return Q(state__in=WITH_TECHNICIAN, technician__in=people.no_technicians())


def _whose(role: Role, user: User, *, now: datetime) -> Q:
    if role is Role.APPLICANT:
        return Q(agency=user.agency_id)
    if role is Role.TECHNICIAN:
        return Q(technician=user)
    if role is Role.DIVISION_HEAD:
        return Q(division__in=people.division_keys_of(user, Role.DIVISION_HEAD, now=now))
    return Q()
