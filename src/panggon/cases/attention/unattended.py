"""What is told of cases that nobody can go on with: their post is empty, will be, or their technician is none any more.

It is told again each week until somebody has the post.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from panggon.cases import selectors
from panggon.cases.attention import recipients
from panggon.core.cases.procedure import Action, Role
from panggon.core.notify.notices import TABLE, Occasion
from panggon.notify.services import tell_all
from panggon.papers.dates import day_words
from panggon.people import selectors as people
from panggon.people.models import User
from panggon.people.selectors import Vacancy


def tell_of_posts(*, now: datetime) -> None:
    """Whoever can see to it that an empty post with waiting cases, or one that will be empty, is filled."""
    for post in selectors.unattended(now=now):
        _tell_over(post.vacancy, Occasion.POST_EMPTY, {"cases": post.cases}, path=reverse("cases:home"), now=now)
    for vacancy in people.vacancies_soon(now=now):
        facts = {"day": day_words(vacancy.since)}
        _tell_over(vacancy, Occasion.POST_ENDING, facts, path=reverse("cases:home"), now=now)


def tell_of_technicians(*, now: datetime) -> None:
    """The Kepala Bidang, of each case that has to go to another technician."""
    for case in selectors.left_cases():
        facts = {"number": case.number, "who": case.technician.full_name}
        path = reverse("cases:step", args=[case.number, Action.REASSIGN])
        heads = people.holders_of(Role.DIVISION_HEAD, now=now, division=case.division)
        reference = f"left:{case.pk}:{case.technician_id}"
        _tell(heads, Occasion.TECHNICIAN_LEFT, facts, reference=reference, path=path, at=now)


# ------------------------------------------------------------------------------------------------------------------


def _tell_over(vacancy: Vacancy, occasion: Occasion, facts: Mapping[str, object], *, path: str, now: datetime) -> None:
    post = f"{vacancy.role}:{vacancy.division.pk if vacancy.division else ''}:{vacancy.since}"
    week = localdate(now).isocalendar()
    told = recipients.over_the_post(vacancy.role, now=now)
    reference = f"{occasion}:{post}:{week.year}-{week.week}"
    _tell(told, occasion, {**facts, "post": vacancy.title}, reference=reference, path=path, at=now)


def _tell(
    told: Iterable[User], occasion: Occasion, facts: Mapping[str, object], *, reference: str, path: str, at: datetime
) -> None:
    rule = TABLE[occasion]
    words = (_(rule.subject), _(rule.text))
    tell_all(told, words, facts, reference=reference, path=path, at=at, occasion=occasion)
