"""Who may act in which posts, and when: a post is in the hands of its acting official (Plh/Plt), else of its holder."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Case, Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, When
from django.utils.timezone import localdate

from panggon.core.acting import post_title
from panggon.core.vocabulary import Role
from panggon.people.models import ActingOfficial, Agency, Division, Invitation, RoleAssignment, User
from panggon.remembered import remembered

# The posts of the dinas in the order in which pages show them.
POSTS = (Role.HEAD, Role.REGISTRAR, Role.DIVISION_HEAD, Role.TECHNICIAN, Role.COMPLAINTS_OFFICER, Role.ADMINISTRATOR)
NEWEST_FIRST = (
    F("ended_at").desc(nulls_first=True),
    F("first_day").desc(nulls_last=True),
    F("named_at").desc(nulls_last=True),
)
OF_A_DIVISION = (Role.DIVISION_HEAD, Role.TECHNICIAN)
Posts = QuerySet[RoleAssignment]


@dataclass(frozen=True, slots=True)
class Capacity:
    """One standing in which a person acts: by the own posts, or as the acting official of one post.

    `divisions` are the keys of those that the person heads in it; `people` are all who stand behind the act.
    """

    roles: frozenset[Role]
    people: frozenset[str] = frozenset()
    divisions: frozenset[int] = frozenset()
    acting: ActingOfficial | None = None


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


class Post(NamedTuple):
    """A post that a person holds or acts in; `in_hand` is false while somebody acts in a post that is held."""

    role: Role
    division: int | None
    in_hand: bool
    acted: bool


@dataclass(frozen=True, slots=True)
class PostView:
    """One post for people to read: who holds it, who will, and who acts in it now."""

    role: Role
    division: Division | None
    holders: tuple[RoleAssignment, ...]
    coming: tuple[RoleAssignment, ...]
    acting: ActingOfficial | None

    @property
    def title(self) -> str:
        return post_title(self.role, str(self.division or ""))


@dataclass(frozen=True, slots=True)
class Hands:
    """In whose hands a post is: its holder's, or those of who acts in it."""

    user: User
    acting: ActingOfficial | None = None


THE_SYSTEM = Capacity(frozenset({Role.SYSTEM}))


def acting_at(now: datetime) -> QuerySet[ActingOfficial]:
    """The acting officials who are in charge at this moment."""
    day = localdate(now)
    in_term = Q(first_day__lte=day, last_day__gte=day, named_at__lte=now)
    return ActingOfficial.objects.filter(in_term & (Q(ended_at=None) | Q(ended_at__gt=now)))


def posts_kept() -> Posts:
    """The posts that were given and not taken back, whatever their days."""
    return RoleAssignment.objects.filter(ended_at=None)


def posts_on(day: date) -> Posts:
    """Those of them that are held on this day."""
    return posts_kept().filter(_covers(day))


def posts_at(now: datetime) -> Posts:
    """The posts that are held at this moment, whoever has them in hand; for what is past, those that were."""
    known = Q(named_at=None) | Q(named_at__lte=now)
    return RoleAssignment.objects.filter(_covers(localdate(now)), known, Q(ended_at=None) | Q(ended_at__gt=now))


def in_charge(now: datetime) -> Posts:
    """The posts whose holders have them in their own hands: nobody acts in them now."""
    return posts_at(now).filter(~Exists(_of_the_same_post(acting_at(now))))


def hands_of(role: Role, *, now: datetime) -> Hands | None:
    """In whose hands a post without a division is, or was at that moment; None: in nobody's."""
    acting = acting_at(now).filter(role=role).select_related("user", "represented").first()
    if acting:
        return Hands(acting.user, acting)
    post = posts_at(now).filter(role=role).select_related("user").order_by("user__full_name").first()
    return Hands(post.user) if post else None


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


