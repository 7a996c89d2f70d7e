"""When somebody of the dinas leaves: what waits for the person, and who has it afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from panggon.cases import selectors
from panggon.cases.models import Case
from panggon.core.cases.procedure import WITH_TECHNICIAN, Role
from panggon.core.errors import Fault, InvalidError
from panggon.people import selectors as people
from panggon.people import services
from panggon.people.models import RoleAssignment, User


@dataclass(frozen=True, slots=True)
class Waiting:
    """A post that only this person has in hand, and how many cases wait there."""

    post: RoleAssignment
    cases: int

    @property
    def field(self) -> str:
        """Where a form asks for the successor."""
        return f"successor_{self.post.pk}"


def assigned_to(user: User) -> QuerySet[Case]:
    """The cases under way of which the person is the technician."""
    return Case.objects.filter(technician=user, state__in=WITH_TECHNICIAN).select_related("agency", "site")


def waiting_on(user: User, *, now: datetime, only: RoleAssignment | None = None) -> list[Waiting]:
    """The posts that need a successor before the person can leave them (`only` this one, or all)."""
    posts = people.posts_held_alone(user, now=now)
    counted = [Waiting(post, _cases_of(post).count()) for post in posts if only is None or post == only]
    return [waiting for waiting in counted if waiting.cases]


@transaction.atomic
def close_account(
    user: User, *, successors: Mapping[str, User | None], actor: User, at: datetime, reason: str = ""
) -> None:
    """Closes the account; each post with waiting cases that nobody else has goes over to its successor.

    `successors` by `Waiting.field`. Raises `InvalidError` `account.successor_needed` at each field that is empty, and
    what `people.services.close_account` and `give_post` refuse.
    """
    services.lock_posts()
    handed = _handed_over(waiting_on(user, now=at), successors)
    services.close_account(user, actor=actor, at=at, reason=reason)
    _give(handed, actor=actor, at=at)


@transaction.atomic
def release_post(
    post: RoleAssignment, *, successors: Mapping[str, User | None], actor: User, at: datetime, reason: str = ""
) -> None:
    """Takes one post away; the account stays. Raises as `close_account`."""
    services.lock_posts()
    handed = _handed_over(waiting_on(post.user, now=at, only=post), successors)
    services.take_post(post, actor=actor, at=at, reason=reason)
    _give(handed, actor=actor, at=at)


# ------------------------------------------------------------------------------------------------------------------


def _cases_of(post: RoleAssignment) -> QuerySet[Case]:
    role = Role(post.role)
    if role is Role.TECHNICIAN:
        return assigned_to(post.user).filter(division=post.division)
    return Case.objects.filter(selectors.at_post(role, post.division))


def _handed_over(waiting: list[Waiting], successors: Mapping[str, User | None]) -> list[tuple[RoleAssignment, User]]:
    missing = tuple(
        Fault("account.successor_needed", row.field, {"post": row.post.title, "count": row.cases})
        for row in waiting
        if successors.get(row.field) is None
    )
    if missing:
        raise InvalidError(missing)
    return [(row.post, successor) for row in waiting if (successor := successors[row.field])]


def _give(handed: list[tuple[RoleAssignment, User]], *, actor: User, at: datetime) -> None:
    for post, successor in handed:
        services.give_post(successor, Role(post.role), division=post.division, actor=actor, at=at)
