"""Who has a post: its holder, or who acts in it."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.timezone import localdate

from panggon.core.cases.vocabulary import Role
from panggon.core.people.acting import post_title
from panggon.people.models import ActingOfficial, Division, RoleAssignment, User
from panggon.people.selectors.accounts import people_of_the_dinas
from panggon.people.selectors.posts import (
    NEWEST_FIRST,
    Posts,
    acting_at,
    acting_on,
    in_charge,
    posts_at,
    posts_kept,
    posts_over,
)
from panggon.people.selectors.standing import posts_of
from panggon.people.selectors.vacancies import vacancies
from panggon.questions import question
from panggon.remembered import remembered

# The posts of the dinas in the order in which pages show them.
POSTS = (
    Role.HEAD,
    Role.REGISTRAR,
    Role.DIVISION_HEAD,
    Role.TECHNICIAN,
    Role.COMPLAINTS_OFFICER,
    Role.ADMINISTRATOR,
)
OF_A_DIVISION = (Role.DIVISION_HEAD, Role.TECHNICIAN)


@dataclass(frozen=True, slots=True)
class PostView:
    """One post for people to read: who holds it, who will, who acts in it now, and since when nobody has it."""

    role: Role
    division: Division | None
    holders: tuple[RoleAssignment, ...]
    coming: tuple[RoleAssignment, ...]
    acting: ActingOfficial | None
    empty_since: date | None = None

    @property
    def title(self) -> str:
        return post_title(self.role, str(self.division or ""))


@dataclass(frozen=True, slots=True)
class Hands:
    """In whose hands a post is: its holder's, or those of who acts in it."""

    user: User
    acting: ActingOfficial | None = None


def hands_of(role: Role, *, now: datetime) -> Hands | None:
    """In whose hands a post without a division is, or was at that moment; None: in nobody's."""
    acting = acting_at(now).filter(role=role).select_related("user", "represented").first()
    if acting:
        return Hands(acting.user, acting)
    post = posts_at(now).filter(role=role).select_related("user").order_by("user__full_name").first()
    return Hands(post.user) if post else None


def hands_on(role: Role, day: date) -> Hands | None:
    """In whose hands a post without a division was on a day, also where that was entered only later."""
    acting = acting_on(day).filter(role=role).select_related("user", "represented").first()
    if acting:
        return Hands(acting.user, acting)
    post = posts_over(day).filter(role=role).select_related("user").order_by(*NEWEST_FIRST).first()
    return Hands(post.user) if post else None


def divisions(*, now: datetime) -> QuerySet[Division]:
    """The divisions to which a letter can be disposed: those with somebody at their head."""
    held = posts_at(now).filter(role=Role.DIVISION_HEAD, user__is_active=True).values("division")
    acted = acting_at(now).filter(role=Role.DIVISION_HEAD).values("division")
    return Division.objects.filter(Q(pk__in=held) | Q(pk__in=acted))


def holders_of(role: Role, *, now: datetime, division: Division | None = None) -> QuerySet[User]:
    """The active people who have a post in hand; of a division's post, those of this division if one is named."""
    post = Q(role=role) & (Q(division=division) if division else Q())
    held, acted = in_charge(now).filter(post).values("user"), acting_at(now).filter(post).values("user")
    return User.objects.filter(Q(pk__in=held) | Q(pk__in=acted), is_active=True)


def people_in_posts(*, now: datetime) -> dict[Role, int]:
    """How many active people hold each post now; none is said of a vacant one."""
    held = posts_at(now).filter(user__is_active=True).order_by().values_list("role")
    return {Role(role): count for role, count in held.annotate(Count("user", distinct=True))}


def substitutes_of(user: User, *, now: datetime) -> list[ActingOfficial]:
    """Who acts now in the posts that this person holds."""
    if all(post.in_hand for post in posts_of(user, now=now)):
        return []
    held = (
        posts_at(now)
        .filter(user=user, role=OuterRef("role"))
        .filter(Q(division=OuterRef("division")) | Q(division=None))
    )
    return list(acting_at(now).filter(Exists(held)).select_related("user", "division", "represented"))


def technicians_of(division: Division) -> QuerySet[User]:
    return User.objects.filter(is_active=True, pk__in=_technicians().filter(division=division).values("user"))


def technicians() -> QuerySet[User]:
    return User.objects.filter(is_active=True, pk__in=_technicians().values("user"))


def no_technicians() -> frozenset[int]:
    """The keys of whoever of the dinas is no technician now: never was, gave the post back, or left."""
    return remembered("people.no_technicians", lambda: frozenset(_no_technicians()))


def is_technician(user: User) -> bool:
    return user.is_active and _technicians().filter(user=user).exists()


def posts_held_alone(user: User, *, now: datetime) -> list[RoleAssignment]:
    """The posts of a person that nobody else has: neither a second holder nor an acting official."""
    same = posts_at(now).filter(user__is_active=True, role=OuterRef("role")).exclude(user=user)
    shared = same.filter(Q(division=OuterRef("division")) | Q(division=None))
    posts = in_charge(now).filter(~Exists(shared), user=user)
    return list(posts.select_related("user", "division"))


def posts_overview(*, now: datetime) -> list[PostView]:
    """Every post of the dinas: who holds it, who acts in it now; a vacant one is shown as such."""
    held, coming = (
        list(posts.filter(user__is_active=True).select_related("user", "division"))
        for posts in (posts_at(now), posts_kept().filter(first_day__gt=localdate(now)))
    )
    empty_since = {(vacancy.role, vacancy.division): vacancy.since for vacancy in vacancies(now=now)}
    acting = list(acting_at(now).select_related("user", "division", "represented"))
    wanted: list[tuple[Role, Division | None]] = []
    for role in POSTS:
        wanted += [(role, division) for division in Division.objects.all()] if role in OF_A_DIVISION else [(role, None)]

    def of(rows: list[RoleAssignment], role: Role, division: Division | None) -> tuple[RoleAssignment, ...]:
        return tuple(row for row in rows if (row.role, row.division) == (role, division))

    return [
        PostView(
            role,
            division,
            of(held, role, division),
            of(coming, role, division),
            next((row for row in acting if (row.role, row.division) == (role, division)), None),
            empty_since.get((role, division)),
        )
        for role, division in wanted
    ]


@question
def _no_technicians() -> QuerySet[User, int]:
    others = people_of_the_dinas().exclude(pk__in=technicians().order_by().values("pk"))
    return others.order_by().values_list("pk", flat=True)


def _technicians() -> Posts:
    return posts_kept().filter(role=Role.TECHNICIAN)
