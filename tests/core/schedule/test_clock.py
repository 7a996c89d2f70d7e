from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panggon.core.errors import PermanentError
from panggon.core.schedule.clock import ClockEffect, ClockEvent, read_clock
from panggon.core.schedule.workdays import Interval, working_time
from tests.core.schedule.calendar_2026 import CALENDAR, local

START, PAUSE, RESUME, STOP, NONE = (
    ClockEffect.START,
    ClockEffect.PAUSE,
    ClockEffect.RESUME,
    ClockEffect.STOP,
    ClockEffect.NONE,
)
HOUR = timedelta(hours=1)


def clock(*events, now, calendar=CALENDAR):
    return read_clock([ClockEvent(effect, local(at)) for effect, at in events], now=local(now), calendar=calendar)


@pytest.mark.parametrize(
    ("start", "counts_from", "due"),
    [
        ("2026-11-02 09:00", "2026-11-02 09:00", "2026-11-04 16:30"),  # Monday → Wednesday
        ("2026-11-02 12:15", "2026-11-02 13:00", "2026-11-04 16:30"),  # in the break
        ("2026-11-02 16:29", "2026-11-02 16:29", "2026-11-04 16:30"),  # a minute before closing
        ("2026-11-02 16:30", "2026-11-03 07:30", "2026-11-05 16:30"),  # after hours: the next day is the start day
        ("2026-11-02 23:59:59", "2026-11-03 07:30", "2026-11-05 16:30"),
        ("2026-11-03 00:00", "2026-11-03 07:30", "2026-11-05 16:30"),  # midnight
        ("2026-11-04 10:00", "2026-11-04 10:00", "2026-11-06 14:30"),  # due on a Friday
        ("2026-11-05 10:00", "2026-11-05 10:00", "2026-11-09 16:30"),  # over the weekend
        ("2026-11-06 10:00", "2026-11-06 10:00", "2026-11-10 16:30"),  # from a Friday
        ("2026-11-06 14:31", "2026-11-09 07:30", "2026-11-11 16:30"),  # from a Friday after hours
        ("2026-11-07 10:00", "2026-11-09 07:30", "2026-11-11 16:30"),  # from a Saturday
        ("2026-12-22 10:00", "2026-12-22 10:00", "2026-12-28 16:30"),  # over cuti bersama, holiday and weekend
        ("2026-12-24 10:00", "2026-12-28 07:30", "2026-12-30 16:30"),  # from a cuti bersama
        ("2026-02-18 10:00", "2026-02-18 10:00", "2026-02-20 14:30"),  # into Ramadan, a Friday
        ("2026-02-24 10:00", "2026-02-24 10:00", "2026-02-26 15:15"),  # in Ramadan
        ("2026-02-24 15:20", "2026-02-25 08:00", "2026-02-27 14:30"),  # after Ramadan's hours
        ("2026-03-16 09:00", "2026-03-16 09:00", "2026-03-25 16:30"),  # out of Ramadan over Idulfitri
    ],
)
def test_deadlines(start, counts_from, due):
    value = clock((START, start), now=start)
    assert (value.started_at, value.counts_from, value.due_at) == (local(start), local(counts_from), local(due))
    assert (value.running, value.stopped_at, value.used, value.share) == (True, None, timedelta(), 0)


@pytest.mark.parametrize(
    ("start", "pause", "resume", "due"),
    [
        ("2026-11-02 09:00", "2026-11-03 10:00", "2026-11-03 14:00", "2026-11-05 10:30"),  # 3 h without the break
        ("2026-11-02 09:00", "2026-11-03 12:00", "2026-11-03 13:00", "2026-11-04 16:30"),  # the break itself
        ("2026-11-02 09:00", "2026-11-03 17:00", "2026-11-04 07:00", "2026-11-04 16:30"),  # a night
        ("2026-11-05 10:00", "2026-11-06 14:00", "2026-11-09 08:00", "2026-11-10 08:30"),  # 1 h around a weekend
        ("2026-11-05 10:00", "2026-11-06 11:00", "2026-11-06 13:30", "2026-11-10 08:30"),  # 1 h around Friday's break
        ("2026-11-06 15:00", "2026-11-06 15:30", "2026-11-09 10:00", "2026-11-12 10:00"),  # before the first opening
        ("2026-11-03 09:00", "2026-11-05 16:00", "2026-11-06 07:45", "2026-11-06 08:15"),  # 45 min over a night
        ("2026-12-21 09:00", "2026-12-22 09:00", "2026-12-28 09:00", "2026-12-29 16:30"),  # 16 h over Christmas
    ],
)
def test_a_pause_moves_the_deadline_by_its_working_time(start, pause, resume, due):
    value = clock((START, start), (PAUSE, pause), (RESUME, resume), now=resume)
    assert value.due_at == local(due)
    assert value.pauses == (Interval(local(pause), local(resume)),)
    assert value.running


