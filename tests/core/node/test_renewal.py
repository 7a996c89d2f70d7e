from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from panggon.core.node.renewal import Lifetime, due, pause, waits, wanted, worries

BEGIN = datetime(2026, 9, 1, tzinfo=UTC)
NINETY = Lifetime(BEGIN, BEGIN + timedelta(days=90))
DAY = timedelta(days=1)


@given(st.text(), st.integers(2, 400))
def test_due_at_two_thirds_or_a_little_before(name: str, days: int) -> None:
    lifetime = Lifetime(BEGIN, BEGIN + days * DAY)
    at = due(lifetime, name)
    assert days * DAY * (2 / 3 - 1 / 20) - timedelta(seconds=1) <= at - BEGIN <= days * DAY * 2 / 3
    assert due(lifetime, name) == at


def test_many_names_do_not_ask_at_once() -> None:
    days = {due(NINETY, f"opd{number}.kota.example").date() for number in range(200)}
    assert len(days) >= 4


def test_pauses_grow_and_shrink_again_with_what_is_left() -> None:
    hours = [pause(failures, left=30 * DAY) / timedelta(hours=1) for failures in (1, 2, 3, 5, 6, 100)]
    assert hours == [1, 2, 4, 16, 24, 24]
    assert pause(100, left=2 * DAY) == timedelta(hours=4.8)
    assert pause(100, left=timedelta(0)) == timedelta(minutes=10)


def test_people_know_days_before_it_matters() -> None:
    def told(days: float, failures: int, *, bought: bool = False) -> bool:
        return worries(NINETY, failures=failures, bought=bought, now=BEGIN + days * DAY)

    assert [told(61, 0), told(61, 1), told(61, 2), told(68, 1), told(67, 0)] == [False, False, True, True, False]
    assert [told(9, 1, bought=True), told(9, 2, bought=True)] == [False, True]
    assert [told(59, 0, bought=True), told(60, 0, bought=True)] == [False, True]


def test_what_was_issued_under_a_wrong_clock_is_issued_again() -> None:
    assert [wanted(NINETY, "a.example", now=BEGIN + days * DAY) for days in (-365, -1, 0, 50, 60, 400)] == [
        True,
        True,
        False,
        False,
        True,
        True,
    ]


def test_a_pause_that_was_reckoned_by_a_wrong_clock_is_over() -> None:
    again = [None, BEGIN - DAY, BEGIN + DAY / 2, BEGIN + DAY, BEGIN + 365 * DAY]
    assert [waits(each, now=BEGIN) for each in again] == [False, False, True, True, False]
