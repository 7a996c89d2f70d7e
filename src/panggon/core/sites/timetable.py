"""When scheduled tasks run: the five fields of crontab(5), as numbers, lists, ranges and steps.

Local time, and honest about its jumps: a time that a change of the clock skips runs as long after the jump as it was
after the last moment before it; one that comes twice runs once, the first time. As in crontab(5), a day fits where day
of month and day of week are both limited and either fits.
"""

import functools
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

LEAST_MINUTES = 5
# The longest pause of any schedule: 29 February over a century that is no leap year.
DAYS_MOST = 8 * 366 + 1
FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
DAYS_OF_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
PART = re.compile(r"(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:/(\d{1,2}))?", re.ASCII)


class ScheduleError(ValueError):
    """Not a schedule; the argument is the code of why: `form`, `never`, `often`."""


@dataclass(frozen=True, slots=True)
class Schedule:
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]  # 0 is Sunday
    either: bool  # day of month and day of week are both limited

    def fits(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        of_month, of_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return of_month or of_week if self.either else of_month and of_week


@functools.lru_cache(4096)
def parse(text: str) -> Schedule:
    """Raises ScheduleError; also for what never comes, and for what comes more often than every five minutes."""
    words = text.split(" ")
    if len(words) != len(FIELDS) or len(text) > 200:
        raise ScheduleError("form")
    minutes, hours, days, months, weekdays = (_field(word, *most) for word, most in zip(words, FIELDS, strict=True))
    schedule = Schedule(
        tuple(sorted(minutes)),
        tuple(sorted(hours)),
        days,
        months,
        frozenset(day % 7 for day in weekdays),
        either=not words[2].startswith("*") and not words[4].startswith("*"),
    )
    if not schedule.either and all(min(days) > DAYS_OF_MONTH[month - 1] for month in months):
        raise ScheduleError("never")
    if _shortest(schedule) < LEAST_MINUTES:
        raise ScheduleError("often")
    return schedule


def next_after(schedule: Schedule, moment: datetime, zone: tzinfo) -> datetime:
    """The first time after this moment, in UTC."""
    # The day before: its last times may have been shifted past midnight.
    first = moment.astimezone(zone).date() - timedelta(days=1)
    for number in range(DAYS_MOST):
        day = first + timedelta(days=number)
        if schedule.fits(day):
            for found in _times(schedule, day, zone):
                if found > moment:
                    return found
    raise ScheduleError("never")


def missed(schedule: Schedule, last: datetime, now: datetime, zone: tzinfo) -> bool:
    """Whether a time has come since the last run; however many came, it is one."""
    return next_after(schedule, last, zone) <= now


@functools.lru_cache(4096)
def _times(schedule: Schedule, day: date, zone: tzinfo) -> tuple[datetime, ...]:
    return tuple(sorted(set(_moments(schedule, day, zone))))


def _moments(schedule: Schedule, day: date, zone: tzinfo) -> Iterator[datetime]:
    for hour in schedule.hours:
        for minute in schedule.minutes:
            yield datetime.combine(day, time(hour, minute), zone).astimezone(UTC)


def _field(word: str, least: int, most: int) -> frozenset[int]:
    found: set[int] = set()
    for part in word.split(","):
        match = PART.fullmatch(part)
        if match is None:
            raise ScheduleError("form")
        first, last, step = match.groups()
        begin = int(first) if first else least
        # `5/10` means from 5 on; `5` means 5.
        end = int(last) if last else most if step or not first else begin
        if not (least <= begin <= end <= most and int(step or 1) > 0):
            raise ScheduleError("form")
        found.update(range(begin, end + 1, int(step or 1)))
    return frozenset(found)


def _shortest(schedule: Schedule) -> int:
    """The least minutes between two times."""
    minutes, hours = schedule.minutes, schedule.hours
    within = [after - before for before, after in itertools.pairwise(minutes)]
    adjoining = any((hour + 1) % 24 in hours for hour in hours)
    return min([*within, 60 - minutes[-1] + minutes[0] if adjoining else 60])
