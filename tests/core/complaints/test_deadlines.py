"""Deadlines reckoned by hand, with the reckoning beside each.

Pekalongan's hours: Monday to Thursday 07.30-12.00, 13.00-16.30 (8 h); Friday 07.30-11.30, 13.00-14.30 (5 h 30);
in Ramadan 08.00-12.00, 12.30-15.15 (6 h 45) and Friday 08.00-11.30, 12.30-14.30 (5 h 30). Due is the closing of the
second working day after the day from which it counts, then every pause adds its working time.
"""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panggon.core.errors import PermanentError
from panggon.core.schedule.clock import ClockEffect, ClockEvent, deadline, from_record, read_clock, to_record
from panggon.core.schedule.workdays import Interval, working_time
from tests.core.schedule.calendar_2026 import CALENDAR, local

TWO_YEARS = replace(
    CALENDAR,
    years=frozenset({2026, 2027}),
    holidays={**CALENDAR.holidays, date(2027, 1, 1): "Tahun Baru Masehi", date(2027, 1, 5): "Isra Mikraj"},
)


def closed(start, end):
    return replace(TWO_YEARS, closings=(Interval(local(start), local(end)),))


FLOOD = closed("2026-11-04 10:00", "2026-11-05 08:00")
ELECTION = closed("2026-11-24 00:00", "2026-11-25 00:00")
MORNING = closed("2026-11-25 07:00", "2026-11-25 09:00")

