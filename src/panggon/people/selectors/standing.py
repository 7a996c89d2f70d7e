"""What one person may do: a post is in the hands of its acting official (Plh/Plt), else of its holder."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.db.models import QuerySet
from django.utils.timezone import localdate

from panggon.core.cases.vocabulary import Role
from panggon.people.models import ActingOfficial, Division, User
from panggon.people.selectors.posts import acting_at, posts_at
from panggon.remembered import remembered

# `posts_at`, `in_charge` and `acting_at` for one person at once. Every page asks this, and Django would take longer to
# write the question down than PostgreSQL to answer it.
_POSTS_OF = """
WITH acting AS (
    SELECT user_id, role, division_id FROM people_actingofficial
    WHERE %(day)s BETWEEN first_day AND last_day AND named_at <= %(now)s AND (ended_at IS NULL OR ended_at > %(now)s)
)
SELECT role, division_id, NOT EXISTS (
    SELECT FROM acting
    WHERE acting.role = post.role AND (acting.division_id = post.division_id OR acting.division_id IS NULL)
), false
FROM people_roleassignment AS post WHERE user_id = %(user)s
    AND (first_day IS NULL OR first_day <= %(day)s) AND (last_day IS NULL OR last_day >= %(day)s)
    AND (named_at IS NULL OR named_at <= %(now)s) AND (ended_at IS NULL OR ended_at > %(now)s)
UNION ALL
SELECT role, division_id, true, true FROM acting WHERE user_id = %(user)s
"""


@dataclass(frozen=True, slots=True)
class Capacity:
    """One standing in which a person acts: by the own posts, or as the acting official of one post.

    `divisions` are the keys of those that the person heads in it; `people` are all who stand behind the act.
    """

    roles: frozenset[Role]
    people: frozenset[str] = frozenset()
    divisions: frozenset[int] = frozenset()
    acting: ActingOfficial | None = None


class Post(NamedTuple):
    """A post that a person holds or acts in; `in_hand` is false while somebody acts in a post that is held."""

    role: Role
    division: int | None
    in_hand: bool
    acted: bool


THE_SYSTEM = Capacity(frozenset({Role.SYSTEM}))


def capacities_of(user: User | None, *, now: datetime) -> tuple[Capacity, ...]:
    """Each standing in which somebody may act, the own one first; nobody is the system."""
    if user is None:
        return (THE_SYSTEM,)
    posts = [post for post in posts_of(user, now=now) if post.in_hand]
    held = [post for post in posts if not post.acted]
    own = frozenset(post.role for post in held) | ({Role.APPLICANT} if user.agency_id else set())
    headed = frozenset(post.division for post in held if post.role is Role.DIVISION_HEAD and post.division)
    acts = len(held) < len(posts)
    acting = acting_at(now).filter(user=user).select_related("represented") if acts else ()
    return Capacity(own, frozenset({str(user.pk)}), headed), *map(_as_acting, acting)


def posts_of(user: User, *, now: datetime) -> tuple[Post, ...]:
    """Every part that a person has in the dinas's work at this moment, in one query."""
    return remembered(("people.posts_of", user.pk), lambda: _posts_of(user, now=now))


def titles_of(user: User, *, now: datetime) -> list[str]:
    """The posts that a person holds, then those acted in, in words."""
    held = posts_at(now).filter(user=user).select_related("division").order_by("role", "division__name")
    acted = acting_at(now).filter(user=user).select_related("division")
    return [post.title for post in held] + [acting.title for acting in acted]


def roles_of(user: User, *, now: datetime) -> frozenset[Role]:
    """Every role in which a person may act now: posts held or acted in, and applicant for who belongs to an agency."""
    roles = frozenset(post.role for post in posts_of(user, now=now) if post.in_hand)
    return roles | {Role.APPLICANT} if user.agency_id else roles


def is_official(user: User, *, now: datetime) -> bool:
    """Whether the person has a part in the dinas's work: holds a post (stood in for or not), or acts in one now.

    These need a second factor.
    """
    return bool(posts_of(user, now=now))


def divisions_of(user: User, role: Role, *, now: datetime) -> QuerySet[Division]:
    """The divisions in which the person has this post in hand."""
    return Division.objects.filter(pk__in=division_keys_of(user, role, now=now))


def division_keys_of(user: User, role: Role, *, now: datetime) -> frozenset[int]:
    """The keys of the divisions in which the person has this post in hand."""
    posts = posts_of(user, now=now)
    return frozenset(post.division for post in posts if post.in_hand and post.role is role and post.division)


def may_apply(user: User, *, now: datetime) -> bool:
    """Whether the person may bring in a request: for the own agency, or as registrar for a letter on paper."""
    return not roles_of(user, now=now).isdisjoint({Role.APPLICANT, Role.REGISTRAR})


def _posts_of(user: User, *, now: datetime) -> tuple[Post, ...]:
    with connection.cursor() as cursor:
        cursor.execute(_POSTS_OF, {"user": user.pk, "day": localdate(now), "now": now})
        return tuple(Post(Role(role), *rest) for role, *rest in cursor.fetchall())


def _as_acting(acting: ActingOfficial) -> Capacity:
    """On behalf of the incumbent as well, so that nobody has a step done by a substitute that is not the own to do."""
    behind = filter(None, (acting.user_id, acting.represented_id))
    division = filter(None, (acting.division_id,))
    return Capacity(frozenset({Role(acting.role)}), frozenset(map(str, behind)), frozenset(division), acting)
