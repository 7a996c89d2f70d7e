"""What a calendar must not be: sessions, periods and closings that end before they begin or lie across each other."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from itertools import pairwise

from panggon.core.errors import Fault

Hours = tuple[time, time]
Days = tuple[date, date]
Moments = tuple[datetime, datetime]


def week_faults(week: Sequence[Sequence[Hours]]) -> tuple[Fault, ...]:
    """Faults of the hours of Monday to Sunday, each at `day_0` to `day_6`.

    Codes: `hours.session_order` (ends before it begins), `hours.session_overlap` (begins before the one before it
    ends), `hours.never_open`.
    """
    if not any(week):
        return (Fault("hours.never_open"),)
    return tuple(fault for number, day in enumerate(week) for fault in _day_faults(day, f"day_{number}"))


def period_faults(period: Days, *, others: Iterable[tuple[str, Days]]) -> tuple[Fault, ...]:
    """Faults of a period among the named others, both days included.

    One period may lie within another (Ramadan within the normal hours, new hours to the end of old ones); which of two
    that lie across each other counts, nobody could see. Codes: `period.order`, `period.same_start`, `period.across`.
    """
    first, last = period
    if first > last:
        return (Fault("period.order", "last"),)
    return tuple(fault for name, other in others if (fault := _across(period, other, name)))


def closing_faults(closing: Moments, *, others: Iterable[Moments]) -> tuple[Fault, ...]:
    """Codes: `closing.order`, `closing.overlap` with the other's moments."""
    start, end = closing
    if start >= end:
        return (Fault("closing.order", "end"),)
    return tuple(
        Fault("closing.overlap", "start", {"start": other_start, "end": other_end})
        for other_start, other_end in others
        if start < other_end and other_start < end
    )


def _day_faults(day: Sequence[Hours], field: str) -> tuple[Fault, ...]:
    order = tuple(
        Fault("hours.session_order", field, {"start": start, "end": end}) for start, end in day if start >= end
    )
    overlap = tuple(
        Fault("hours.session_overlap", field, {"start": after[0], "end": before[1]})
        for before, after in pairwise(day)
        if after[0] < before[1]
    )
    return order or overlap


def _across(period: Days, other: Days, name: str) -> Fault | None:
    other_first, other_last = other
    facts = {"name": name, "first": other_first, "last": other_last}
    if period[0] == other_first:
        return Fault("period.same_start", "first", facts)
    earlier, later = sorted((period, other))
    if later[0] <= earlier[1] < later[1]:
        return Fault("period.across", "first" if later == period else "last", facts)
    return None