BY_HAND = [
    # Mon 23 Nov; Tue 24 is the first, Wed 25 the second working day after it.
    ("2026-11-23 09:00", [], "2026-11-25 16:30", TWO_YEARS),
    # From the first minute of the day, and from the last one: the same day.
    ("2026-11-23 07:30", [], "2026-11-25 16:30", TWO_YEARS),
    ("2026-11-23 16:29", [], "2026-11-25 16:30", TWO_YEARS),
    # At closing sharp the office is closed: counts from Tue 24; Wed 25, Thu 26.
    ("2026-11-23 16:30", [], "2026-11-26 16:30", TWO_YEARS),
    # Before opening: counts from 07.30 of the same day.
    ("2026-11-23 05:00", [], "2026-11-25 16:30", TWO_YEARS),
    # Across midnight: Mon 23.59 and Tue 00.00 both count from Tue 24, 07.30; Wed 25, Thu 26.
    ("2026-11-23 23:59", [], "2026-11-26 16:30", TWO_YEARS),
    ("2026-11-24 00:00", [], "2026-11-26 16:30", TWO_YEARS),
    # Fridays. Wed 25: Thu 26, Fri 27, which closes at 14.30.
    ("2026-11-25 10:00", [], "2026-11-27 14:30", TWO_YEARS),
    # Thu 26: Fri 27, Mon 30.
    ("2026-11-26 10:00", [], "2026-11-30 16:30", TWO_YEARS),
    # In Friday's break (11.30-13.00): still Friday; Mon 30, Tue 1 Dec.
    ("2026-11-27 12:00", [], "2026-12-01 16:30", TWO_YEARS),
    # Friday after 14.30: counts from Mon 30; Tue 1, Wed 2 Dec.
    ("2026-11-27 14:30", [], "2026-12-02 16:30", TWO_YEARS),
    ("2026-11-28 10:00", [], "2026-12-02 16:30", TWO_YEARS),
    # Holidays. Tue 22 Dec: Wed 23; Thu 24 joint leave, Fri 25 Christmas, weekend; Mon 28.
    ("2026-12-22 10:00", [], "2026-12-28 16:30", TWO_YEARS),
    # Sent on Christmas: counts from Mon 28; Tue 29, Wed 30.
    ("2026-12-25 10:00", [], "2026-12-30 16:30", TWO_YEARS),
    # Year end. Wed 30 Dec: Thu 31; Fri 1 Jan holiday, weekend; Mon 4 Jan.
    ("2026-12-30 10:00", [], "2027-01-04 16:30", TWO_YEARS),
    # Thu 31 Dec after hours: counts from Mon 4 Jan; Tue 5 is a holiday; Wed 6, Thu 7.
    ("2026-12-31 17:00", [], "2027-01-07 16:30", TWO_YEARS),
    # Pause Thu 31, 15.00 (1 h 30 to closing) to Mon 4 Jan, 09.00 (1 h 30): 3 h after Mon 16.30; Tue is a holiday.
    ("2026-12-30 10:00", [("2026-12-31 15:00", "2027-01-04 09:00")], "2027-01-06 10:30", TWO_YEARS),
    # Ramadan. Wed 18 Feb is not yet in it; Thu 19 is, Fri 20 closes at 14.30.
    ("2026-02-18 10:00", [], "2026-02-20 14:30", TWO_YEARS),
    # Mon 23 Feb: Tue 24, Wed 25, which closes at 15.15.
    ("2026-02-23 09:00", [], "2026-02-25 15:15", TWO_YEARS),
    # At 15.15 sharp closed: counts from Tue 24; Wed 25, Thu 26.
    ("2026-02-23 15:15", [], "2026-02-26 15:15", TWO_YEARS),
    # Pause Tue 14.00-15.15 (1 h 15) and Wed 08.00-09.00 (1 h): 2 h 15 after Wed 15.15 is Thu 10.15.
    ("2026-02-23 09:00", [("2026-02-24 14:00", "2026-02-25 09:00")], "2026-02-26 10:15", TWO_YEARS),
    # Pause in Ramadan's break only (12.00-12.30): nothing.
    ("2026-02-23 09:00", [("2026-02-24 12:00", "2026-02-24 12:30")], "2026-02-25 15:15", TWO_YEARS),
    # Out of it. Mon 16 Mar: Tue 17; 18 to 24 Mar joint leave, Nyepi, Idulfitri, weekend; Wed 25 in normal hours.
    ("2026-03-16 14:00", [], "2026-03-25 16:30", TWO_YEARS),
    # Pause Tue 17, 14.15-15.15 (1 h) to Wed 25, 08.30 (1 h): 2 h after Wed 16.30 is Thu 26, 09.30.
    ("2026-03-16 14:00", [("2026-03-17 14:15", "2026-03-25 08:30")], "2026-03-26 09:30", TWO_YEARS),
    # Pauses. Tue 10.00-12.00 and 13.00-14.00: 3 h after Wed 16.30 is Thu 10.30.
    ("2026-11-23 09:00", [("2026-11-24 10:00", "2026-11-24 14:00")], "2026-11-26 10:30", TWO_YEARS),
    # The break itself, a night, a weekend, a holiday: nothing.
    ("2026-11-23 09:00", [("2026-11-24 12:00", "2026-11-24 13:00")], "2026-11-25 16:30", TWO_YEARS),
    ("2026-11-23 09:00", [("2026-11-23 16:30", "2026-11-24 07:30")], "2026-11-25 16:30", TWO_YEARS),
    ("2026-11-26 10:00", [("2026-11-27 14:30", "2026-11-30 07:30")], "2026-11-30 16:30", TWO_YEARS),
    ("2026-12-22 10:00", [("2026-12-24 09:00", "2026-12-27 09:00")], "2026-12-28 16:30", TWO_YEARS),
    # Fri 14.00-14.30 and Mon 07.30-08.00: 1 h after Mon 16.30 is Tue 08.30.
    ("2026-11-26 10:00", [("2026-11-27 14:00", "2026-11-30 08:00")], "2026-12-01 08:30", TWO_YEARS),
    # Thu 1 h, due Fri 14.30: Mon 08.30.
    ("2026-11-25 10:00", [("2026-11-26 08:00", "2026-11-26 09:00")], "2026-11-30 08:30", TWO_YEARS),
    # Mon 11.00-12.00 and 13.00-14.00 (2 h), Tue 16.00 to Wed 08.00 (30 + 30 min): 3 h after Wed 16.30.
    (
        "2026-11-23 09:00",
        [("2026-11-23 11:00", "2026-11-23 14:00"), ("2026-11-24 16:00", "2026-11-25 08:00")],
        "2026-11-26 10:30",
        TWO_YEARS,
    ),
    # A pause of exactly one day (Tue 09.00 to Wed 09.00, 8 h): Thu at closing, not Fri at opening.
    ("2026-11-23 09:00", [("2026-11-24 09:00", "2026-11-25 09:00")], "2026-11-26 16:30", TWO_YEARS),
    # One-off closings. Mon 2 Nov: Tue 3, Wed 4, which closes at 10.00 for the flood.
    ("2026-11-02 09:00", [], "2026-11-04 10:00", FLOOD),
    # Pause Tue 15.00-16.30 and Wed 07.30-09.00: 3 h after Wed 10.00; Thu opens at 08.00: 11.00.
    ("2026-11-02 09:00", [("2026-11-03 15:00", "2026-11-04 09:00")], "2026-11-05 11:00", FLOOD),
    # During the flood: counts from Thu 5, 08.00; Fri 6, Mon 9.
    ("2026-11-04 11:00", [], "2026-11-09 16:30", FLOOD),
    # A whole day closed is no working day: Mon 23; Wed 25, Thu 26.
    ("2026-11-23 09:00", [], "2026-11-26 16:30", ELECTION),
    # A morning closed still is one: Tue 24, Wed 25. A pause in it counts nothing.
    ("2026-11-23 09:00", [("2026-11-25 07:30", "2026-11-25 09:00")], "2026-11-25 16:30", MORNING),
]


