"""Who may act in which posts, and when: a post is in the hands of its acting official (Plh/Plt), else of its holder."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.timezone import localdate

from panggon.core.vocabulary import Role
from panggon.people.models import ActingOfficial, Agency, Division, RoleAssignment, User
from panggon.remembered import remembered


@dataclass(frozen=True, slots=True)
class Capacity:
    """One standing in which a person acts: by the own posts, or as the acting official of one post.

    `divisions` are the keys of those that the person heads in it; `people` are all who stand behind the act.
    """

    roles: frozenset[Role]
    people: frozenset[str] = frozenset()
    divisions: frozenset[int] = frozenset()
    acting: ActingOfficial | None = None


THE_SYSTEM = Capacity(frozenset({Role.SYSTEM}))


def acting_at(now: datetime) -> QuerySet[ActingOfficial]:
    """The acting officials who are in charge at this moment."""
    day = localdate(now)
    in_term = Q(first_day__lte=day, last_day__gte=day)
    return ActingOfficial.objects.filter(in_term & (Q(ended_at=None) | Q(ended_at__gt=now)))


def in_charge(now: datetime) -> QuerySet[RoleAssignment]:
    """The posts whose holders have them in their own hands: nobody acts in them now."""
    return RoleAssignment.objects.filter(~Exists(_of_the_same_post(acting_at(now))))


def capacities_of(user: User | None, *, now: datetime) -> tuple[Capacity, ...]:
    """Each standing in which somebody may act, the own one first; nobody is the system."""
    if user is None:
        return (THE_SYSTEM,)
    posts = list(in_charge(now).filter(user=user).values_list("role", "division_id"))
    own = frozenset(Role(role) for role, _ in posts) | ({Role.APPLICANT} if user.agency_id else set())
    headed = frozenset(division for role, division in posts if role == Role.DIVISION_HEAD)
    acting = acting_at(now).filter(user=user).select_related("represented")
    return Capacity(own, frozenset({str(user.pk)}), headed), *map(_as_acting, acting)


def roles_of(user: User, *, now: datetime) -> frozenset[Role]:
    """Every role in which a person may act now: posts held or acted in, and applicant for who belongs to an agency."""
    return remembered(("people.roles_of", user.pk), lambda: _roles_of(user, now=now))


def is_official(user: User, *, now: datetime) -> bool:
    """Whether the person has a part in the dinas's work: holds a post (stood in for or not), or acts in one now.

    These need a second factor.
    """
    posts = RoleAssignment.objects.filter(user=user).values("role")
    parts = posts.union(acting_at(now).filter(user=user).values("role"))
    return remembered(("people.is_official", user.pk), parts.exists)


def divisions_of(user: User, role: Role, *, now: datetime) -> QuerySet[Division]:
    """The divisions in which the person has this post in hand."""
    held = in_charge(now).filter(user=user, role=role).values("division")
    acted = acting_at(now).filter(user=user, role=role).values("division")
    return Division.objects.filter(Q(pk__in=held) | Q(pk__in=acted))


def divisions(*, now: datetime) -> QuerySet[Division]:
    """The divisions to which a letter can be disposed: those with somebody at their head."""
    held = RoleAssignment.objects.filter(role=Role.DIVISION_HEAD, user__is_active=True).values("division")
    acted = acting_at(now).filter(role=Role.DIVISION_HEAD).values("division")
    return Division.objects.filter(Q(pk__in=held) | Q(pk__in=acted))


def holders_of(role: Role, *, now: datetime, division: Division | None = None) -> QuerySet[User]:
    """The active people who have a post in hand; of a division's post, those of this division if one is named."""
    post = Q(role=role) & (Q(division=division) if division else Q())
    held, acted = in_charge(now).filter(post).values("user"), acting_at(now).filter(post).values("user")
    return User.objects.filter(Q(pk__in=held) | Q(pk__in=acted), is_active=True)


def substitutes_of(user: User, *, now: datetime) -> QuerySet[ActingOfficial]:
    """Who acts now in the posts that this person holds."""
    held = RoleAssignment.objects.filter(user=user, role=OuterRef("role")).filter(
        Q(division=OuterRef("division")) | Q(division=None)
    )
    return acting_at(now).filter(Exists(held)).select_related("user", "division", "represented")


def technicians_of(division: Division) -> QuerySet[User]:
    return technicians().filter(role_assignments__division=division, role_assignments__role=Role.TECHNICIAN)


def technicians() -> QuerySet[User]:
    return User.objects.filter(is_active=True, role_assignments__role=Role.TECHNICIAN).distinct()


def active(**which: Any) -> QuerySet[User]:
    """The people with an open account, of those who are asked for by columns."""
    return User.objects.filter(is_active=True, **which)


def all_divisions() -> QuerySet[Division]:
    return Division.objects.all()


def agency_named(words: str) -> Agency | None:
    """The agency with this short name, however it is capitalised."""
    return Agency.objects.filter(short_name__iexact=words).first()


def agencies_like(words: str) -> QuerySet[Agency]:
    """The agencies in whose names these words stand."""
    return Agency.objects.filter(Q(name__icontains=words) | Q(short_name__icontains=words))


def agencies() -> QuerySet[Agency]:
    return Agency.objects.all()


def may_apply(user: User) -> bool:
    """Whether the person may bring in a request: for the own agency, or as registrar for a letter on paper."""
    return user.agency_id is not None or user.role_assignments.filter(role=Role.REGISTRAR).exists()


def user_named(login: str) -> User | None:
    return User.objects.filter(username=login).first()


# ------------------------------------------------------------------------------------------------------------------


def _roles_of(user: User, *, now: datetime) -> frozenset[Role]:
    held, acted = (posts.filter(user=user).values_list("role") for posts in (in_charge(now), acting_at(now)))
    roles = frozenset(Role(role) for (role,) in held.union(acted))
    return roles | {Role.APPLICANT} if user.agency_id else roles


def _of_the_same_post(acting: QuerySet[ActingOfficial]) -> QuerySet[ActingOfficial]:
    """Those in the post of the outer row; a post without a division is one for the whole dinas."""
    return acting.filter(Q(division=OuterRef("division")) | Q(division=None), role=OuterRef("role"))


def _as_acting(acting: ActingOfficial) -> Capacity:
    """On behalf of the incumbent as well, so that nobody has a step done by a substitute that is not the own to do."""
    behind = {acting.user_id, acting.represented_id} - {None}
    division = {acting.division_id} - {None}
    return Capacity(frozenset({Role(acting.role)}), frozenset(map(str, behind)), frozenset(division), acting)