def substitutes_of(user: User, *, now: datetime) -> QuerySet[ActingOfficial]:
    """Who acts now in the posts that this person holds."""
    if all(post.in_hand for post in posts_of(user, now=now)):
        return ActingOfficial.objects.none()
    held = (
        posts_at(now)
        .filter(user=user, role=OuterRef("role"))
        .filter(Q(division=OuterRef("division")) | Q(division=None))
    )
    return acting_at(now).filter(Exists(held)).select_related("user", "division", "represented")


def technicians_of(division: Division) -> QuerySet[User]:
    return User.objects.filter(is_active=True, pk__in=_technicians().filter(division=division).values("user"))


def technicians() -> QuerySet[User]:
    return User.objects.filter(is_active=True, pk__in=_technicians().values("user"))


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


def no_technicians() -> frozenset[int]:
    """The keys of whoever of the dinas is no technician now: never was, gave the post back, or left."""
    return remembered("people.no_technicians", _no_technicians)


def posts_held_alone(user: User, *, now: datetime) -> list[RoleAssignment]:
    """The posts of a person that nobody else has: neither a second holder nor an acting official."""
    same = posts_at(now).filter(user__is_active=True, role=OuterRef("role")).exclude(user=user)
    shared = same.filter(Q(division=OuterRef("division")) | Q(division=None))
    posts = in_charge(now).filter(~Exists(shared), user=user)
    return list(posts.select_related("user", "division"))


def is_technician(user: User) -> bool:
    return user.is_active and _technicians().filter(user=user).exists()


def agencies_found(words: str) -> QuerySet[Agency]:
    """The OPDs whose names have these words in them, with how many open accounts each has."""
    people = Count("people", filter=Q(people__is_active=True))
    found = Q(name__icontains=words) | Q(short_name__icontains=words) | Q(labels__contains=words.lower())
    return Agency.objects.filter(found if _searchable(words) else Q()).annotate(open_accounts=people).order_by("name")


def people_found(words: str) -> QuerySet[User]:
    """Everybody, closed accounts too, by name, NIP, e-mail or agency."""
    found = (
        Q(full_name__icontains=words)
        | Q(nip__startswith=words)
        | Q(email__icontains=words)
        | Q(agency__name__icontains=words)
        | Q(agency__short_name__icontains=words)
    )
    posts = Prefetch("role_assignments", posts_kept().select_related("division"), to_attr="posts")
    everybody = User.objects.select_related("agency").prefetch_related(posts)
    return everybody.filter(found if _searchable(words) else Q()).order_by("-is_active", "full_name")


def people_of_the_dinas() -> QuerySet[User]:
    return User.objects.filter(agency=None)


def people_of(agency: Agency) -> QuerySet[User]:
    """Open accounts first."""
    return agency.people.order_by("-is_active", "full_name")


def open_invitations(agency: Agency | None, *, now: datetime) -> QuerySet[Invitation]:
    """Those that were not accepted and not withdrawn, the expired ones too, for they can be sent again."""
    pending = Invitation.objects.filter(agency=agency, accepted_at=None, withdrawn_at=None)
    return pending.annotate(expired=Case(When(expires_at__lte=now, then=True), default=False)).select_related(
        "invited_by", "division"
    )


def invitation_of(token_hash: str, *, now: datetime) -> Invitation | None:
    """The invitation that a link opens; None when the link is nobody's, used, withdrawn or expired."""
    pending = Invitation.objects.filter(token_hash=token_hash, accepted_at=None, withdrawn_at=None, expires_at__gt=now)
    return pending.select_related("agency", "user", "division").first()


def open_invitation(invitation: int, *, now: datetime) -> Invitation | None:
    """None when it was accepted, withdrawn, or has expired."""
    rows = Invitation.objects.select_related("agency", "user", "invited_by")
    return rows.filter(pk=invitation, accepted_at=None, withdrawn_at=None, expires_at__gt=now).first()


def may_manage(user: User, invitation: Invitation, *, now: datetime) -> bool:
    """Whether the person may send it again or withdraw it: an OPD its own, Tata Usaha those of OPDs, else all."""
    roles = roles_of(user, now=now)
    if Role.ADMINISTRATOR in roles:
        return True
    if invitation.agency_id is None:
        return False
    return Role.REGISTRAR in roles or user.agency_id == invitation.agency_id


