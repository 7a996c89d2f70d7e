from datetime import date, datetime, time

import pytest

from panggon.core.errors import Fault
from panggon.core.schedule.calendar_rules import closing_faults, period_faults, week_faults

MORNING, AFTERNOON = (time(7, 30), time(12)), (time(13), time(16, 30))
NORMAL = ("Biasa", (date(2023, 9, 1), date(2099, 12, 31)))
RAMADAN = ("Ramadan", (date(2026, 2, 19), date(2026, 3, 20)))


def test_a_week():
    assert week_faults([[MORNING, AFTERNOON]] * 5 + [[], []]) == ()
    assert week_faults([[]] * 7) == (Fault("hours.never_open"),)


def test_every_day_that_is_wrong_is_named():
    backwards, overlapping = [(time(12), time(7, 30))], [(time(7, 30), time(13, 30)), AFTERNOON]
    assert week_faults([backwards, [MORNING], overlapping, [], [AFTERNOON, MORNING], [], []]) == (
        Fault("hours.session_order", "day_0", {"start": time(12), "end": time(7, 30)}),
        Fault("hours.session_overlap", "day_2", {"start": time(13), "end": time(13, 30)}),
        Fault("hours.session_overlap", "day_4", {"start": time(7, 30), "end": time(16, 30)}),
    )


@pytest.mark.parametrize(
    ("first", "last", "codes"),
    [
        (date(2027, 2, 8), date(2027, 3, 9), []),  # within the normal hours
        (date(2027, 1, 1), date(2099, 12, 31), []),  # new hours, to the end of the old ones
        (date(2026, 2, 1), date(2026, 4, 1), []),  # around Ramadan
        (date(2026, 3, 21), date(2026, 3, 31), []),  # right after it
        (date(2026, 3, 9), date(2026, 2, 8), [("period.order", "last")]),
        (date(2026, 3, 1), date(2026, 4, 1), [("period.across", "first")]),
        (date(2026, 3, 20), date(2026, 4, 1), [("period.across", "first")]),
        (date(2026, 2, 1), date(2026, 3, 1), [("period.across", "last")]),
        (date(2026, 2, 19), date(2026, 2, 20), [("period.same_start", "first")]),
        (date(2020, 1, 1), date(2024, 1, 1), [("period.across", "last")]),
    ],
)
def test_periods_lie_within_each_other_or_apart(first, last, codes):
    faults = period_faults((first, last), others=[NORMAL, RAMADAN])
    assert [(fault.code, fault.field) for fault in faults] == codes


def test_closings_end_after_they_begin_and_apart():
    flood = (datetime(2026, 11, 4, 10), datetime(2026, 11, 5, 8))  # noqa: DTZ001
    noon, evening, next_day = (datetime(2026, 11, *moment) for moment in ((4, 12), (4, 18), (5, 8)))  # noqa: DTZ001
    assert closing_faults((evening, noon), others=[flood]) == (Fault("closing.order", "end"),)
    assert closing_faults((noon, evening), others=[flood]) == (
        Fault("closing.overlap", "start", {"start": flood[0], "end": flood[1]}),
    )
    assert closing_faults((next_day, next_day.replace(hour=9)), others=[flood]) == ()
