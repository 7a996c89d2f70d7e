from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panggon.core.errors import PermanentError
from panggon.core.schedule.workdays import (
    Calendar,
    Interval,
    Period,
    Session,
    add_working_time,
    closing,
    counted,
    is_working_day,
    office_hours,
    opening,
    working_time,
)
from tests.core.schedule.calendar_2026 import CALENDAR, JAKARTA, local

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def spans(*pairs):
    return tuple(Interval(local(start), local(end)) for start, end in pairs)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 11, 2), True),  # Monday
        (date(2026, 11, 6), True),  # Friday
        (date(2026, 11, 7), False),  # Saturday
        (date(2026, 11, 8), False),  # Sunday
        (date(2026, 12, 24), False),  # cuti bersama
        (date(2026, 12, 25), False),  # holiday
        (date(2026, 2, 19), True),  # first of Ramadan
    ],
)
def test_working_days(day, works):
    assert is_working_day(day, calendar=CALENDAR) is works


def test_office_hours_leave_the_break_out():
    assert office_hours(date(2026, 11, 2), calendar=CALENDAR) == spans(
        ("2026-11-02 07:30", "2026-11-02 12:00"), ("2026-11-02 13:00", "2026-11-02 16:30")
    )
    assert office_hours(date(2026, 11, 6), calendar=CALENDAR) == spans(
        ("2026-11-06 07:30", "2026-11-06 11:30"), ("2026-11-06 13:00", "2026-11-06 14:30")
    )
    assert office_hours(date(2026, 2, 19), calendar=CALENDAR) == spans(
        ("2026-02-19 08:00", "2026-02-19 12:00"), ("2026-02-19 12:30", "2026-02-19 15:15")
    )


def test_a_week_has_the_hours_of_the_circulars():
    normal = working_time(local("2026-11-02 00:00"), local("2026-11-09 00:00"), calendar=CALENDAR)
    ramadan = working_time(local("2026-02-23 00:00"), local("2026-03-02 00:00"), calendar=CALENDAR)
    assert (normal, ramadan) == (37.5 * HOUR, 32.5 * HOUR)


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-02 09:00", "2026-11-02 09:00"),  # open
        ("2026-11-02 07:29:59", "2026-11-02 07:30"),
        ("2026-11-02 07:30", "2026-11-02 07:30"),
        ("2026-11-02 12:00", "2026-11-02 13:00"),  # the break
        ("2026-11-02 16:29:59", "2026-11-02 16:29:59"),
        ("2026-11-02 16:30", "2026-11-03 07:30"),  # closing time sharp
        ("2026-11-02 23:59:59", "2026-11-03 07:30"),
        ("2026-11-03 00:00", "2026-11-03 07:30"),  # midnight
        ("2026-11-06 14:30", "2026-11-09 07:30"),  # Friday
        ("2026-12-23 17:00", "2026-12-28 07:30"),  # Christmas and the weekend
        ("2026-01-01 05:00", "2026-01-02 07:30"),  # still 2025 in UTC, a year without a calendar
        ("2026-02-18 16:30", "2026-02-19 08:00"),  # the eve of Ramadan
        ("2026-03-17 15:15", "2026-03-25 07:30"),  # the long holiday after it
    ],
)
def test_the_next_opening(moment, opens):
    assert opening(local(moment), calendar=CALENDAR) == local(opens)


def test_counted_intervals():
    assert counted(local("2026-11-06 11:00"), local("2026-11-09 08:00"), calendar=CALENDAR) == spans(
        ("2026-11-06 11:00", "2026-11-06 11:30"),
        ("2026-11-06 13:00", "2026-11-06 14:30"),
        ("2026-11-09 07:30", "2026-11-09 08:00"),
    )
    assert counted(local("2026-11-02 09:00"), local("2026-11-02 09:00"), calendar=CALENDAR) == ()
    assert counted(local("2026-11-02 12:10"), local("2026-11-02 12:50"), calendar=CALENDAR) == ()


@pytest.mark.parametrize(
    ("day", "days", "closes"),
    [
        (date(2026, 11, 2), 2, "2026-11-04 16:30"),
        (date(2026, 11, 4), 2, "2026-11-06 14:30"),  # Friday
        (date(2026, 11, 5), 2, "2026-11-09 16:30"),  # over the weekend
        (date(2026, 11, 7), 1, "2026-11-09 16:30"),  # from a Saturday
        (date(2026, 12, 22), 2, "2026-12-28 16:30"),  # over Christmas
        (date(2026, 2, 18), 1, "2026-02-19 15:15"),  # into Ramadan
        (date(2026, 3, 17), 1, "2026-03-25 16:30"),  # out of it
    ],
)
def test_closing_of_a_later_working_day(day, days, closes):
    assert closing(day, days=days, calendar=CALENDAR) == local(closes)


