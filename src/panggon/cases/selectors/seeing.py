"""Which cases, letters and papers a person may see."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from panggon.cases.filters import HANDED_OVER, Filter, Moments, Timing
from panggon.cases.models import Case, Reading
from panggon.cases.selectors.fetching import related, rows
from panggon.cases.selectors.hands import in_hand
from panggon.core.cases.procedure import State
from panggon.core.errors import PermanentError
from panggon.core.schedule.workdays import closing
from panggon.papers import selectors as papers
from panggon.papers.contents import FOR_APPLICANT, FOR_OWNER, SIGNED_TOGETHER
from panggon.papers.models import Paper
from panggon.people import selectors as people
from panggon.people.models import User
from panggon.questions import Given, question
from panggon.schedule import selectors as schedule


def visible_to(user: User, *, now: datetime) -> QuerySet[Case]:
    """All that this person may see: an applicant the own agency's (and no more that of an agency left behind), an
    official of the dinas all but others' drafts.
    """
    return related(Case.objects.filter(_visible(*_eyes_of(user, now=now), agency=user.agency_id, user=user.pk)))


def newest_visible_to(user: User, *, now: datetime, most: int) -> list[Case]:
    """For rows that show no more of a case than its name, its agency and its host."""
    return _newest(*_eyes_of(user, now=now), most, agency=user.agency_id, user=user.pk)


def found(user: User, meant: Filter, *, now: datetime) -> QuerySet[Case]:
    """Of what this person may see, the cases that are meant."""
    moments = moments_at(now) if meant.timing is Timing.SOON else Moments(now, now)
    cases = visible_to(user, now=now).filter(meant.condition(moments))
    return cases.filter(in_hand(user, now=now)) if meant.waiting_for_me else cases


def moments_at(now: datetime) -> Moments:
    """Near is a deadline up to the close of the next working day; without a calendar, up to this time tomorrow."""
    calendar = schedule.calendar()
    try:
        return Moments(now, closing(now.astimezone(calendar.zone).date(), days=1, calendar=calendar))
    except PermanentError:
        return Moments(now, now + timedelta(days=1))


def case_for(user: User, number: str, *, now: datetime) -> Case | None:
    """None as well when the case is not for this person's eyes."""
    if not number or "\0" in number:  # PostgreSQL knows no NUL
        return None
    eyes = _eyes_of(user, now=now)
    return next(iter(_numbered(*eyes, agency=user.agency_id, user=user.pk, number=number)), None)


def numbered(number: str) -> Case | None:
    """The case of this number, to be named beside something else; whoever asks sees nothing of it by that."""
    return Case.objects.exclude(state=State.DRAFT).filter(number=number.strip().upper()).first()


def reading_for(user: User, key: UUID, *, now: datetime) -> Reading | None:
    """Of a letter that this person brought, or that belongs to a case that this person sees."""
    reading = Reading.objects.filter(pk=key).first()
    if reading is None or reading.added_by_id == user.pk:
        return reading
    return reading if visible_to(user, now=now).filter(files__sha256=reading.sha256).exists() else None


def papers_for(case: Case, user: User, *, now: datetime) -> list[Paper]:
    """The papers that this person may read: the OPD gets its own, and what is handed over once it was delivered."""
    issued = papers.issued(case.number)
    if people.is_official(user, now=now):
        return issued
    readable = FOR_OWNER if State(case.state) in HANDED_OVER else FOR_APPLICANT
    return [paper for paper in issued if paper.kind in readable and _was_in_force(paper)]


def paper_for(case: Case, user: User, key: UUID, *, now: datetime) -> Paper | None:
    """None as well when the paper is not for this person's eyes."""
    return next((paper for paper in papers_for(case, user, now=now) if paper.pk == key), None)


# ------------------------------------------------------------------------------------------------------------------


def _was_in_force(paper: Paper) -> bool:
    """What was frozen for a signature and sent back was never handed to anybody."""
    return paper.voided_at is None or paper.kind not in SIGNED_TOGETHER


def _eyes_of(user: User, *, now: datetime) -> tuple[bool, bool]:
    """Whether the person sees an agency's cases, and whether those of all as an official."""
    return user.agency_id is not None, people.is_official(user, now=now)


def _visible(of_agency: bool, official: bool, *, agency: Any, user: Any) -> Q:
    visible = Q(agency=agency) if of_agency else Q(pk__in=[])
    return visible | ~Q(state=State.DRAFT) | Q(applicant=user) if official else visible


_GIVEN = {"agency": Given("agency"), "user": Given("user")}


@question
def _newest(of_agency: bool, official: bool, most: int) -> QuerySet[Case]:
    return rows(Case.objects.filter(_visible(of_agency, official, **_GIVEN))).order_by("-created_at", "-pk")[:most]


@question
def _numbered(of_agency: bool, official: bool) -> QuerySet[Case]:
    visible = Case.objects.filter(_visible(of_agency, official, **_GIVEN), number=Given("number"))
    return related(visible).select_related("site__node")