def posts_overview(*, now: datetime) -> list[PostView]:
    """Every post of the dinas: who holds it, who acts in it now; a vacant one is shown as such."""
    held, coming = (
        list(posts.filter(user__is_active=True).select_related("user", "division"))
        for posts in (posts_at(now), posts_kept().filter(first_day__gt=localdate(now)))
    )
    acting = list(acting_at(now).select_related("user", "division", "represented"))
    wanted: list[tuple[Role, Division | None]] = []
    for role in POSTS:
        wanted += [(role, division) for division in Division.objects.all()] if role in OF_A_DIVISION else [(role, None)]
    return [
        PostView(
            role,
            division,
            *(
                tuple(post for post in posts if (post.role, post.division) == (role, division))
                for posts in (held, coming)
            ),
            next((row for row in acting if (row.role, row.division) == (role, division)), None),
        )
        for role, division in wanted
    ]


def tenures_of(role: Role, division: Division | None) -> Posts:
    """Everybody who ever held this post, the present holder and those to come first."""
    return RoleAssignment.objects.filter(role=role, division=division).select_related("user").order_by(*NEWEST_FIRST)


def former_posts(user: User) -> Posts:
    """The posts that were taken back from a person."""
    return user.role_assignments.exclude(ended_at=None).select_related("division").order_by(*NEWEST_FIRST)


def acting_officials() -> QuerySet[ActingOfficial]:
    """All that were ever named, the newest first."""
    return ActingOfficial.objects.select_related("user", "division", "represented")


def agencies() -> QuerySet[Agency]:
    return Agency.objects.all()


def may_apply(user: User, *, now: datetime) -> bool:
    """Whether the person may bring in a request: for the own agency, or as registrar for a letter on paper."""
    return not roles_of(user, now=now).isdisjoint({Role.APPLICANT, Role.REGISTRAR})


def account_of(email: str) -> User | None:
    return User.objects.filter(email__iexact=email).first()


def has_account(email: str) -> bool:
    return User.objects.filter(email__iexact=email).exists()


def open_account(user: int) -> User | None:
    """None when there is none any more, or it was closed."""
    return User.objects.filter(pk=user, is_active=True).first()


def user_named(login: str) -> User | None:
    return User.objects.filter(username=login).first()


# ------------------------------------------------------------------------------------------------------------------


def _posts_of(user: User, *, now: datetime) -> tuple[Post, ...]:
    with connection.cursor() as cursor:
        cursor.execute(_POSTS_OF, {"user": user.pk, "day": localdate(now), "now": now})
        return tuple(Post(Role(role), *rest) for role, *rest in cursor.fetchall())


def _no_technicians() -> frozenset[int]:
    others = people_of_the_dinas().exclude(pk__in=technicians().order_by().values("pk"))
    return frozenset(others.order_by().values_list("pk", flat=True))


def _technicians() -> Posts:
    return posts_kept().filter(role=Role.TECHNICIAN)


def _covers(day: date) -> Q:
    """Days that are not known bound nothing."""
    return (Q(first_day=None) | Q(first_day__lte=day)) & (Q(last_day=None) | Q(last_day__gte=day))


def _searchable(words: str) -> bool:
    """PostgreSQL knows no NUL; nothing typed means all."""
    return bool(words) and "\0" not in words


def _of_the_same_post(acting: QuerySet[ActingOfficial]) -> QuerySet[ActingOfficial]:
    """Those in the post of the outer row; a post without a division is one for the whole dinas."""
    return acting.filter(Q(division=OuterRef("division")) | Q(division=None), role=OuterRef("role"))


def _as_acting(acting: ActingOfficial) -> Capacity:
    """On behalf of the incumbent as well, so that nobody has a step done by a substitute that is not the own to do."""
    behind = {acting.user_id, acting.represented_id} - {None}
    division = {acting.division_id} - {None}
    return Capacity(frozenset({Role(acting.role)}), frozenset(map(str, behind)), frozenset(division), acting)
