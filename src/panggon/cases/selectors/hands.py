"""In whose hands a case is: whose the next step is."""

from datetime import datetime
from typing import Any

from django.db.models import Q

from panggon.cases.models import Case
from panggon.core.cases.procedure import WITH_TECHNICIAN, Role, State, waits_for
from panggon.people import selectors as people
from panggon.people.models import Division, User
from panggon.questions import Among, Given

# What `held_by` wants to know, where a question is written once for everybody with the same roles.
GIVEN = {
    "user": Given("user"),
    "agency": Given("agency"),
    "divisions": Among(Given("divisions")),
    "strangers": Among(Given("strangers")),
}


def is_in_hand(case: Case, user: User, *, now: datetime) -> bool:
    """Whether the next step of the case is this person's."""
    return Case.objects.filter(in_hand(user, now=now), pk=case.pk).exists()


def in_hand(user: User, *, now: datetime) -> Q:
    """The rows whose next step is this person's."""
    roles = people.roles_of(user, now=now)
    facts = facts_of(user, roles, now=now)
    return held_by(roles, **{name: Among(fact) if isinstance(fact, list) else fact for name, fact in facts.items()})


def held_by(roles: frozenset[Role], *, user: Any, agency: Any, divisions: Any, strangers: Any) -> Q:
    """The rows whose next step is that of one person, by role and by what the case says about itself.

    A case whose technician is none any more (one of `strangers`) waits for its Kepala Bidang to choose another.
    """
    whose = {
        Role.APPLICANT: Q(agency=agency),
        Role.TECHNICIAN: Q(technician=user),
        Role.DIVISION_HEAD: Q(division=divisions),
    }
    mine = Q(state=State.DRAFT, applicant=user)
    for role in sorted(roles):
        mine |= Q(state__in=[state for state in State if waits_for(state) is role]) & whose.get(role, Q())
    if Role.DIVISION_HEAD in roles:
        mine |= left_behind(strangers) & Q(division=divisions)
    return mine


def at_post(role: Role, division: Division | None) -> Q:
    """The rows whose next step is for whoever holds this post."""
    states = Q(state__in=[state for state in State if waits_for(state) is role])
    if role is not Role.DIVISION_HEAD:
        return states
    return (states | left_behind(Among(list(people.no_technicians())))) & Q(division=division)


def left_behind(strangers: Any) -> Q:
    """Cases whose technician is none any more (one of `strangers`): the Kepala Bidang has to choose another."""
    return Q(state__in=WITH_TECHNICIAN, technician=strangers)


def facts_of(user: User, roles: frozenset[Role], *, now: datetime) -> dict[str, Any]:
    """What `held_by` wants to know of a person."""
    facts: dict[str, Any] = {"user": user.pk, "agency": user.agency_id, "divisions": [], "strangers": []}
    if Role.DIVISION_HEAD in roles:
        facts["divisions"] = list(people.division_keys_of(user, Role.DIVISION_HEAD, now=now))
        facts["strangers"] = list(people.no_technicians())
    return facts
