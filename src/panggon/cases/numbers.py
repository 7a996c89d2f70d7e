"""Numbers without gaps: taken under a row lock, and given back when the transaction around them fails."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from panggon.cases.models import Counter


def next_case_number(at: datetime) -> str:
    year, number = _next("case", at)
    return f"HST-{year}-{number:04d}"


def next_agenda_number(at: datetime) -> str:
    year, number = _next("agenda", at)
    return f"{number:04d}/{year}"


def _next(name: str, at: datetime) -> tuple[int, int]:
    year = at.astimezone(ZoneInfo(settings.TIME_ZONE)).year
    Counter.objects.get_or_create(name=name, year=year)
    counter = Counter.objects.select_for_update().get(name=name, year=year)
    counter.last += 1
    counter.save(update_fields=["last"])
    return year, counter.last
