"""Cases that wait for a post that nobody has."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from panggon.cases.models import Case
from panggon.cases.selectors.hands import at_post, left_behind
from panggon.core.cases.procedure import Role, State, waits_for
from panggon.core.notify.alerts import SUPERIORS
from panggon.people import selectors as people
from panggon.people.models import User
from panggon.people.selectors import Vacancy
from panggon.questions import Among

# Who sees to it that an empty post is filled: the administrator enters who has it, the level above decides it.
_OVER_POSTS = frozenset({Role.ADMINISTRATOR} | {SUPERIORS[role] for role in people.WAITED_FOR if role in SUPERIORS})


@dataclass(frozen=True, slots=True)
class Unattended:
    """An empty post, and how many cases wait for whoever takes it."""

    vacancy: Vacancy
    cases: int


def unattended(*, now: datetime) -> list[Unattended]:
    """The empty posts that cases wait for."""
    counted = [
        Unattended(vacancy, Case.objects.filter(at_post(vacancy.role, vacancy.division)).count())
        for vacancy in people.vacancies(now=now)
    ]
    return [post for post in counted if post.cases]


def unattended_below(user: User, *, now: datetime) -> list[Unattended]:
    """Those of them that this person has to see filled: all for an administrator, else those of the level below."""
    roles = people.roles_of(user, now=now)
    if roles.isdisjoint(_OVER_POSTS):
        return []
    sees_all = Role.ADMINISTRATOR in roles
    return [post for post in unattended(now=now) if sees_all or SUPERIORS.get(post.vacancy.role) in roles]


def vacancy_of(case: Case, *, now: datetime) -> Vacancy | None:
    """The empty post for which this case waits; None when somebody can go on with it."""
    role = waits_for(State(case.state))
    if role is Role.TECHNICIAN and case.technician_id in people.no_technicians():
        role = Role.DIVISION_HEAD
    if role not in people.WAITED_FOR:
        return None
    division = case.division if role is Role.DIVISION_HEAD else None
    if people.holders_of(role, now=now, division=division).exists():
        return None
    return next((post for post in people.vacancies(now=now) if (post.role, post.division) == (role, division)), None)


def left_cases() -> QuerySet[Case]:
    """Those whose technician is none any more."""
    return (
        Case.objects.filter(left_behind(Among(list(people.no_technicians()))))
        .select_related("division", "technician")
        .order_by("pk")
    )