@pytest.mark.parametrize(("start", "pauses", "due", "calendar"), BY_HAND)
def test_deadlines_reckoned_by_hand(start, pauses, due, calendar):
    clock = deadline(local(start), pauses=[Interval(*map(local, pause)) for pause in pauses], calendar=calendar)
    assert clock.due_at == local(due)
    # What is counted up to the deadline is the whole allowance, no more and no less.
    assert sum((part.duration for part in clock.intervals), timedelta()) == clock.allowance


@pytest.mark.parametrize(
    ("days", "due"),
    [(1, "2026-11-24 16:30"), (2, "2026-11-25 16:30"), (4, "2026-11-27 14:30"), (5, "2026-11-30 16:30")],
)
def test_other_numbers_of_days(days, due):
    assert deadline(local("2026-11-23 09:00"), calendar=TWO_YEARS, days=days).due_at == local(due)


def test_the_year_that_is_missing_is_named():
    with pytest.raises(PermanentError) as raised:
        deadline(local("2026-12-30 10:00"), calendar=CALENDAR)
    assert (raised.value.code, raised.value.facts) == ("calendar.missing", {"year": 2027})


def test_a_stopped_clock_is_the_same_after_it_was_kept():
    moments = ("2026-11-23 09:00", "2026-11-23 11:00", "2026-11-24 08:00", "2026-11-24 09:30:01.000001")
    effects = (ClockEffect.START, ClockEffect.PAUSE, ClockEffect.RESUME, ClockEffect.STOP)
    events = [ClockEvent(effect, local(at)) for effect, at in zip(effects, moments, strict=True)]
    clock = read_clock(events, now=local("2026-12-01 10:00"), calendar=CALENDAR)
    kept = from_record(to_record(clock))
    assert (kept, kept.intervals) == (clock, clock.intervals)


STARTS = st.integers(0, 200 * 24 * 60).map(lambda minutes: local("2026-01-05 00:00") + timedelta(minutes=minutes))
GAPS = st.lists(st.integers(0, 3 * 24 * 60), min_size=2, max_size=6).filter(lambda gaps: len(gaps) % 2 == 0)


@given(STARTS, GAPS)
@settings(max_examples=60)
def test_pausing_adds_exactly_the_paused_working_time(start, gaps):
    moments = [start]
    for gap in gaps:
        moments.append(moments[-1] + timedelta(minutes=gap))
    pauses = [Interval(moments[number], moments[number + 1]) for number in range(1, len(moments), 2)]
    plain = deadline(start, calendar=TWO_YEARS)
    paused = deadline(start, pauses=pauses, calendar=TWO_YEARS)
    added = sum((working_time(pause.start, pause.end, calendar=TWO_YEARS) for pause in pauses), timedelta())
    assert working_time(plain.due_at, paused.due_at, calendar=TWO_YEARS) == added
    assert paused.allowance == plain.allowance
