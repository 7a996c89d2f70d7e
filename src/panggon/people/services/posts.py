"""Posts of the dinas: who holds which."""

from datetime import datetime

from django.db import connection, transaction

from panggon.audit.services import record
from panggon.core.errors import Fault, InvalidError
from panggon.core.vocabulary import Role
from panggon.people.models import Division, RoleAssignment, User

IN_A_DIVISION = frozenset({Role.DIVISION_HEAD, Role.TECHNICIAN})
ASSIGNABLE = frozenset(Role) - {Role.APPLICANT, Role.SYSTEM}
HELD_BY_ONE = frozenset({Role.HEAD, Role.DIVISION_HEAD})
_ONE_AT_A_TIME = 0x706F7374  # the advisory lock under which holders of posts are counted


def found_division(name: str) -> bool:
    """Makes a division of the dinas; False when there is one of this name."""
    return Division.objects.get_or_create(name=name)[1]


def assign_role(user: User, role: Role, *, division: Division | None = None) -> RoleAssignment:
    """Gives a post when an installation is set up; giving it twice changes nothing.

    Raises `InvalidError` when the post cannot be held so.
    """
    if role not in ASSIGNABLE:
        raise InvalidError((Fault("role.not_assignable", field="role"),))
    if (division is not None) != (role in IN_A_DIVISION):
        raise InvalidError((Fault("role.division_does_not_fit", field="division"),))
    assignment, _ = RoleAssignment.objects.get_or_create(user=user, role=role, division=division)
    return assignment


@transaction.atomic
def give_post(user: User, role: Role, *, division: Division | None, actor: User | None, at: datetime) -> RoleAssignment:
    """Gives a post from now on. Raises `InvalidError`: as `assign_role`, `post.of_an_agency`, `post.held`."""
    lock_posts()
    if user.agency_id is not None or not user.is_active:
        raise InvalidError((Fault("post.of_an_agency", "role"),))
    held = RoleAssignment.objects.filter(role=role, division=division, user__is_active=True).exclude(user=user)
    holder = held.select_related("user").first()
    if role in HELD_BY_ONE and holder:
        raise InvalidError((Fault("post.held", "role", {"holder": holder.user.full_name}),))
    before = posts_in_words(user)
    post = assign_role(user, role, division=division)
    _record(user, before, actor=actor, at=at)
    return post


@transaction.atomic
def take_post(post: RoleAssignment, *, actor: User | None, at: datetime, reason: str = "") -> None:
    """Takes a post away. Raises `InvalidError` `account.last_administrator`."""
    lock_posts()
    refuse_last_administrator(post.user, posts=[post])
    before = posts_in_words(post.user)
    post.delete()
    _record(post.user, before, actor=actor, at=at, reason=reason)


def lock_posts() -> None:
    """Until the transaction ends nobody else gives or takes posts."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])


def refuse_last_administrator(user: User, *, posts: list[RoleAssignment]) -> None:
    """Somebody has to be left who can let people in."""
    others = RoleAssignment.objects.filter(role=Role.ADMINISTRATOR, user__is_active=True).exclude(user=user)
    if any(post.role == Role.ADMINISTRATOR for post in posts) and not others.exists():
        raise InvalidError((Fault("account.last_administrator"),))


def posts_in_words(user: User) -> list[str]:
    """The posts that a person holds, for the log of changes and for pages."""
    posts = user.role_assignments.select_related("division").order_by("role", "division__name")
    return [post.title for post in posts]


def user_subject(user: User) -> str:
    """The name of a person in the log of changes."""
    return f"people.user:{user.pk}"


# ------------------------------------------------------------------------------------------------------------------


def _record(user: User, before: list[str], *, actor: User | None, at: datetime, reason: str = "") -> None:
    after = {"posts": posts_in_words(user)}
    record(user_subject(user), before={"posts": before}, after=after, actor=actor, at=at, reason=reason)
