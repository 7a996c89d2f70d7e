"""Empty posts in words: on the page of a case that waits for one, and on the home page of whoever can help."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from panggon.cases import selectors
from panggon.cases.filters import HELD_BY
from panggon.cases.models import Case
from panggon.core.cases.procedure import Role
from panggon.people import selectors as people
from panggon.people.models import User
from panggon.people.selectors import Vacancy


@dataclass(frozen=True, slots=True)
class EmptyPost:
    """One line of the home page; `address` shows the cases that wait for the post."""

    title: str
    since: str
    next: str
    cases: int
    address: str


def empty_posts(user: User, *, now: datetime) -> list[EmptyPost]:
    """Those that keep cases waiting and that this person can have filled."""
    return [_shown(post) for post in selectors.unattended_below(user, now=now)]


def vacancy_words(case: Case, user: User, *, now: datetime) -> str:
    """Why nobody goes on with a case now, and who can act; empty when somebody can. The OPD is told no names."""
    vacancy = selectors.vacancy_of(case, now=now)
    if vacancy is None:
        return ""
    if not people.is_official(user, now=now):
        words = _("Jabatan %(post)s sedang kosong. Dinas menunjuk penggantinya, dan waktu pelayanan tetap dihitung.")
        return words % {"post": vacancy.title}
    names = ", ".join(person.full_name for person in people.holders_of(Role.ADMINISTRATOR, now=now))
    can_act = _("Administrator (%(names)s) mencatat penggantinya, Plh, atau Plt, lalu permohonan ini tampil padanya.")
    said = [f"{vacancy.title} {_since(vacancy)}.", _next(vacancy), can_act % {"names": names or "–"}]
    return " ".join(filter(None, said))


# ------------------------------------------------------------------------------------------------------------------


def _shown(post: selectors.Unattended) -> EmptyPost:
    vacancy = post.vacancy
    wanted = {"keadaan": HELD_BY[vacancy.role], **({"bidang": vacancy.division.pk} if vacancy.division else {})}
    address = f"{reverse('cases:find')}?{urlencode(wanted)}"
    return EmptyPost(vacancy.title, _since(vacancy), _next(vacancy), post.cases, address)


def _since(vacancy: Vacancy) -> str:
    if vacancy.since is None:
        return _("kosong")
    return _("kosong sejak %(day)s") % {"day": date_format(vacancy.since, "j F Y")}


def _next(vacancy: Vacancy) -> str:
    if vacancy.next is None:
        return ""
    facts = {"day": date_format(vacancy.next.first_day, "j F Y"), "who": vacancy.next.user.full_name}
    return _("Mulai %(day)s dijabat %(who)s.") % facts
