from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from panggon.audit.chain import salted
from panggon.audit.selectors import history_of
from panggon.complaints.models import Complaint
from panggon.core.cases.vocabulary import Role
from panggon.core.incidents.procedure import HANDLERS, OFFICIALS, TABLE, IncidentNeed
from panggon.core.incidents.vocabulary import IncidentAction, IncidentEffect, IncidentState
from panggon.core.node.planning.resources import canonical
from panggon.core.state_machine import Offer
from panggon.incidents.models import Evidence, Incident, IncidentEvent
from panggon.incidents.parts import facts_of
from panggon.people import selectors as people
from panggon.people.models import User
from panggon.questions import Given, question

Incidents = QuerySet[Incident]
IncidentOffer = Offer[IncidentState, IncidentAction, Role, IncidentNeed]
AT_WORK = (IncidentState.REPORTED, IncidentState.HANDLED, IncidentState.CONTAINED)
DECIDING = (IncidentState.REPORTED, IncidentState.RECOVERED)
CLOSED_SHOWN = 50
COUNTED_TO = 100  # the menu says "99+" beyond


def handles(user: User, *, now: datetime) -> bool:
    """Whether the person has a part in handling incidents, and not only in reporting them."""
    return not people.roles_of(user, now=now).isdisjoint(HANDLERS)


def visible_to(user: User, *, now: datetime) -> Incidents:
    """For who handles incidents all but those about this person; for who else reported one, that one."""
    rows = _not_about(user).select_related("reporter", "handler", "site__agency", "site__node", "complaint")
    return rows if handles(user, now=now) else rows.filter(reporter=user)


def visible_to_owner(user: User) -> Incidents:
    """Those of the own OPD's sites of which it was told."""
    told = Incident.objects.filter(agency_told_at__isnull=False).select_related("site__agency", "site__node")
    return told.filter(site__agency=user.agency_id) if user.agency_id else told.none()


def open_to(user: User, *, now: datetime) -> Incidents:
    """What is not over, the nearest deadline first."""
    rows = visible_to(user, now=now).exclude(state__in=TABLE.finals)
    return rows.order_by(F("due_at").asc(nulls_last=True), "reported_at", "pk")


def closed_to(user: User, *, now: datetime) -> Incidents:
    return visible_to(user, now=now).filter(state__in=TABLE.finals).order_by("-state_since", "-pk")[:CLOSED_SHOWN]


def to_do(user: User, *, now: datetime) -> Incidents:
    """What waits for this person: of an official what is to be decided, of a technician what is in hand or nobody's."""
    roles = people.roles_of(user, now=now)
    waits = _waiting(Role.TECHNICIAN in roles, not roles.isdisjoint(OFFICIALS), user=user)
    rows = visible_to(user, now=now).filter(waits)
    return rows.order_by(F("due_at").asc(nulls_last=True), "reported_at", "pk")


def count_to_do(user: User, *, now: datetime) -> int:
    """How many wait for this person, counted to `COUNTED_TO` at most."""
    roles = people.roles_of(user, now=now)
    if roles.isdisjoint(HANDLERS):
        return 0
    return len(_keys_waiting(Role.TECHNICIAN in roles, not roles.isdisjoint(OFFICIALS), user=user.pk))


def offers(incident: Incident, user: User, *, now: datetime) -> list[IncidentOffer]:
    """What this person may press now, with what stands in the way of the rest."""
    concerned = concerned_by(incident)
    found: dict[IncidentAction, IncidentOffer] = {}
    for capacity in people.capacities_of(user, now=now):
        facts = facts_of(incident, capacity=capacity, concerned=concerned, data={})
        for offer in TABLE.offers(IncidentState(incident.state), roles=capacity.roles, facts=facts):
            if offer.possible or offer.action not in found:
                found[offer.action] = offer
    return list(found.values())


def concerned_by(incident: Incident) -> frozenset[str]:
    """The keys of the people of the dinas whom it is about."""
    return frozenset(str(key) for key in incident.concerned.values_list("pk", flat=True))


def way(incident: Incident) -> list[IncidentEvent]:
    return list(incident.events.select_related("actor").prefetch_related("evidence"))


def evidence(incident: Incident, pk: int) -> Evidence | None:
    return Evidence.objects.filter(event__incident=incident, pk=pk).first()


def of_complaint(complaint: Complaint) -> Incident | None:
    """The incident that a complaint became."""
    return Incident.objects.filter(complaint=complaint).first()


def not_over() -> Incidents:
    return Incident.objects.exclude(state__in=TABLE.finals).order_by("pk")


def not_over_of(site_id: int) -> Incidents:
    return not_over().filter(site=site_id)


def with_words_ended_before(moment: datetime) -> Incidents:
    """Those that are over since then and still say something."""
    return Incident.objects.filter(state__in=TABLE.finals, state_since__lt=moment).exclude(description="")


def event(pk: int) -> IncidentEvent:
    return _events().get(pk=pk)


def event_of(number: str, sequence: int) -> IncidentEvent:
    return _events().get(incident__number=number, sequence=sequence)


def contents_of(event: IncidentEvent) -> str:
    """The salted digest of what the event says now."""
    return salted(canonical([event.words, event.data]), salt=event.salt)


def not_as_recorded(incident: Incident) -> list[int]:
    """The numbers of the events that are not, or no more, as the log of changes says; erased ones are left out."""
    changes: Iterable[Any] = history_of(subject_of(incident)).values_list("after", flat=True)
    recorded = {row["event"]: row["contents"] for row in changes}
    found = {event.sequence: event for event in incident.events.all()}
    wrong = [number for number in range(1, incident.version + 1) if number not in found or number not in recorded]
    for number in found.keys() & recorded.keys():
        row = found[number]
        if row.contents != recorded[number] or (row.salt and contents_of(row) != row.contents):
            wrong.append(number)
    return sorted(wrong)


def subject_of(incident: Incident) -> str:
    """Under which the log of changes keeps this incident."""
    return f"incidents.incident:{incident.number}"


def effects_of(event: IncidentEvent) -> tuple[IncidentEffect, ...]:
    row = TABLE.row(IncidentState(event.source), IncidentAction(event.action))
    return row.effects if row else ()


# ------------------------------------------------------------------------------------------------------------------


def _not_about(user: Any) -> Incidents:
    about = Incident.concerned.through.objects.filter(incident=OuterRef("pk"), user=user)
    return Incident.objects.filter(~Exists(about))


def _waiting(technician: bool, official: bool, *, user: Any) -> Q:
    waits = Q(pk=None)
    if technician:
        waits |= (Q(handler=user) | Q(handler=None)) & Q(state__in=AT_WORK)
    if official:
        waits |= Q(state__in=DECIDING)
    return waits


@question
def _keys_waiting(technician: bool, official: bool) -> QuerySet[Incident, int]:
    user = Given("user")
    mine = _not_about(user).filter(_waiting(technician, official, user=user))
    return mine.order_by().values_list("pk", flat=True)[:COUNTED_TO]


def _events() -> QuerySet[IncidentEvent]:
    return IncidentEvent.objects.select_related("incident__site__agency", "incident__handler", "actor")