@pytest.mark.parametrize(
    ("moment", "amount", "reached"),
    [
        ("2026-11-02 09:00", HOUR, "2026-11-02 10:00"),
        ("2026-11-02 11:30", HOUR, "2026-11-02 13:30"),  # over the break
        ("2026-11-02 11:00", HOUR, "2026-11-02 12:00"),  # ends with the session
        ("2026-11-02 16:00", HOUR, "2026-11-03 08:00"),
        ("2026-11-06 14:00", HOUR, "2026-11-09 08:00"),
        ("2026-11-04 16:30", 3 * HOUR, "2026-11-05 10:30"),  # from a closing time
        ("2026-11-04 16:30", timedelta(), "2026-11-04 16:30"),
        ("2026-11-02 07:30", 37.5 * HOUR, "2026-11-06 14:30"),  # a whole week
    ],
)
def test_adding_working_time(moment, amount, reached):
    assert add_working_time(local(moment), amount, calendar=CALENDAR) == local(reached)


def test_a_one_off_closing_takes_part_of_a_day_away():
    flood = replace(CALENDAR, closings=spans(("2026-11-04 10:00", "2026-11-05 08:00")))
    assert office_hours(date(2026, 11, 4), calendar=flood) == spans(("2026-11-04 07:30", "2026-11-04 10:00"))
    assert office_hours(date(2026, 11, 5), calendar=flood)[0] == spans(("2026-11-05 08:00", "2026-11-05 12:00"))[0]
    assert closing(date(2026, 11, 2), days=2, calendar=flood) == local("2026-11-04 10:00")


def test_a_closing_in_the_middle_of_a_session_leaves_both_ends():
    drill = replace(CALENDAR, closings=spans(("2026-11-02 09:00", "2026-11-02 10:00")))
    assert office_hours(date(2026, 11, 2), calendar=drill)[:2] == spans(
        ("2026-11-02 07:30", "2026-11-02 09:00"), ("2026-11-02 10:00", "2026-11-02 12:00")
    )


def test_a_whole_day_closed_is_no_working_day():
    closed = replace(CALENDAR, closings=spans(("2026-11-03 00:00", "2026-11-04 00:00")))
    assert not is_working_day(date(2026, 11, 3), calendar=closed)
    assert closing(date(2026, 11, 2), days=2, calendar=closed) == local("2026-11-05 16:30")


@pytest.mark.parametrize(
    "ask",
    [
        lambda: is_working_day(date(2027, 1, 4), calendar=CALENDAR),
        lambda: opening(local("2026-12-31 16:30"), calendar=CALENDAR),
        lambda: closing(date(2026, 12, 30), days=2, calendar=CALENDAR),
        lambda: working_time(local("2026-12-31 09:00"), local("2027-01-01 09:00"), calendar=CALENDAR),
        lambda: working_time(local("2026-10-05 09:00"), local("9999-12-31 09:00"), calendar=CALENDAR),
        lambda: add_working_time(local("2026-12-31 16:00"), HOUR, calendar=CALENDAR),
    ],
)
def test_a_year_without_a_calendar_is_an_error_that_names_it(ask):
    with pytest.raises(PermanentError) as caught:
        ask()
    assert (caught.value.code, caught.value.facts) == ("calendar.missing", {"year": 2027})


def test_a_day_without_office_hours_in_a_known_year_is_an_error_too():
    late = replace(CALENDAR, periods=(Period(date(2026, 6, 1), date(2026, 12, 31), CALENDAR.periods[0].week),))
    with pytest.raises(PermanentError, match="no office hours for 2026-05-29"):
        is_working_day(date(2026, 5, 29), calendar=late)
    middle = replace(CALENDAR, periods=(Period(date(2026, 6, 10), date(2026, 12, 31), CALENDAR.periods[0].week),))
    assert working_time(local("2026-06-11 00:00"), local("2026-06-12 00:00"), calendar=middle) == 8 * HOUR
    with pytest.raises(PermanentError, match="no office hours for 2026-06-09"):
        working_time(local("2026-06-09 08:00"), local("2026-06-12 00:00"), calendar=middle)


