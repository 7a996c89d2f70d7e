"""Posts of the dinas: who holds which."""

from panggon.core.errors import Fault, InvalidError
from panggon.core.vocabulary import Role
from panggon.people.models import Division, RoleAssignment, User

IN_A_DIVISION = frozenset({Role.DIVISION_HEAD, Role.TECHNICIAN})
ASSIGNABLE = frozenset(Role) - {Role.APPLICANT, Role.SYSTEM}


def found_division(name: str) -> bool:
    """Makes a division of the dinas; False when there is one of this name."""
    return Division.objects.get_or_create(name=name)[1]


def assign_role(user: User, role: Role, *, division: Division | None = None) -> RoleAssignment:
    """Gives a post; giving it twice changes nothing. Raises `InvalidError` when the post cannot be held so."""
    if role not in ASSIGNABLE:
        raise InvalidError((Fault("role.not_assignable", field="role"),))
    if (division is not None) != (role in IN_A_DIVISION):
        raise InvalidError((Fault("role.division_does_not_fit", field="division"),))
    assignment, _ = RoleAssignment.objects.get_or_create(user=user, role=role, division=division)
    return assignment
