"""Office time as one straight line, on which millions of moments are placed quickly. Seconds since 1970, whole ones."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from panggon.core.errors import PermanentError
from panggon.core.schedule.workdays import Calendar, Interval, office_hours


@dataclass(frozen=True, slots=True)
class Timeline:
    """From `first` on; `before[n]` seconds of office time lie before the hours that begin at `starts[n]`."""

    first: int
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    before: tuple[int, ...]

    def at(self, moment: int) -> int:
        """The office time until then. `PermanentError` `calendar.missing` before the line begins."""
        number = bisect_right(self.starts, moment) - 1
        if number >= 0:
            return self.before[number] + min(moment, self.ends[number]) - self.starts[number]
        if moment < self.first:
            raise PermanentError("calendar.missing", f"no office hours before {self.first}")
        return 0


def timeline(calendar: Calendar, *, last: date) -> Timeline:
    """Up to the end of a day, from the first day since which the hours of each are known."""
    days: list[tuple[Interval, ...]] = []
    day = last
    while (hours := _known(day, calendar)) is not None:
        days.append(hours)
        day -= timedelta(days=1)
    first = datetime.combine(day + timedelta(days=1), time(), calendar.zone).astimezone(UTC)
    spans = [(_seconds(part.start), _seconds(part.end)) for hours in reversed(days) for part in hours]
    before, passed = [], 0
    for start, end in spans:
        before.append(passed)
        passed += end - start
    return Timeline(_seconds(first), tuple(start for start, _ in spans), tuple(end for _, end in spans), tuple(before))


def _known(day: date, calendar: Calendar) -> tuple[Interval, ...] | None:
    try:
        return office_hours(day, calendar=calendar)
    except PermanentError:
        return None


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
