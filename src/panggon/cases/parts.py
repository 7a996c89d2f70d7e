"""What many parts of a page ask of one case: read once while the page is only read, and anew for every act."""

from django.db.models import QuerySet

from panggon.cases.models import Case, Event, File
from panggon.remembered import remembered


def events_of(case: Case) -> list[Event]:
    """The first act first, with who did it."""
    return remembered(("cases.events_of", case.pk), lambda: _events_of(case))


def letter_of(case: Case) -> File | None:
    """The newest letter of the case."""
    return remembered(("cases.letter_of", case.pk), lambda: _letters_of(case).last())


def _events_of(case: Case) -> list[Event]:
    return list(case.events.select_related("actor", "represented").order_by("sequence"))


def _letters_of(case: Case) -> QuerySet[File]:
    return case.files.filter(kind=File.Kind.LETTER).order_by("added_at")
