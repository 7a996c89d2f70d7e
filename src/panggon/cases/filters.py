"""Which cases are meant: one value that list, export and report share, so that a figure and its list cannot differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F, Q

from panggon.core.cases.procedure import Role, State, step_under_way, waits_for

HANDED_OVER = frozenset({State.DELIVERED, State.FIXING, State.DONE})
ENDED = frozenset({State.DONE, State.WITHDRAWN, State.REFUSED})
# Sent, and the clock was not stopped for good: it runs, or it pauses in INCOMPLETE.
OPEN = frozenset(State) - ENDED - {State.DRAFT, State.DELIVERED}
TICKING = OPEN - {State.INCOMPLETE}
WORDS_MOST = 6  # further words of a search are left out


class Timing(StrEnum):
    """How a case stands to the service standard: the first two while its clock runs, the others once it was stopped."""

    LATE = "terlambat"
    SOON = "segera"
    WITHIN = "tepat"
    BEYOND = "lewat"


HELD_BY: Mapping[Role, str] = {
    Role.APPLICANT: "di-opd",
    Role.REGISTRAR: "di-tu",
    Role.HEAD: "di-kepala-dinas",
    Role.DIVISION_HEAD: "di-kepala-bidang",
    Role.TECHNICIAN: "di-petugas",
}
# By the words that stand in addresses: groups of states, and each state by itself.
STANDINGS: Mapping[str, frozenset[State]] = {
    "berjalan": OPEN,
    "diserahkan": HANDED_OVER,
    **{words: frozenset(state for state in OPEN if waits_for(state) is role) for role, words in HELD_BY.items()},
    **{state.value: frozenset({state}) for state in State},
}


@dataclass(frozen=True, slots=True)
class Days:
    """From the first to the last day, both included, in the office's zone; None is open-ended."""

    first: date | None = None
    last: date | None = None

    def within(self, column: str) -> Q:
        bounds = Q()
        if self.first:
            bounds &= Q(**{f"{column}__gte": _midnight(self.first)})
        if self.last:
            bounds &= Q(**{f"{column}__lt": _midnight(self.last + timedelta(days=1))})
        return bounds


@dataclass(frozen=True, slots=True)
class Moments:
    """`soon_until`: a deadline up to then is near, by the office's calendar."""

    now: datetime
    soon_until: datetime


@dataclass(frozen=True, slots=True)
class Filter:
    """Empty: every case. `agency` is a short name; `sent` and `stopped` are when the clock was started and stopped."""

    words: str = ""
    standing: str = ""
    step: int | None = None
    agency: str = ""
    division: int | None = None
    technician: int | None = None
    year: int | None = None
    kind: str = ""
    timing: Timing | None = None
    sent: Days = Days()
    stopped: Days = Days()
    waiting_for_me: bool = False

    def condition(self, moments: Moments) -> Q:
        """The rows that are meant; whose hands they are in is for `selectors` to add."""
        meant = _found_by(self.words) & self.sent.within("submitted_at") & self.stopped.within("stopped_at")
        if self.standing:
            meant &= Q(state__in=STANDINGS[self.standing])
        if self.step:
            meant &= Q(state__in=[state for state in State if step_under_way(state) == self.step])
        if self.year:
            meant &= Days(date(self.year, 1, 1), date(self.year, 12, 31)).within("created_at")
        if self.timing:
            meant &= _timed(self.timing, moments)
        columns = {
            "agency__short_name": self.agency,
            "division_id": self.division,
            "technician_id": self.technician,
            "kind": self.kind,
        }
        return meant & Q(**{name: value for name, value in columns.items() if value})


def _found_by(words: str) -> Q:
    """Every word stands somewhere in what the case can be found by."""
    meant = Q()
    for word in words.lower().split()[:WORDS_MOST]:
        meant &= Q(search_words__contains=word)
    return meant


def _timed(timing: Timing, moments: Moments) -> Q:
    if timing is Timing.LATE:
        return Q(state__in=TICKING, due_at__lt=moments.now)
    if timing is Timing.SOON:
        return Q(state__in=TICKING, due_at__gte=moments.now, due_at__lte=moments.soon_until)
    served = Q(state__in=HANDED_OVER, stopped_at__isnull=False)
    return served & (Q(stopped_at__lte=F("due_at")) if timing is Timing.WITHIN else Q(stopped_at__gt=F("due_at")))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(settings.TIME_ZONE)).astimezone(UTC)
