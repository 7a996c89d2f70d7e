"""The office's working time as one straight line, so that a million moments can be placed on it quickly."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate

from panggon.core.schedule.workdays import Calendar, Interval, closing, office_hours


@dataclass(frozen=True)
class Hours:
    """`totals[n]` seconds of office time lie before `intervals[n]`."""

    calendar: Calendar
    intervals: tuple[Interval, ...]
    starts: tuple[datetime, ...]
    totals: tuple[float, ...]
    due_totals: dict[date, float]

    def total_at(self, moment: datetime) -> float:
        """The office time until then."""
        number = bisect_right(self.starts, moment) - 1
        hours = self.intervals[number]
        return self.totals[number] + (min(moment, hours.end) - hours.start).total_seconds()

    def moment_at(self, total: float) -> datetime:
        """The moment until which that much office time has passed; at a day's end its closing."""
        number = max(bisect_left(self.totals, total) - 1, 0)
        return self.intervals[number].start + timedelta(seconds=total - self.totals[number])

    def due_total(self, start: datetime) -> float:
        """The office time until the close of the second working day after the start."""
        return self.due_totals[start.astimezone(self.calendar.zone).date()]


def hours_between(first: date, last: date, calendar: Calendar) -> Hours:
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    worked = {day: office_hours(day, calendar=calendar) for day in days}
    intervals = tuple(part for parts in worked.values() for part in parts)
    totals = tuple(accumulate((part.duration.total_seconds() for part in intervals), initial=0.0))[:-1]
    hours = Hours(calendar, intervals, tuple(part.start for part in intervals), totals, {})
    for day in days[:-30]:
        if worked[day]:
            hours.due_totals[day] = hours.total_at(closing(day, days=2, calendar=calendar))
    return hours
