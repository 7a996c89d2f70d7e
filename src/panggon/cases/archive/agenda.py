"""The agenda of incoming letters (buku agenda): what was received, in its order, and the number that comes next."""

from datetime import datetime

from django.db.models import QuerySet
from django.db.models.functions import ExtractYear

from panggon.cases.acting.numbers import agenda_number, upcoming_agenda_number
from panggon.cases.models import Case


def book(year: int) -> QuerySet[Case]:
    """The letters that were received in a year, the first one first."""
    return _received().filter(received_at__year=year).order_by("received_at", "id")


def years() -> list[int]:
    """The years of which there is a book, the newest first."""
    found = Case.objects.exclude(received_at=None).values_list(ExtractYear("received_at"), flat=True)
    return sorted(set(found.distinct()), reverse=True)


def upcoming(at: datetime) -> str:
    """The number that the next letter would get now; a colleague may still be faster."""
    year, number = upcoming_agenda_number(at)
    while Case.objects.filter(agenda_number=agenda_number(year, number)).exists():
        number += 1
    return agenda_number(year, number)


def _received() -> QuerySet[Case]:
    return Case.objects.exclude(agenda_number="").select_related("agency", "division")
