"""The stamp of the desk: neither in the future, nor against the order of time, nor silently before the letter."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panggon.core.errors import PermanentError
from panggon.core.schedule.desk import stamp_faults

JAKARTA = ZoneInfo("Asia/Jakarta")
NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
LETTER = date(2026, 11, 24)
MINUTE = timedelta(minutes=1)


def codes(stamp, *, letter_date=LETTER, last=None, reason=""):
    found = stamp_faults(stamp, now=NOW, zone=JAKARTA, letter_date=letter_date, last=last, reason=reason)
    return [(fault.code, fault.field) for fault in found]


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        (NOW, []),
        (NOW + MINUTE, [("stamp.future", "stamped_at")]),
        (datetime(2026, 11, 23, 17, 0, tzinfo=UTC), []),  # midnight in Pekalongan: the letter's own day begins
        (datetime(2026, 11, 23, 16, 59, tzinfo=UTC), [("stamp.before_letter", "stamp_reason")]),
    ],
    ids=["now", "ahead", "on the day", "the evening before"],
)
def test_when_a_stamp_is_believed(stamp, expected):
    assert codes(stamp) == expected


def test_a_letter_dated_ahead_wants_a_reason():
    early = NOW - timedelta(days=7)
    assert codes(early, reason="Surat bertanggal maju") == []
    assert codes(early, reason="  ") == [("stamp.before_letter", "stamp_reason")]
    assert codes(early, letter_date=None) == []


def test_time_runs_one_way():
    last = NOW - timedelta(minutes=30, seconds=-40)
    assert codes(last - MINUTE, letter_date=None, last=last) == [("stamp.order", "stamped_at")]
    assert codes(last.replace(second=0), letter_date=None, last=last) == []


def test_a_moment_without_a_zone_is_an_error():
    with pytest.raises(PermanentError):
        codes(datetime(2026, 11, 25, 3, 0))  # noqa: DTZ001 (that is the point)


@given(st.timedeltas(min_value=timedelta(days=-400), max_value=timedelta(days=400)))
def test_only_the_future_is_refused_without_a_letter(distance):
    assert bool(codes(NOW + distance, letter_date=None)) == (distance > timedelta())
