from datetime import time
from zoneinfo import ZoneInfo

from django.conf import settings

from panggon.core.workdays import Calendar, Interval, Period, Session, Week
from panggon.schedule.models import Closing, Holiday, OfficeHours, Year


def calendar() -> Calendar:
    """Office hours, holidays and closings as they are now known: four queries, however many years."""
    return Calendar(
        zone=ZoneInfo(settings.TIME_ZONE),
        years=frozenset(Year.objects.values_list("year", flat=True)),
        periods=tuple(Period(hours.first, hours.last, week_of(hours.week)) for hours in OfficeHours.objects.all()),
        holidays=dict(Holiday.objects.values_list("day", "name")),
        closings=tuple(Interval(start, end) for start, end in Closing.objects.values_list("start", "end")),
    )


def week_of(rows: list[list[list[str]]]) -> Week:
    """The week in a row of the database: Monday to Sunday, each a list of ["07:30", "12:00"]."""
    return tuple(
        tuple(Session(time.fromisoformat(start), time.fromisoformat(end)) for start, end in day) for day in rows
    )