def test_several_pauses_add_up_and_every_interval_is_kept():
    value = clock(
        (START, "2026-11-02 09:00"),
        (NONE, "2026-11-02 09:30"),
        (PAUSE, "2026-11-02 11:00"),
        (RESUME, "2026-11-02 14:00"),  # 2 h
        (PAUSE, "2026-11-03 08:00"),
        (RESUME, "2026-11-03 09:00"),  # 1 h
        (STOP, "2026-11-03 10:00"),
        now="2026-11-20 10:00",
    )
    assert value.due_at == local("2026-11-05 10:30")
    assert value.stopped_at == local("2026-11-03 10:00")
    assert not value.running
    assert value.intervals == tuple(
        Interval(local(start), local(end))
        for start, end in [
            ("2026-11-02 09:00", "2026-11-02 11:00"),
            ("2026-11-02 14:00", "2026-11-02 16:30"),
            ("2026-11-03 07:30", "2026-11-03 08:00"),
            ("2026-11-03 09:00", "2026-11-03 10:00"),
        ]
    )
    assert len(value.pauses) == 2
    assert value.used == 6 * HOUR
    assert value.elapsed == 25 * HOUR
    assert value.allowance == 22.5 * HOUR  # 6.5 h on Monday, 8 h on each of the two days after it
    assert value.share == 6 / 22.5


def test_the_whole_allowance_is_used_at_the_deadline_and_more_after_it():
    at_due = clock((START, "2026-11-02 09:00"), now="2026-11-04 16:30")
    assert (at_due.share, at_due.used) == (1, at_due.allowance)
    assert clock((START, "2026-11-02 09:00"), now="2026-11-05 12:00").share == 27 / 22.5


def test_while_paused_nothing_is_used_and_the_deadline_moves_on():
    events = [(START, "2026-11-02 09:00"), (PAUSE, "2026-11-02 10:00")]
    value = clock(*events, now="2026-11-02 11:00")
    assert (value.running, value.used, value.due_at) == (False, HOUR, local("2026-11-05 08:30"))
    assert clock(*events, now="2026-11-03 11:00").used == HOUR


def test_no_access_starts_it_again_and_the_time_in_between_is_not_counted():
    value = clock(
        (START, "2026-11-02 09:00"),
        (STOP, "2026-11-03 09:00"),  # delivered
        (RESUME, "2026-11-10 09:00"),  # cannot be reached
        now="2026-11-10 10:00",
    )
    assert (value.running, value.stopped_at) == (True, None)
    assert value.used == 6.5 * HOUR + 1.5 * HOUR + 1 * HOUR
    assert value.due_at == local("2026-11-11 16:30")  # five working days (37.5 h) after 4 November, 16.30
    again = clock(
        (START, "2026-11-02 09:00"),
        (STOP, "2026-11-03 09:00"),
        (RESUME, "2026-11-10 09:00"),
        (STOP, "2026-11-10 11:00"),
        now="2026-11-30 10:00",
    )
    assert (again.stopped_at, again.used, again.due_at) == (local("2026-11-10 11:00"), 10 * HOUR, value.due_at)


def test_withdrawn_while_incomplete_stops_and_keeps_the_pause():
    value = clock(
        (START, "2026-11-02 09:00"), (PAUSE, "2026-11-02 10:00"), (STOP, "2026-11-02 11:00"), now="2026-11-09 11:00"
    )
    assert value.pauses == (Interval(local("2026-11-02 10:00"), local("2026-11-02 11:00")),)
    assert (value.used, value.elapsed, value.due_at) == (HOUR, 2 * HOUR, local("2026-11-05 08:30"))


