"""What speaks of people goes when its time is over; the log keeps its chain, and only numbers and dates are recorded.

Words go so long after the end of a case. Contacts and letters stay as long as the site that they are about: they are
needed while it lives. What never became a case goes so long after it was last touched. Each erasing can be stopped
anywhere and begun again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from panggon.audit import selectors as audit
from panggon.audit import services as auditing
from panggon.cases.acting.inputs import PEOPLE
from panggon.cases.archive.keeping import held_cases
from panggon.cases.models import AccessInvitation, Case, Correction, Event, File, Reading
from panggon.core.cases.procedure import State
from panggon.core.people.retention import PersonalData, months_before
from panggon.notify import selectors as notices
from panggon.notify import services as notify
from panggon.office.selectors import office
from panggon.papers import selectors as papers
from panggon.papers import store
from panggon.surveys import selectors as surveys
from panggon.surveys import services as answers

ENDED = frozenset({State.DONE, State.WITHDRAWN, State.REFUSED})
WRITTEN = ("notes", "disposition_note")  # columns of a case that hold free words
NAMED = (*PEOPLE, "ssh_key")  # columns of a case that name people
# The kinds of things in the log of changes that speak of people: names, addresses, what somebody searched for.
ABOUT_PEOPLE = (
    "people.user",
    "people.acting",
    "people.invitation",
    "people.agency",
    "notify.preference",
    "tokens.token",
    "cases.access",
    "cases.export",
)
Rows = QuerySet[File] | QuerySet[Reading]
Counted = tuple[int, int]  # of so many cases, so many things


@dataclass(frozen=True, slots=True)
class Due:
    """So many things of so many cases that are over since before this moment, kept for so many months, are erased."""

    kind: PersonalData
    months: int
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
    months = getattr(office().retention, f"{kind}_months")
    before = months_before(now, months)
    cases, things = COUNTERS[kind](before)
    return Due(kind, months, before, cases, things)


@transaction.atomic
def _erase(kind: PersonalData, *, now: datetime) -> Due:
    found = _due(kind, now=now)
    if found.things:
        ERASERS[kind](found.before)
        after = {"cases": found.cases, "things": found.things, "before": found.before.isoformat()}
        auditing.record(subject_of(kind), before=None, after=after, actor=None, at=now)
    return found


# -- Which cases


def _ended(before: datetime) -> QuerySet[Case]:
    return _unheld().filter(state__in=ENDED, state_since__lt=before)


def _without_site(before: datetime) -> QuerySet[Case]:
    return _ended(before).filter(Q(site=None) | Q(site__released_at__lt=before))


def _abandoned(before: datetime) -> QuerySet[Case]:
    """Drafts that nobody has saved since."""
    saved = Event.objects.filter(case=OuterRef("pk"), at__gte=before)
    return _unheld().filter(~Exists(saved), state=State.DRAFT, created_at__lt=before)


def _unheld() -> QuerySet[Case]:
    """Of a case that is held nothing goes."""
    return Case.objects.exclude(pk__in=held_cases())


# -- What of them


def _filled(columns: tuple[str, ...]) -> Q:
    filled = Q()
    for column in columns:
        filled |= ~Q(**{column: ""})
    return filled


def _events(cases: QuerySet[Case]) -> QuerySet[Event]:
    return Event.objects.filter(case__in=cases).exclude(note="", salt="")


def _corrections(cases: QuerySet[Case]) -> QuerySet[Correction]:
    return Correction.objects.filter(case__in=cases).exclude(reason="")


def _files(cases: QuerySet[Case]) -> QuerySet[File]:
    return File.objects.filter(case__in=cases)


def _readings(before: datetime) -> QuerySet[Reading]:
    return Reading.objects.filter(added_at__lt=before)


def _changes(before: datetime) -> auditing.Changes:
    return audit.told_before(before, kinds=ABOUT_PEOPLE)


def _count_words(cases: QuerySet[Case]) -> Counted:
    """Events and corrections are the things; a case whose own words are left counts as one more."""
    events, corrections, written = _events(cases), _corrections(cases), cases.filter(_filled(WRITTEN))
    found = cases.filter(
        Q(pk__in=events.values("case")) | Q(pk__in=corrections.values("case")) | Q(pk__in=written.values("pk"))
    )
    return found.count(), events.count() + corrections.count() + written.count()


def _count_contacts(cases: QuerySet[Case]) -> Counted:
    count = cases.filter(_filled(NAMED)).count()
    return count, count


def _count_files(cases: QuerySet[Case]) -> Counted:
    files = _files(cases)
    return files.values("case").distinct().count(), files.count()


def _count_drafts(before: datetime) -> Counted:
    """A draft is one thing, whatever of it is left."""
    drafts = _abandoned(before)
    left = _filled((*NAMED, *WRITTEN)) | Q(pk__in=_events(drafts).values("case"))
    count = drafts.filter(left | Q(pk__in=_files(drafts).values("case"))).count()
    return count, count


# -- How it goes


def _erase_words(cases: QuerySet[Case]) -> None:
    _events(cases).update(note="", salt="")
    _corrections(cases).update(reason="")
    cases.filter(_filled(WRITTEN)).update(**dict.fromkeys(WRITTEN, ""))


def _erase_contacts(cases: QuerySet[Case]) -> None:
    AccessInvitation.objects.filter(case__in=cases.filter(_filled(NAMED))).update(name="", email="")
    cases.filter(_filled(NAMED)).update(**dict.fromkeys(NAMED, ""))


def _erase_files(cases: QuerySet[Case]) -> None:
    going = _files(cases)
    _remove(going, needed_by=(File.objects.exclude(pk__in=going.values("pk")), Reading.objects.all()))
    going.delete()


def _erase_drafts(before: datetime) -> None:
    drafts = Case.objects.filter(pk__in=list(_abandoned(before).values_list("pk", flat=True)))
    for step in (_erase_files, _erase_words, _erase_contacts):
        step(drafts)


def _erase_readings(before: datetime) -> None:
    """A letter that belongs to a case stays with it; what was read in it goes."""
    going = _readings(before)
    _remove(going, needed_by=(File.objects.all(), Reading.objects.exclude(pk__in=going.values("pk"))))
    going.delete()


def _remove(going: Rows, *, needed_by: tuple[Rows, ...]) -> None:
    """The bytes go before the rows: stopped in between, the rows are still there, and the next time goes on."""
    begun = store.moment()
    digests = set(going.values_list("sha256", flat=True))
    needed = papers.kept_digests(digests)
    for rows in needed_by:
        needed |= set(rows.filter(sha256__in=digests).values_list("sha256", flat=True))
    for digest in digests - needed:
        store.remove(digest, put_before=begun)


COUNTERS: Mapping[PersonalData, Callable[[datetime], Counted]] = MappingProxyType(
    {
        PersonalData.WORDS: lambda before: _count_words(_ended(before)),
        PersonalData.CONTACTS: lambda before: _count_contacts(_without_site(before)),
        PersonalData.LETTERS: lambda before: _count_files(_without_site(before)),
        PersonalData.DRAFTS: _count_drafts,
        PersonalData.UNFILED: lambda before: (0, _readings(before).count()),
        PersonalData.NOTICES: lambda before: (0, notices.older_than(before).count()),
        PersonalData.SURVEYS: lambda before: (0, surveys.words_before(before).count()),
        PersonalData.CHANGES: lambda before: (0, _changes(before).count()),
    }
)
ERASERS: Mapping[PersonalData, Callable[[datetime], object]] = MappingProxyType(
    {
        PersonalData.WORDS: lambda before: _erase_words(_ended(before)),
        PersonalData.CONTACTS: lambda before: _erase_contacts(_without_site(before)),
        PersonalData.LETTERS: lambda before: _erase_files(_without_site(before)),
        PersonalData.DRAFTS: _erase_drafts,
        PersonalData.UNFILED: _erase_readings,
        PersonalData.NOTICES: notify.forget_before,
        PersonalData.SURVEYS: answers.erase_words_before,
        PersonalData.CHANGES: lambda before: auditing.erase(_changes(before)),
    }
)