def test_a_moment_without_a_zone_is_refused():
    for ask in (
        lambda naive: opening(naive, calendar=CALENDAR),
        lambda naive: working_time(naive, naive, calendar=CALENDAR),
        lambda naive: add_working_time(naive, HOUR, calendar=CALENDAR),
    ):
        with pytest.raises(PermanentError) as caught:
            ask(datetime(2026, 11, 2, 9, 0))  # noqa: DTZ001
        assert caught.value.code == "moment.naive"


def test_a_session_ends_after_it_starts():
    with pytest.raises(PermanentError):
        Session(time(13), time(13))


def test_the_hands_of_the_clock_may_turn_in_other_zones():
    """Berlin goes back an hour in the night of 25 October 2026: a session over it is five hours long, not four."""
    week = tuple((Session(time(1), time(5)),) for _ in range(7))
    berlin = Calendar(
        ZoneInfo("Europe/Berlin"), frozenset({2026}), (Period(date(2026, 1, 1), date(2026, 12, 31), week),)
    )
    night = datetime(2026, 10, 25, tzinfo=berlin.zone)
    assert working_time(night, night + timedelta(days=1), calendar=berlin) == 5 * HOUR


# Properties -----------------------------------------------------------------------------------------------------------

MOMENTS = st.datetimes(datetime(2026, 1, 5), datetime(2026, 11, 30), timezones=st.just(UTC))  # noqa: DTZ001
AMOUNTS = st.timedeltas(timedelta(), timedelta(hours=60))


@given(st.tuples(MOMENTS, MOMENTS, MOMENTS))
@settings(max_examples=50)
def test_working_time_adds_up_over_a_split(moments):
    first, middle, last = sorted(moments)
    whole = working_time(first, last, calendar=CALENDAR)
    parts = working_time(first, middle, calendar=CALENDAR) + working_time(middle, last, calendar=CALENDAR)
    assert parts == whole


# Closed over the end of a month, and from midnight to midnight.
CLOSINGS = (("2026-04-30 10:00", "2026-05-04 09:15"), ("2026-08-01 00:00", "2026-09-01 00:00"))
WITH_CLOSINGS = replace(CALENDAR, closings=spans(*CLOSINGS))
MIDNIGHTS = MOMENTS.map(lambda moment: moment.astimezone(JAKARTA).replace(hour=0, minute=0, second=0, microsecond=0))


@given(MOMENTS | MIDNIGHTS, MOMENTS | MIDNIGHTS)
@settings(max_examples=100)
def test_whole_months_at_once_are_as_long_as_all_their_hours_one_by_one(start, end):
    hours = counted(start, end, calendar=WITH_CLOSINGS)
    expected = sum((part.duration for part in hours), timedelta())
    assert working_time(start, end, calendar=WITH_CLOSINGS) == expected


@given(MOMENTS, AMOUNTS)
@settings(max_examples=50)
def test_adding_and_measuring_are_inverse(moment, amount):
    reached = add_working_time(moment, amount, calendar=CALENDAR)
    assert working_time(moment, reached, calendar=CALENDAR) == amount


@given(MOMENTS, st.timedeltas(timedelta(), timedelta(days=2)))
@settings(max_examples=20)
def test_minutes_count_only_in_office_hours(moment, length):
    """Against a count minute by minute that knows nothing of sessions: no break, weekend or holiday."""
    start = moment.replace(second=0, microsecond=0)
    minutes = int(length / MINUTE)
    expected = sum(_open(start + number * MINUTE) for number in range(minutes))
    assert working_time(start, start + minutes * MINUTE, calendar=CALENDAR) == expected * MINUTE


def _open(moment):
    here = moment.astimezone(JAKARTA)
    if here.weekday() > 4 or here.date() in CALENDAR.holidays:
        return False
    friday, ramadan = here.weekday() == 4, date(2026, 2, 19) <= here.date() <= date(2026, 3, 19)
    morning, noon, one, evening = {
        (False, False): ("07:30", "12:00", "13:00", "16:30"),
        (True, False): ("07:30", "11:30", "13:00", "14:30"),
        (False, True): ("08:00", "12:00", "12:30", "15:15"),
        (True, True): ("08:00", "11:30", "12:30", "14:30"),
    }[friday, ramadan]
    return morning <= f"{here:%H:%M}" < noon or one <= f"{here:%H:%M}" < evening


@given(MOMENTS)
def test_the_next_opening_is_open_and_nothing_was_missed(moment):
    opens = opening(moment, calendar=CALENDAR)
    assert opens >= moment
    assert _open(opens)
    assert working_time(moment, opens, calendar=CALENDAR) == timedelta()
