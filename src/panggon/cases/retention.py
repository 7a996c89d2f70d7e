"""What speaks of people goes when its time is over; the log keeps its chain, and only numbers and dates are recorded.

Words go so long after the end of a case. Contacts and letters stay as long as the site that they are about: they are
needed while it lives. Each erasing can be stopped anywhere and begun again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from django.db import transaction
from django.db.models import Q, QuerySet

from panggon.audit.services import record
from panggon.cases.inputs import PEOPLE
from panggon.cases.models import Case, Correction, Event, File
from panggon.core.procedure import State
from panggon.core.retention import PersonalData, months_before
from panggon.notify import selectors as notices
from panggon.notify import services as notify
from panggon.office.selectors import office
from panggon.papers import selectors as papers
from panggon.papers import store

ENDED = frozenset({State.DONE, State.WITHDRAWN, State.REFUSED})
WRITTEN = ("notes", "disposition_note")  # columns of a case that hold free words
NAMED = (*PEOPLE, "ssh_key")  # columns of a case that name people


@dataclass(frozen=True, slots=True)
class Due:
    """So many things of so many cases ended before this moment, and are erased."""

    kind: PersonalData
    before: datetime
    cases: int
    things: int


def due(*, now: datetime) -> tuple[Due, ...]:
    """What would be erased now, of every kind. Reads only."""
    return tuple(_due(kind, now=now) for kind in PersonalData)


def erase(*, now: datetime) -> tuple[Due, ...]:
    """Erase it, each kind in a transaction of its own; what was erased, without the kinds of which nothing was due."""
    return tuple(erased for kind in PersonalData if (erased := _erase(kind, now=now)).things)


def subject_of(kind: PersonalData) -> str:
    """Under which the log of changes keeps the erasing of this kind."""
    return f"cases.retention:{kind}"


# ------------------------------------------------------------------------------------------------------------------


def _due(kind: PersonalData, *, now: datetime) -> Due:
    before = months_before(now, getattr(office().retention, f"{kind}_months"))
    cases, things = COUNTERS[kind](before)
    return Due(kind, before, cases, things)


@transaction.atomic
def _erase(kind: PersonalData, *, now: datetime) -> Due:
    found = _due(kind, now=now)
    if found.things:
        ERASERS[kind](found.before)
        after = {"cases": found.cases, "things": found.things, "before": found.before.isoformat()}
        record(subject_of(kind), before=None, after=after, actor=None, at=now)
    return found


def _ended(before: datetime) -> QuerySet[Case]:
    return Case.objects.filter(state__in=ENDED, state_since__lt=before)


def _without_site(before: datetime) -> QuerySet[Case]:
    return _ended(before).filter(Q(site=None) | Q(site__released_at__lt=before))


def _filled(columns: tuple[str, ...]) -> Q:
    filled = Q()
    for column in columns:
        filled |= ~Q(**{column: ""})
    return filled


def _events(before: datetime) -> QuerySet[Event]:
    return Event.objects.filter(case__in=_ended(before)).exclude(note="", salt="")


def _corrections(before: datetime) -> QuerySet[Correction]:
    return Correction.objects.filter(case__in=_ended(before)).exclude(reason="")


def _files(before: datetime) -> QuerySet[File]:
    return File.objects.filter(case__in=_without_site(before))


def _count_words(before: datetime) -> tuple[int, int]:
    """Events and corrections are the things; a case whose own words are left counts as one more."""
    events, corrections = _events(before), _corrections(before)
    written = _ended(before).filter(_filled(WRITTEN))
    cases = _ended(before).filter(
        Q(pk__in=events.values("case")) | Q(pk__in=corrections.values("case")) | Q(pk__in=written.values("pk"))
    )
    return cases.count(), events.count() + corrections.count() + written.count()


def _erase_words(before: datetime) -> None:
    _events(before).update(note="", salt="")
    _corrections(before).update(reason="")
    _ended(before).filter(_filled(WRITTEN)).update(**dict.fromkeys(WRITTEN, ""))


def _count_contacts(before: datetime) -> tuple[int, int]:
    count = _without_site(before).filter(_filled(NAMED)).count()
    return count, count


def _erase_contacts(before: datetime) -> None:
    _without_site(before).filter(_filled(NAMED)).update(**dict.fromkeys(NAMED, ""))


def _count_letters(before: datetime) -> tuple[int, int]:
    files = _files(before)
    return files.values("case").distinct().count(), files.count()


def _erase_letters(before: datetime) -> None:
    """The bytes go first: stopped in between, the rows are still there, and the next time goes on."""
    going = _files(before)
    digests = set(going.values_list("sha256", flat=True))
    needed = set(
        File.objects.exclude(pk__in=going.values("pk")).filter(sha256__in=digests).values_list("sha256", flat=True)
    )
    for digest in digests - needed - papers.kept_digests(digests):
        store.remove(digest)
    going.delete()


def _count_notices(before: datetime) -> tuple[int, int]:
    return 0, notices.older_than(before).count()


COUNTERS: Mapping[PersonalData, Callable[[datetime], tuple[int, int]]] = MappingProxyType(
    {
        PersonalData.WORDS: _count_words,
        PersonalData.CONTACTS: _count_contacts,
        PersonalData.LETTERS: _count_letters,
        PersonalData.NOTICES: _count_notices,
    }
)
ERASERS: Mapping[PersonalData, Callable[[datetime], object]] = MappingProxyType(
    {
        PersonalData.WORDS: _erase_words,
        PersonalData.CONTACTS: _erase_contacts,
        PersonalData.LETTERS: _erase_letters,
        PersonalData.NOTICES: notify.forget_before,
    }
)
