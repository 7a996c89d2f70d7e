"""Who is meant when somebody has to be told of a case."""

from datetime import datetime

from panggon.cases.models import Case
from panggon.core.cases.procedure import Role, State, waits_for
from panggon.core.notify.alerts import SUPERIORS
from panggon.people import selectors as people
from panggon.people.models import User


def applicants(case: Case) -> list[User]:
    """The people of the OPD that asks."""
    return list(case.agency.people.filter(is_active=True))


def technician(case: Case) -> list[User]:
    return [case.technician] if case.technician else []


def holders(case: Case, state: State, *, now: datetime) -> list[User]:
    """Those who have the case in this state, acting officials included."""
    role = waits_for(state)
    return _in_role(case, role, now) if role else []


def involved(case: Case, state: State, *, now: datetime) -> list[User]:
    """The officials who had the case when it ended in this state: its holders, its Kepala Bidang, its technician."""
    roles = {waits_for(state), Role.TECHNICIAN} | ({Role.DIVISION_HEAD} if case.division else set())
    officials = (
        person for role in roles if role and role is not Role.APPLICANT for person in _in_role(case, role, now)
    )
    return [person for person in dict.fromkeys(officials) if person.is_active]


def superiors(case: Case, state: State, *, now: datetime) -> list[User]:
    """The next level above those who have the case."""
    role = waits_for(state)
    superior = SUPERIORS.get(role) if role else None
    return _in_role(case, superior, now) if superior else []


def over_the_post(role: Role, *, now: datetime) -> list[User]:
    """Who can see to it that a post is filled: the administrators, and the next level above it."""
    superior = SUPERIORS.get(role)
    roles = [Role.ADMINISTRATOR, *([superior] if superior else [])]
    return list(dict.fromkeys(person for role in roles for person in people.holders_of(role, now=now)))


def _in_role(case: Case, role: Role, now: datetime) -> list[User]:
    if role is Role.APPLICANT:
        return applicants(case)
    if role is Role.TECHNICIAN:
        return technician(case)
    division = case.division if role is Role.DIVISION_HEAD else None
    return list(people.holders_of(role, now=now, division=division))
