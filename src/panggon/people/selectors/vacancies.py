"""Posts whose decisions nobody can make: no holder, and nobody who acts in them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.utils.timezone import localdate

from panggon.core.cases.vocabulary import Role
from panggon.core.people.acting import post_title
from panggon.core.people.posts import empty_since
from panggon.people.models import ActingOfficial, Division, RoleAssignment
from panggon.people.selectors.posts import acting_at, posts_at
from panggon.questions import Given, question

# Those that a case waits for as a post; a technician is waited for by name.
WAITED_FOR = (Role.REGISTRAR, Role.HEAD, Role.DIVISION_HEAD)
ENDING_SOON = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Vacancy:
    """A post that is in nobody's hands. `since`: from which day on, None where nobody ever had it."""

    role: Role
    division: Division | None
    since: date | None
    next: RoleAssignment | ActingOfficial | None = None

    @property
    def title(self) -> str:
        return post_title(self.role, str(self.division or ""))


def vacancies(*, now: datetime) -> list[Vacancy]:
    """The posts that are empty at this moment, in the order in which pages show them."""
    in_hand, divisions = set(_in_hand(now=now, day=localdate(now))), _all_divisions()
    posts = [(role, division) for role in WAITED_FOR for division in _divisions_of(role, divisions)]
    empty = [(role, division) for role, division in posts if (role, division and division.pk) not in in_hand]
    return [_vacancy(role, division, today=localdate(now)) for role, division in empty]


def vacancies_soon(*, now: datetime) -> list[Vacancy]:
    """The posts that are held today and that nobody has in a week, as far as it is known."""
    empty_now = {vacancy.title for vacancy in vacancies(now=now)}
    return [vacancy for vacancy in vacancies(now=now + ENDING_SOON) if vacancy.title not in empty_now]


# ------------------------------------------------------------------------------------------------------------------


@question
def _in_hand() -> QuerySet[RoleAssignment, tuple[str, int | None]]:
    moment = {"now": Given("now"), "day": Given("day")}
    held = posts_at(**moment).filter(user__is_active=True).values_list("role", "division")
    return held.union(acting_at(**moment).values_list("role", "division"))


@question
def _all_divisions() -> QuerySet[Division]:
    return Division.objects.all()


def _divisions_of(role: Role, divisions: list[Division]) -> Iterable[Division | None]:
    return divisions if role is Role.DIVISION_HEAD else [None]


def _vacancy(role: Role, division: Division | None, *, today: date) -> Vacancy:
    held = RoleAssignment.objects.filter(role=role, division=division).select_related("user")
    acted = ActingOfficial.objects.filter(role=role, division=division).select_related("user")
    rows: list[RoleAssignment | ActingOfficial] = [*held, *acted]
    ends = [(row.last_day, row.ended_at and localdate(row.ended_at)) for row in rows]
    coming = [row for row in rows if row.ended_at is None and (row.first_day or today) > today]
    following = min(coming, key=lambda row: row.first_day or today, default=None)
    return Vacancy(role, division, empty_since(ends, today=today), following)
