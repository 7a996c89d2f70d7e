"""Posts of the dinas: who holds which, from when to when."""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.timezone import localdate

from panggon.audit.services import record
from panggon.core.cases.vocabulary import Role
from panggon.core.errors import Fault, InvalidError
from panggon.core.people.posts import HELD_BY_ONE, UNDATED, Tenure, holding_faults
from panggon.people import selectors
from panggon.people.models import Division, RoleAssignment, User

IN_A_DIVISION = frozenset({Role.DIVISION_HEAD, Role.TECHNICIAN})
ASSIGNABLE = frozenset(Role) - {Role.APPLICANT, Role.SYSTEM}
_ONE_AT_A_TIME = 0x706F7374  # the advisory lock under which holders of posts are counted


def found_division(name: str) -> bool:
    """Makes a division of the dinas; False when there is one of this name."""
    return Division.objects.get_or_create(name=name)[1]


def assign_role(user: User, role: Role, *, division: Division | None = None) -> RoleAssignment:
    """Gives a post when an installation is set up; giving it twice changes nothing.

    Raises `InvalidError` when the post cannot be held so.
    """
    _refuse_impossible(role, division)
    kept = selectors.posts_kept().filter(user=user, role=role, division=division).first()
    return kept or RoleAssignment.objects.create(user=user, role=role, division=division)


@transaction.atomic
def give_post(
    user: User,
    role: Role,
    *,
    division: Division | None,
    actor: User | None,
    at: datetime,
    tenure: Tenure = UNDATED,
    replaces: bool = False,
) -> RoleAssignment:
    """Gives a post from now on, or from the tenure's first day if that is later.

    `replaces`: whoever holds it until then gives it back. Raises `InvalidError`: as `assign_role`, `post.of_an_agency`,
    `post.held`, `post.ends_before_it_begins`, `post.no_tenure` (days of a post that has none).
    """
    lock_posts()
    _refuse_impossible(role, division)
    if user.agency_id is not None or not user.is_active:
        raise InvalidError((Fault("post.of_an_agency", "role"),))
    same = selectors.posts_kept().filter(role=role, division=division)
    if tenure == UNDATED and (kept := same.filter(user=user).first()):
        return kept
    if replaces and role in HELD_BY_ONE:
        _make_room(same.exclude(user=user), tenure, actor=actor, at=at)
    _refuse_held(role, tenure, others=same, at=at)
    before = posts_in_words(user)
    post = RoleAssignment.objects.create(
        user=user,
        role=role,
        division=division,
        first_day=tenure.first_day,
        last_day=tenure.last_day,
        order_number=tenure.order_number,
        named_at=at,
    )
    _record(user, before, actor=actor, at=at)
    return post


@transaction.atomic
def change_tenure(post: RoleAssignment, tenure: Tenure, *, actor: User, at: datetime) -> None:
    """Writes down from when to when somebody holds a post, and by which order. Raises as `give_post`, `post.over`."""
    lock_posts()
    post = RoleAssignment.objects.select_related("user", "division").get(pk=post.pk)
    if post.ended_at is not None:
        raise InvalidError((Fault("post.over"),))
    same = selectors.posts_kept().filter(role=post.role, division=post.division).exclude(pk=post.pk)
    _refuse_held(Role(post.role), tenure, others=same, at=at)
    before = posts_in_words(post.user)
    post.first_day, post.last_day, post.order_number = tenure.first_day, tenure.last_day, tenure.order_number
    post.save(update_fields=["first_day", "last_day", "order_number"])
    _record(post.user, before, actor=actor, at=at)


@transaction.atomic
def take_post(post: RoleAssignment, *, actor: User | None, at: datetime, reason: str = "") -> None:
    """Takes a post away; taken already, nothing happens. Raises `InvalidError` `account.last_administrator`."""
    lock_posts()
    refuse_last_administrator(post.user, posts=[post])
    before = posts_in_words(post.user)
    end_posts(post, at=at)
    _record(post.user, before, actor=actor, at=at, reason=reason)


def end_posts(*posts: RoleAssignment, at: datetime) -> None:
    """From this moment they are nobody's; the rows stay."""
    RoleAssignment.objects.filter(pk__in=[post.pk for post in posts], ended_at=None).update(ended_at=at)


def lock_posts() -> None:
    """Until the transaction ends nobody else gives or takes posts."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])


def refuse_last_administrator(user: User, *, posts: list[RoleAssignment]) -> None:
    """Somebody has to be left who can let people in."""
    others = selectors.posts_kept().filter(role=Role.ADMINISTRATOR, user__is_active=True).exclude(user=user)
    if any(post.role == Role.ADMINISTRATOR for post in posts) and not others.exists():
        raise InvalidError((Fault("account.last_administrator"),))


def posts_in_words(user: User) -> list[str]:
    """The posts that a person holds, for the log of changes."""
    posts = selectors.posts_kept().filter(user=user).select_related("division").order_by("role", "division__name")
    return [_in_words(post) for post in posts]


def user_subject(user: User) -> str:
    """The name of a person in the log of changes."""
    return f"people.user:{user.pk}"


# ------------------------------------------------------------------------------------------------------------------


def _refuse_impossible(role: Role, division: Division | None) -> None:
    if role not in ASSIGNABLE:
        raise InvalidError((Fault("role.not_assignable", field="role"),))
    if (division is not None) != (role in IN_A_DIVISION):
        raise InvalidError((Fault("role.division_does_not_fit", field="division"),))


def _refuse_held(role: Role, tenure: Tenure, *, others: selectors.Posts, at: datetime) -> None:
    held = {other.user.full_name: other.tenure for other in others.filter(user__is_active=True).select_related("user")}
    if faults := holding_faults(role, tenure, today=localdate(at), others=held):
        raise InvalidError(faults)


def _make_room(others: selectors.Posts, tenure: Tenure, *, actor: User | None, at: datetime) -> None:
    """Whoever holds the post on the first day has it until the day before; from today on, until this moment."""
    first = tenure.first_day or localdate(at)
    for other in others.select_related("user"):
        if other.last_day is not None and other.last_day < first:
            continue
        before = posts_in_words(other.user)
        if first <= localdate(at) or (other.first_day is not None and other.first_day >= first):
            end_posts(other, at=at)
        else:
            other.last_day = first - timedelta(days=1)
            other.save(update_fields=["last_day"])
        _record(other.user, before, actor=actor, at=at, reason=tenure.order_number)


def _in_words(post: RoleAssignment) -> str:
    days = "/".join(day.isoformat() if day else ".." for day in (post.first_day, post.last_day))
    told = filter(None, [days if days != "../.." else "", post.order_number])
    return ", ".join([post.title, *told])


def _record(user: User, before: list[str], *, actor: User | None, at: datetime, reason: str = "") -> None:
    after = {"posts": posts_in_words(user)}
    record(user_subject(user), before={"posts": before}, after=after, actor=actor, at=at, reason=reason)
