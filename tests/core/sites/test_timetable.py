"""Schedules against crontab(5), and against clocks that jump."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panggon.core.sites.timetable import ScheduleError, missed, next_after, parse

JAKARTA, BERLIN = ZoneInfo("Asia/Jakarta"), ZoneInfo("Europe/Berlin")


def runs(text: str, begin: str, count: int, zone: ZoneInfo = JAKARTA) -> list[str]:
    moment, found = datetime.fromisoformat(begin).replace(tzinfo=zone), []
    for _ in range(count):
        moment = next_after(parse(text), moment, zone)
        found.append(f"{moment.astimezone(zone):%m-%d %H:%M}")
    return found


@pytest.mark.parametrize(
    ("text", "begin", "expected"),
    [
        ("*/20 * * * *", "2026-11-26 08:00", ["11-26 08:20", "11-26 08:40", "11-26 09:00"]),
        ("5/25 7-8 * * *", "2026-11-26 07:05", ["11-26 07:30", "11-26 07:55", "11-26 08:05"]),
        ("0 3 1,15 * *", "2026-11-26 08:00", ["12-01 03:00", "12-15 03:00", "01-01 03:00"]),
        ("0 3 * * 0", "2026-11-26 08:00", ["11-29 03:00", "12-06 03:00", "12-13 03:00"]),
        ("0 3 * * 7", "2026-11-26 08:00", ["11-29 03:00", "12-06 03:00", "12-13 03:00"]),
        ("0 3 28 * 6", "2026-11-26 08:00", ["11-28 03:00", "12-05 03:00", "12-12 03:00"]),
        ("0 0 29 2 *", "2096-03-01 00:00", ["02-29 00:00", "02-29 00:00"]),
        ("59 23 31 12 *", "2026-12-31 23:59", ["12-31 23:59"]),
    ],
)
def test_when_it_runs(text: str, begin: str, expected: list[str]) -> None:
    assert runs(text, begin, len(expected)) == expected


def test_a_time_that_the_clock_skips_runs_after_the_jump_and_one_that_comes_twice_once() -> None:
    assert runs("30 2 * * *", "2026-03-28 12:00", 2, BERLIN) == ["03-29 03:30", "03-30 02:30"]
    assert runs("30 2 * * *", "2026-10-24 12:00", 2, BERLIN) == ["10-25 02:30", "10-26 02:30"]
    assert next_after(parse("30 2 * * *"), datetime(2026, 10, 24, 12, tzinfo=UTC), BERLIN).hour == 0


@pytest.mark.parametrize("text", ["", "* * * *", "0 0 * * mon", "60 0 * * *", "0 24 * * *", "0 0 0 * *", "0 0 * 13 *",
                                  "0 0 * * 8", "5-3 0 * * *", "0/0 0 * * *", "0  0 * * *", "0 0 * * *\n", "-1 0 * * *",
                                  "٣ 0 * * *", "@daily", "1,,2 0 * * *", "9" * 300])  # fmt: skip
def test_what_is_no_schedule(text: str) -> None:
    with pytest.raises(ScheduleError, match="form"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("* * * * *", "often"),
        ("0,4 * * * *", "often"),
        ("0,57 * * * *", "often"),
        ("2,58 0,23 * * *", "often"),
        ("0 0 30 2 *", "never"),
        ("0 0 31 4,6 *", "never"),
    ],
)
def test_too_often_and_never(text: str, code: str) -> None:
    with pytest.raises(ScheduleError, match=code):
        parse(text)


def test_what_is_not_too_often() -> None:
    for text in ("*/5 * * * *", "0,57 3 * * *", "0 0 30 2 1", "0 0 31 1,2 *"):
        parse(text)


def lists(least: int, most: int) -> st.SearchStrategy[str]:
    values = st.integers(least, most)
    ranges = st.tuples(values, values).map(sorted).map(lambda pair: f"{pair[0]}-{pair[1]}")
    steps = st.tuples(ranges | st.just("*"), st.integers(1, 30)).map(lambda pair: f"{pair[0]}/{pair[1]}")
    return st.just("*") | st.lists(values.map(str) | ranges | steps, min_size=1, max_size=3).map(",".join)


schedules = st.tuples(lists(0, 59), lists(0, 23), lists(1, 31), lists(1, 12), lists(0, 7)).map(" ".join)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(schedules, moments, st.sampled_from([JAKARTA, BERLIN]))
def test_any_schedule(text: str, moment: datetime, zone: ZoneInfo) -> None:
    """Refused, or: later than asked, on a minute that its fields name, and nothing named lies in between."""
    try:
        schedule = parse(text)
    except ScheduleError:
        return
    found = next_after(schedule, moment, zone)
    assert found > moment
    assert missed(schedule, moment, found, zone)
    assert not missed(schedule, moment, found - timedelta(microseconds=1), zone)
    again = next_after(schedule, found, zone)
    if zone is JAKARTA:
        local = found.astimezone(zone)
        assert (local.minute in schedule.minutes, local.hour in schedule.hours) == (True, True)
        assert schedule.fits(local.date())
        assert again - found >= timedelta(minutes=5)
        minute = moment.astimezone(zone).replace(second=0, microsecond=0)
        for _ in range(60):
            minute += timedelta(minutes=1)
            if minute >= local:
                break
            named = minute.minute in schedule.minutes and minute.hour in schedule.hours
            assert not (named and schedule.fits(minute.date()))
