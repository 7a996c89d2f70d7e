"""Periods in months, by the calendar."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panggon.core.people.retention import months_before


@pytest.mark.parametrize(
    ("moment", "months", "before"),
    [
        ("2026-11-23T02:00", 24, "2024-11-23T02:00"),
        ("2026-03-31T23:59", 1, "2026-02-28T23:59"),
        ("2024-03-31T00:00", 1, "2024-02-29T00:00"),
        ("2026-01-15T00:00", 1, "2025-12-15T00:00"),
        ("2026-12-31T00:00", 13, "2025-11-30T00:00"),
    ],
)
def test_by_the_calendar(moment, months, before):
    assert months_before(datetime.fromisoformat(moment), months) == datetime.fromisoformat(before)


@given(st.integers(0, 2_000_000_000), st.integers(1, 200))
def test_a_longer_period_ends_earlier(seconds, months):
    moment = datetime.fromtimestamp(1_600_000_000 + seconds, tz=UTC)
    earlier = months_before(moment, months)
    assert months_before(moment, months + 1) < earlier < moment
    assert timedelta(days=28 * months) <= moment - earlier <= timedelta(days=31 * months)
