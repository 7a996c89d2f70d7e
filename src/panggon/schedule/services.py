"""The writers of the calendar."""

from collections.abc import Iterable
from datetime import date

import holidays
from django.db import transaction

from panggon.core.workdays import PEKALONGAN_RAMADAN_WEEK, PEKALONGAN_WEEK, Week
from panggon.schedule.models import Holiday, OfficeHours, Year

NORMAL_HOURS = (date(2023, 9, 1), date(2099, 12, 31))
# The first and last day of Ramadan 1446 to 1448 H: the first as announced for 2025 and 2026, reckoned for 2027.
RAMADAN = (
    (date(2025, 3, 1), date(2025, 3, 30)),
    (date(2026, 2, 19), date(2026, 3, 20)),
    (date(2027, 2, 8), date(2027, 3, 9)),
)


@transaction.atomic
def seed(years: Iterable[int]) -> int:
    """Holidays and joint leave days of these years, and the office hours of Pekalongan; what is there is kept.

    The number of days that were new. Hours: SE Wali Kota 800.1.6.2./54 Tahun 2023, in Ramadan SE B/111/800 Tahun 2026.
    """
    _hours("Jam kerja biasa", *NORMAL_HOURS, PEKALONGAN_WEEK)
    for first, last in RAMADAN:
        _hours("Ramadan", first, last, PEKALONGAN_RAMADAN_WEEK)
    return sum(_year(year) for year in years)


def _year(year: int) -> int:
    Year.objects.get_or_create(year=year)
    known = holidays.country_holidays("ID", years=year, categories=("public", "government"), language="id")
    before = Holiday.objects.count()
    Holiday.objects.bulk_create([Holiday(day=day, name=name) for day, name in known.items()], ignore_conflicts=True)
    return Holiday.objects.count() - before


def _hours(name: str, first: date, last: date, week: Week) -> None:
    rows = [[[f"{part.start:%H:%M}", f"{part.end:%H:%M}"] for part in day] for day in week]
    OfficeHours.objects.get_or_create(name=name, first=first, defaults={"last": last, "week": rows})
