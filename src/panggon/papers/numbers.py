"""Numbers without gaps: taken under a row lock, and given back when the transaction around them fails."""

from datetime import datetime
from typing import Any

from panggon.papers.dates import OFFICE_ZONE
from panggon.papers.models import Counter


def next_number(register: str, *, at: datetime) -> tuple[int, int]:
    """Year and next number of a register; each year begins with 1. Call it inside the transaction that uses it."""
    counter = hold(register, at=at)
    counter.last += 1
    counter.save(update_fields=["last"])
    return counter.year, counter.last


def upcoming(register: str, *, at: datetime) -> tuple[int, int]:
    """Year and number that would come next if nobody took it before."""
    year = at.astimezone(OFFICE_ZONE).year
    known = Counter.objects.filter(register=register, year=year).first()
    return year, known.last + 1 if known else 1


def hold(register: str, *, at: datetime) -> Counter:
    """The register of this year; nobody else takes a number from it until the transaction ends."""
    key: dict[str, Any] = {"register": register, "year": at.astimezone(OFFICE_ZONE).year}
    counter, _ = Counter.objects.select_for_update().get_or_create(**key)
    return counter


def given(register: str) -> dict[int, int]:
    """How many numbers of a register were given out, by year."""
    return dict(Counter.objects.filter(register=register).order_by("year").values_list("year", "last"))