def test_before_the_start_there_is_no_clock():
    assert read_clock([], now=local("2026-11-02 09:00"), calendar=CALENDAR) is None
    assert clock((NONE, "2026-11-02 09:00"), now="2026-11-02 10:00") is None


def test_a_deadline_in_a_year_without_a_calendar_names_the_year():
    with pytest.raises(PermanentError) as caught:
        clock((START, "2026-12-30 10:00"), now="2026-12-30 10:00")
    assert (caught.value.code, caught.value.facts) == ("calendar.missing", {"year": 2027})


@pytest.mark.parametrize(
    ("effects", "code"),
    [
        ([PAUSE], "clock.sequence"),
        ([START, START], "clock.sequence"),
        ([START, RESUME], "clock.sequence"),
        ([START, PAUSE, PAUSE], "clock.sequence"),
        ([START, STOP, STOP], "clock.sequence"),
        ([START, STOP, PAUSE], "clock.sequence"),
    ],
)
def test_events_that_cannot_follow_each_other(effects, code):
    with pytest.raises(PermanentError) as caught:
        clock(*((effect, f"2026-11-02 1{hour}:00") for hour, effect in enumerate(effects)), now="2026-11-03 09:00")
    assert caught.value.code == code


def test_events_out_of_order():
    for events, now in (
        ([(START, "2026-11-02 10:00"), (PAUSE, "2026-11-02 09:00")], "2026-11-03 09:00"),
        ([(START, "2026-11-02 10:00")], "2026-11-02 09:00"),
    ):
        with pytest.raises(PermanentError) as caught:
            clock(*events, now=now)
        assert caught.value.code == "clock.order"


# Properties -----------------------------------------------------------------------------------------------------------

STARTS = st.datetimes(datetime(2026, 1, 5), datetime(2026, 9, 30), timezones=st.just(UTC))  # noqa: DTZ001
GAPS = st.lists(st.timedeltas(timedelta(), timedelta(days=4)), max_size=6)


def history(start, gaps):
    """A start, then pause and resume in turn, with the given times between them."""
    moments, effects = [start], [START]
    for number, gap in enumerate(gaps):
        moments.append(moments[-1] + gap)
        effects.append(RESUME if number % 2 else PAUSE)
    return [ClockEvent(effect, at) for effect, at in zip(effects, moments, strict=True)]


@given(STARTS, GAPS)
@settings(max_examples=50)
def test_the_deadline_moves_by_exactly_the_paused_working_time(start, gaps):
    events = history(start, gaps)
    plain = read_clock(events[:1], now=start, calendar=CALENDAR)
    value = read_clock(events, now=events[-1].at, calendar=CALENDAR)
    paused = sum((working_time(pause.start, pause.end, calendar=CALENDAR) for pause in value.pauses), timedelta())
    assert working_time(plain.due_at, value.due_at, calendar=CALENDAR) == paused
    assert value.used + paused == working_time(start, events[-1].at, calendar=CALENDAR)
    assert value.allowance == plain.allowance


@given(STARTS, GAPS, st.timedeltas(timedelta(), timedelta(days=4)), st.timedeltas(timedelta(), timedelta(days=4)))
@settings(max_examples=50)
def test_deadline_and_use_never_go_back_in_time(start, gaps, early, late):
    events = history(start, gaps)
    first, second = sorted((early, late))
    before = read_clock(events, now=events[-1].at + first, calendar=CALENDAR)
    after = read_clock(events, now=events[-1].at + second, calendar=CALENDAR)
    assert before.due_at <= after.due_at
    assert before.used <= after.used
    assert before.elapsed <= after.elapsed


@given(STARTS, st.timedeltas(timedelta(), timedelta(days=4)))
@settings(max_examples=50)
def test_who_comes_later_is_due_no_earlier(start, gap):
    one = read_clock(history(start, []), now=start, calendar=CALENDAR)
    other = read_clock(history(start + gap, []), now=start + gap, calendar=CALENDAR)
    assert one.due_at <= other.due_at


@given(STARTS)
@settings(max_examples=50)
def test_due_is_two_working_days_after_the_start_day(start):
    value = read_clock(history(start, []), now=start, calendar=CALENDAR)
    due_day = working_time(value.counts_from, value.due_at, calendar=CALENDAR)
    assert value.allowance == due_day
    assert timedelta(hours=11) < due_day <= 24 * HOUR
