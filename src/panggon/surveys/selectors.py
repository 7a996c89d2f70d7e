from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core import signing
from django.db.models import Count, QuerySet, Sum, TextChoices
from django.db.models.functions import TruncMonth
from django.urls import reverse
from django.utils.timezone import localdate

from panggon.core.surveys.figures import SMALLEST, Period, hidden_of, month_of
from panggon.core.surveys.survey import Element, Result, result_of, sample_size
from panggon.questions import Given, question
from panggon.surveys.models import Answer, Education, Gender, Improvement, Invitation, Occupation, Service

SIGNER = signing.Signer(salt="panggon survey")
ANSWER_WITHIN = timedelta(days=60)
WORDS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Group:
    """Respondents of one kind; `count` is None when they are too few to be told apart."""

    label: str
    count: int | None


@dataclass(frozen=True, slots=True)
class Survey:
    """What was answered in a period. `wanted` is how many should have answered of `offered` (Krejcie and Morgan).

    `hidden`: it must not be published how it went, because so few answered (`core/surveys/figures.py`).
    """

    period: Period
    hidden: bool
    result: Result
    offered: int
    wanted: int
    groups: tuple[tuple[str, tuple[Group, ...]], ...]


def survey_of(period: Period) -> Survey | None:
    """None when nobody answered. As many queries, however many answers there are."""
    days = (period.first, period.last)
    answers = Answer.objects.filter(answered_on__range=days)
    row = answers.aggregate(respondents=Count("pk"), **{element.value: Sum(element.value) for element in Element})
    respondents = row.pop("respondents")
    result = result_of({Element(name): total or 0 for name, total in row.items()}, respondents=respondents)
    if result is None:
        return None
    offered = Invitation.objects.filter(made_at__date__range=days).count()
    hidden = period in hidden_of(respondents_by_month())
    return Survey(period, hidden, result, offered, sample_size(offered), _groups(answers))


def years() -> tuple[int, ...]:
    """Those with answers, the newest first."""
    return tuple(day.year for day in Answer.objects.dates("answered_on", "year", order="DESC"))


def respondents_by_month() -> dict[Period, int]:
    """How many answered in each month."""
    months = Answer.objects.order_by().annotate(month=TruncMonth("answered_on"))
    return {month_of(row["month"]): row["count"] for row in months.values("month").annotate(count=Count("pk"))}


def published_words(period: Period) -> list[str]:
    """What respondents wrote and an officer has read and published, the newest first."""
    answers = Answer.objects.filter(
        answered_on__range=(period.first, period.last), standing=Answer.Standing.PUBLISHED
    ).exclude(words="")
    return list(answers.order_by("-answered_on", "-pk").values_list("words", flat=True)[:WORDS_SHOWN])


def to_read() -> QuerySet[Answer]:
    """Answers with words that nobody has read yet."""
    return Answer.objects.filter(standing=Answer.Standing.WAITING).exclude(words="")


def words_before(moment: datetime) -> QuerySet[Answer]:
    """Answers from before this moment in which somebody wrote something."""
    return Answer.objects.filter(answered_on__lt=localdate(moment)).exclude(words="")


def already_read() -> QuerySet[Answer]:
    done = Answer.objects.exclude(standing=Answer.Standing.WAITING).exclude(words="")
    return done.order_by("-answered_on", "-pk")[:WORDS_SHOWN]


def improvements() -> QuerySet[Improvement]:
    return Improvement.objects.all()


def open_invitation(service: Service, number: str, *, now: datetime) -> Invitation | None:
    """The offer of this service that nobody has used yet."""
    return next(iter(_offered(service=service.value, number=number, since=now - ANSWER_WITHIN)), None)


def invitation_of(token: str) -> Invitation | None:
    """The offer behind a link, used or not; None when the link is not ours."""
    try:
        pk = SIGNER.unsign(token)
    except signing.BadSignature:
        return None
    return Invitation.objects.filter(pk=pk).first()


def is_open(invitation: Invitation, *, now: datetime) -> bool:
    return not invitation.used and now < invitation.made_at + ANSWER_WITHIN


def path_of(invitation: Invitation) -> str:
    """Where it is answered. The token is signed, so that no secret is kept and none can be guessed."""
    return reverse("surveys:answer", args=[SIGNER.sign(str(invitation.pk))])


# ------------------------------------------------------------------------------------------------------------------


@question
def _offered() -> QuerySet[Invitation]:
    offers = Invitation.objects.filter(used=False, made_at__gt=Given("since"))
    return offers.filter(service=Given("service"), number=Given("number"))


def _groups(answers: QuerySet[Answer]) -> tuple[tuple[str, tuple[Group, ...]], ...]:
    kinds: dict[str, type[TextChoices]] = {"gender": Gender, "education": Education, "occupation": Occupation}
    counts: dict[tuple[str, str], int] = {}
    for row in answers.order_by().values(*kinds).annotate(count=Count("pk")):
        for kind in kinds:
            counts[kind, row[kind]] = counts.get((kind, row[kind]), 0) + row["count"]
    return tuple(
        (
            kind,
            tuple(Group(choice.label, _told(counts.get((kind, choice.value), 0))) for choice in choices),
        )
        for kind, choices in kinds.items()
    )


def _told(count: int) -> int | None:
    return count if count == 0 or count >= SMALLEST else None
