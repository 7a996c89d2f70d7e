"""Accounts and the agencies and divisions they belong to."""

from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet

from panggon.people.models import Agency, Division, User
from panggon.people.selectors.posts import posts_kept


def active(**which: Any) -> QuerySet[User]:
    """The people with an open account, of those who are asked for by columns."""
    return User.objects.filter(is_active=True, **which)


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
    return everybody.filter(found if _searchable(words) else Q()).order_by("-is_active", "full_name", "pk")


def people_of_the_dinas() -> QuerySet[User]:
    return User.objects.filter(agency=None)


def people_of(agency: Agency) -> QuerySet[User]:
    """Open accounts first."""
    return agency.people.order_by("-is_active", "full_name", "pk")


def account_of(email: str) -> User | None:
    return User.objects.filter(email__iexact=email).first()


def has_account(email: str) -> bool:
    return User.objects.filter(email__iexact=email).exists()


def open_account(user: int) -> User | None:
    """None when there is none any more, or it was closed."""
    return User.objects.filter(pk=user, is_active=True).first()


def user_named(login: str) -> User | None:
    return User.objects.filter(username=login).first()


def all_divisions() -> QuerySet[Division]:
    return Division.objects.all()


def agencies() -> QuerySet[Agency]:
    return Agency.objects.all()


def agency_named(words: str) -> Agency | None:
    """The agency with this short name, however it is capitalised."""
    return Agency.objects.filter(short_name__iexact=words).first()


def agencies_like(words: str) -> QuerySet[Agency]:
    """The agencies in whose names these words stand."""
    return Agency.objects.filter(Q(name__icontains=words) | Q(short_name__icontains=words))


def agencies_found(words: str) -> QuerySet[Agency]:
    """The OPDs whose names have these words in them, with how many open accounts each has."""
    people = Count("people", filter=Q(people__is_active=True))
    found = Q(name__icontains=words) | Q(short_name__icontains=words) | Q(labels__contains=words.lower())
    return Agency.objects.filter(found if _searchable(words) else Q()).annotate(open_accounts=people).order_by("name")


def _searchable(words: str) -> bool:
    """PostgreSQL knows no NUL; nothing typed means all."""
    return bool(words) and "\0" not in words
