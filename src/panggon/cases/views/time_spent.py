"""The clock of a case in figures: what was counted, what was not, and what the step under way has taken."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from panggon.cases import selectors
from panggon.cases.models import Case
from panggon.core.schedule.clock import Clock
from panggon.core.schedule.workdays import Calendar, Interval
from panggon.schedule.words import duration_words

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FULL = 100


@dataclass(frozen=True, slots=True)
class StepView:
    """`percent` may pass 100, `bar` ends there."""

    step: int
    used: str
    allowance: str
    percent: int
    bar: int
    look: str


@dataclass(frozen=True, slots=True)
class TimeSpent:
    """Working time that was counted, and time by the hands of the clock; `counted` and `pauses` line by line."""

    used: str
    allowance: str
    elapsed: str
    counted: tuple[str, ...]
    pauses: tuple[str, ...]
    step: StepView | None


def time_spent(case: Case, clock: Clock | None, *, now: datetime, calendar: Calendar) -> TimeSpent | None:
    """None where there is no clock to read."""
    if clock is None:
        return None
    return TimeSpent(
        used=duration_words(clock.used),
        allowance=duration_words(clock.allowance),
        elapsed=elapsed_words(clock.elapsed),
        counted=tuple(map(_interval_words, clock.intervals)),
        pauses=tuple(map(_pause_words, clock.pauses)),
        step=_step(case, clock, now=now, calendar=calendar),
    )


def elapsed_words(amount: timedelta) -> str:
    """Days and hours by the hands of the clock, `2 hari 3 jam`; below a day hours and minutes."""
    days, rest = divmod(amount, DAY)
    if not days:
        return duration_words(amount)
    words = ngettext("%(n)s hari", "%(n)s hari", days) % {"n": days}
    hours = rest // timedelta(hours=1)
    return f"{words} {duration_words(timedelta(hours=hours))}" if hours else words


# ------------------------------------------------------------------------------------------------------------------


def _step(case: Case, clock: Clock, *, now: datetime, calendar: Calendar) -> StepView | None:
    time = selectors.step_time_of(case, clock, now=now, calendar=calendar)
    if time is None:
        return None
    percent = round(time.share * FULL)
    look = "warning" if percent > FULL else ""
    return StepView(
        time.step, duration_words(time.used), duration_words(time.allowance), percent, min(percent, FULL), look
    )


def _interval_words(interval: Interval) -> str:
    start, end = localtime(interval.start), localtime(interval.end)
    words = f"{date_format(start, 'l, j F Y, H.i')}–{date_format(end, 'H.i')}"
    return f"{words} ({duration_words(interval.duration)})"


def _pause_words(pause: Interval) -> str:
    start, end = (date_format(localtime(moment), "j F Y, H.i") for moment in (pause.start, pause.end))
    return _("%(start)s s.d. %(end)s") % {"start": start, "end": end}
