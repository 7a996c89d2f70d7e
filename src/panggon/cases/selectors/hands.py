"""In whose hands a case is: whose the next step is."""

from datetime import datetime

from django.db.models import Q

from panggon.cases.models import Case
from panggon.core.procedure import WITH_TECHNICIAN, Role, State, waits_for
from panggon.people import selectors as people
from panggon.people.models import Division, User


def is_in_hand(case: Case, user: User, *, now: datetime) -> bool:
    """Whether the next step of the case is this person's."""
    return Case.objects.filter(in_hand(user, now=now), pk=case.pk).exists()


def in_hand(user: User, *, now: datetime) -> Q:
    """The rows whose next step is this person's, by role and by what the case says about itself."""
    roles = people.roles_of(user, now=now)
    of_role = {role: [state for state in State if waits_for(state) is role] for role in roles}
    mine = Q(state=State.DRAFT, applicant=user)
    for role, states in of_role.items():
        mine |= Q(state__in=states) & _whose(role, user, now=now)
    if Role.DIVISION_HEAD in roles:
        mine |= left_behind() & _whose(Role.DIVISION_HEAD, user, now=now)
    return mine


def at_post(role: Role, division: Division | None) -> Q:
    """The rows whose next step is for whoever holds this post."""
    states = Q(state__in=[state for state in State if waits_for(state) is role])
    return (states | left_behind()) & Q(division=division) if role is Role.DIVISION_HEAD else states


def left_behind() -> Q:
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
