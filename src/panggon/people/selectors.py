from django.db.models import QuerySet

from panggon.core.vocabulary import Role
from panggon.people.models import Agency, Division, User


def roles_of(user: User) -> frozenset[Role]:
    """Every role in which a person may act: the posts held, and applicant for whoever belongs to an agency."""
    held = {Role(value) for value in user.role_assignments.values_list("role", flat=True)}
    return frozenset(held | {Role.APPLICANT} if user.agency_id else held)


def is_official(user: User) -> bool:
    """Whether the person holds any post of the dinas; these need a second factor."""
    return user.role_assignments.exists()


def divisions_of(user: User, role: Role) -> QuerySet[Division]:
    """The divisions in which the person holds this post."""
    return Division.objects.filter(role_assignments__user=user, role_assignments__role=role)


def divisions() -> QuerySet[Division]:
    """The divisions to which a letter can be disposed: those with somebody at their head."""
    return Division.objects.filter(role_assignments__role=Role.DIVISION_HEAD).distinct()


def technicians_of(division: Division) -> QuerySet[User]:
    return holders_of(Role.TECHNICIAN).filter(role_assignments__division=division)


def holders_of(role: Role) -> QuerySet[User]:
    """The active people who hold a post."""
    return User.objects.filter(is_active=True, role_assignments__role=role).distinct()


def agencies() -> QuerySet[Agency]:
    return Agency.objects.all()


def may_apply(user: User) -> bool:
    """Whether the person may bring in a request: for the own agency, or as registrar for a letter on paper."""
    return user.agency_id is not None or user.role_assignments.filter(role=Role.REGISTRAR).exists()


def technicians() -> QuerySet[User]:
    return holders_of(Role.TECHNICIAN)
