"""The posts that were given, and who acts in them, as rows, by time."""

from datetime import date, datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.timezone import localdate

from panggon.core.cases.vocabulary import Role
from panggon.people.models import ActingOfficial, Division, RoleAssignment, User

NEWEST_FIRST = (
    F("ended_at").desc(nulls_first=True),
    F("first_day").desc(nulls_last=True),
    F("named_at").desc(nulls_last=True),
)
Posts = QuerySet[RoleAssignment]


def acting_at(now: Any, *, day: Any = None) -> QuerySet[ActingOfficial]:
    """The acting officials who are in charge at this moment; `day` is its day, and said where both are `Given`."""
    day = day or localdate(now)
    in_term = Q(first_day__lte=day, last_day__gte=day, named_at__lte=now)
    return ActingOfficial.objects.filter(in_term & (Q(ended_at=None) | Q(ended_at__gt=now)))


def posts_kept() -> Posts:
    """The posts that were given and not taken back, whatever their days."""
    return RoleAssignment.objects.filter(ended_at=None)


def posts_on(day: date) -> Posts:
    """Those of them that are held on this day."""
    return posts_kept().filter(_covers(day))


def posts_at(now: Any, *, day: Any = None) -> Posts:
    """The posts that are held at this moment, whoever has them in hand; for what is past, those that were.

    `day` is its day, and said where both are `Given`.
    """
    known = Q(named_at=None) | Q(named_at__lte=now)
    return RoleAssignment.objects.filter(_covers(day or localdate(now)), known, Q(ended_at=None) | Q(ended_at__gt=now))


def acting_on(day: date) -> QuerySet[ActingOfficial]:
    """Who acted on this day until its end, whenever the order was entered."""
    return ActingOfficial.objects.filter(Q(first_day__lte=day, last_day__gte=day) & _lasted(day))


def posts_over(day: date) -> Posts:
    """The posts that were held on this day until its end, whenever they were entered."""
    return RoleAssignment.objects.filter(_covers(day) & _lasted(day))


def in_charge(now: datetime) -> Posts:
    """The posts whose holders have them in their own hands: nobody acts in them now."""
    return posts_at(now).filter(~Exists(_of_the_same_post(acting_at(now))))


def tenures_of(role: Role, division: Division | None) -> Posts:
    """Everybody who ever held this post, the present holder and those to come first."""
    return RoleAssignment.objects.filter(role=role, division=division).select_related("user").order_by(*NEWEST_FIRST)


def former_posts(user: User) -> Posts:
    """The posts that were taken back from a person."""
    return user.role_assignments.exclude(ended_at=None).select_related("division").order_by(*NEWEST_FIRST)


def acting_officials() -> QuerySet[ActingOfficial]:
    """All that were ever named, the newest first."""
    return ActingOfficial.objects.select_related("user", "division", "represented")


def _covers(day: Any) -> Q:
    """Days that are not known bound nothing."""
    return (Q(first_day=None) | Q(first_day__lte=day)) & (Q(last_day=None) | Q(last_day__gte=day))


def _lasted(day: date) -> Q:
    return Q(ended_at=None) | Q(ended_at__date__gt=day)


def _of_the_same_post(acting: QuerySet[ActingOfficial]) -> QuerySet[ActingOfficial]:
    """Those in the post of the outer row; a post without a division is one for the whole dinas."""
    return acting.filter(Q(division=OuterRef("division")) | Q(division=None), role=OuterRef("role"))
