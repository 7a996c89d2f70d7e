"""What many parts of a page ask of one case: read once while the page is only read, and anew for every act."""

from django.db.models import QuerySet

from panggon.cases.models import Case, Event, File
from panggon.questions import Given, question
from panggon.remembered import remembered


def events_of(case: Case) -> list[Event]:
    """The first act first, with who did it."""
    return remembered(("cases.events_of", case.pk), lambda: _events(case=case.pk))


def letter_of(case: Case) -> File | None:
    """The newest letter of the case."""
    return remembered(("cases.letter_of", case.pk), lambda: next(iter(_letters(case=case.pk)), None))


@question
def _events() -> QuerySet[Event]:
    return Event.objects.filter(case=Given("case")).select_related("actor", "represented").order_by("sequence")


@question
def _letters() -> QuerySet[File]:
    return File.objects.filter(case=Given("case"), kind=File.Kind.LETTER).order_by("-added_at", "-pk")[:1]
