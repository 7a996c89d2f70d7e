"""What number and token show to anybody."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, QuerySet

from panggon.cases.models import Case, Event
from panggon.core.cases.procedure import STATE_LABELS, State, next_words, step_under_way
from panggon.questions import Given, question


@dataclass(frozen=True, slots=True)
class Subject:
    """What a case is about, for anybody: no person."""

    number: str
    agency: str
    title: str
    host: str


@dataclass(frozen=True, slots=True)
class PublicStatus:
    """What number and token show to anybody: no names, no contents of the letter."""

    number: str
    state: State
    label: str
    next_words: str
    step: int | None
    due_at: datetime | None
    submitted_at: datetime | None
    steps: tuple[tuple[datetime, State], ...]


def public_status(number: str, token: str) -> PublicStatus | None:
    """What the tracking page shows; None when number and token do not belong together."""
    case = next(iter(_sent(number=number)), None)
    if case is None or not secrets.compare_digest(case.token.encode(), token.encode()):
        return None
    state = State(case.state)
    return PublicStatus(
        number=case.number,
        state=state,
        label=STATE_LABELS[state].text,
        next_words=next_words(state),
        step=step_under_way(state),
        due_at=case.due_at,
        submitted_at=case.submitted_at,
        steps=tuple((at, State(target)) for at, target in _moves(case=case.pk)),
    )


def subject_of(number: str) -> Subject | None:
    """What a paper of this case is about; None for one that no case has (any more)."""
    case = Case.objects.select_related("agency", "site").filter(number=number).first()
    return Subject(case.number, case.agency.name, case.title, case.host) if case else None


def token_of(number: str) -> str:
    """The code that belongs to a number, for links to the tracking page; only for who proved to have it."""
    return Case.objects.values_list("token", flat=True).get(number=number)


# ------------------------------------------------------------------------------------------------------------------


@question
def _sent() -> QuerySet[Case]:
    sent = Case.objects.filter(number=Given("number")).exclude(state=State.DRAFT)
    return sent.only("number", "token", "state", "due_at", "submitted_at")


@question
def _moves() -> QuerySet[Event, tuple[datetime, str]]:
    moves = Event.objects.filter(case=Given("case")).exclude(source=F("target")).order_by("sequence")
    return moves.values_list("at", "target")
