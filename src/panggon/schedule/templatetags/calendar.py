"""Hours, days and durations of the calendar as pages show them."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby

from django import template
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from panggon.core.schedule.workdays import Interval
from panggon.schedule.models import WEEKDAYS
from panggon.schedule.words import duration_words, sessions_words

register = template.Library()


@register.filter
def hours(intervals: tuple[Interval, ...] | None) -> str:
    if intervals is None:
        return _("belum diketahui")
    spans = (f"{localtime(part.start):%H.%M}–{localtime(part.end):%H.%M}" for part in intervals)
    return ", ".join(spans) or _("tutup")


@register.filter
def duration(amount: timedelta) -> str:
    return duration_words(amount)


@register.filter
def weekdays(week: list[list[list[str]]]) -> Iterator[tuple[str, str]]:
    """Days in a row that have the same hours are one: `Senin–Kamis`."""
    for words, days in groupby(zip(WEEKDAYS, map(sessions_words, week), strict=True), key=lambda day: day[1]):
        names = [str(name) for name, _words in days]
        yield names[0] if len(names) == 1 else f"{names[0]}–{names[-1]}", words
