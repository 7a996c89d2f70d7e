"""Posts that one person holds at a time: which tenures can stand beside each other, and since when one is empty."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panggon.core.cases.vocabulary import Role
from panggon.core.errors import Fault
from panggon.core.people.posts import UNDATED, Tenure, empty_since, holding_faults

TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
DAYS = st.none() | st.dates(TODAY - 30 * DAY, TODAY + 30 * DAY)


def codes(tenure, *others, role=Role.HEAD):
    held = {f"Pejabat {number}": other for number, other in enumerate(others)}
    return [fault.code for fault in holding_faults(role, tenure, today=TODAY, others=held)]


@pytest.mark.parametrize(
    ("tenure", "other", "expected"),
    [
        (UNDATED, UNDATED, ["post.held"]),
        (UNDATED, Tenure(None, TODAY - DAY), []),
        (UNDATED, Tenure(None, TODAY), ["post.held"]),
        (Tenure(TODAY + DAY), Tenure(None, TODAY), []),
        (Tenure(TODAY - 9 * DAY), Tenure(None, TODAY - DAY), ["post.held"]),
        (Tenure(None, TODAY + DAY), Tenure(TODAY + 2 * DAY), []),
        (Tenure(TODAY + DAY, TODAY), UNDATED, ["post.ends_before_it_begins"]),
        (Tenure(None, TODAY - DAY), UNDATED, ["post.ends_before_it_begins"]),
    ],
)
def test_which_tenures_stand_beside_each_other(tenure, other, expected):
    assert codes(tenure, other) == expected


def test_whoever_holds_it_is_named():
    (fault,) = holding_faults(Role.DIVISION_HEAD, UNDATED, today=TODAY, others={"Kabid": UNDATED})
    assert fault == Fault("post.held", "role", {"holder": "Kabid"})


@pytest.mark.parametrize("tenure", [Tenure(TODAY), Tenure(None, TODAY), Tenure(order_number="821/1/2026")])
def test_posts_of_several_people_have_no_tenure(tenure):
    assert codes(tenure, UNDATED, role=Role.TECHNICIAN) == ["post.no_tenure"]
    assert codes(UNDATED, UNDATED, role=Role.TECHNICIAN) == []


@given(DAYS, DAYS, DAYS, DAYS)
def test_two_tenures_that_are_accepted_share_no_day(first, last, other_first, other_last):
    tenure, other = Tenure(first, last), Tenure(other_first, other_last)
    if codes(tenure, other) == []:
        mine, theirs = tenure.term(since=TODAY), other.term()
        assert not any(
            mine.covers(TODAY + number * DAY) and theirs.covers(TODAY + number * DAY) for number in range(-40, 40)
        )


@pytest.mark.parametrize(
    ("ends", "since"),
    [
        ((), None),
        (((None, None),), None),
        (((date(2026, 11, 20), None),), date(2026, 11, 21)),
        (((None, date(2026, 11, 18)),), date(2026, 11, 18)),
        (((date(2026, 11, 20), date(2026, 11, 18)),), date(2026, 11, 18)),
        (((date(2026, 11, 10), date(2026, 11, 18)),), date(2026, 11, 11)),
        (((date(2026, 11, 10), None), (date(2026, 11, 20), None)), date(2026, 11, 21)),
        (((date(2026, 11, 10), None), (date(2026, 12, 31), None)), date(2026, 11, 11)),
    ],
)
def test_since_when_an_empty_post_is_empty(ends, since):
    """The day after the last one, or the day on which it was given back before that; what is to come does not count."""
    assert empty_since(ends, today=date(2026, 11, 23)) == since
