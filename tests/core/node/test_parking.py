"""How long a site is parked, by what the machine was seen to run: no clock of the day is asked."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from panggon.core.node.parking import Parked, Uptime, onward, waited, with_sites

HOUR = 3600.0
SITE, RECORD = "s000001", 7


def parked(boot: str = "first", seconds: float = 100.0) -> Parked:
    return with_sites(Parked(Uptime(boot, seconds), 5000.0), {SITE: RECORD})


def hours(found: Parked, record: int = RECORD) -> float:
    return waited(found, SITE, record) / timedelta(hours=1)


def test_time_passes_while_the_machine_runs() -> None:
    found = onward(onward(parked(), Uptime("first", 100 + HOUR)), Uptime("first", 100 + 3 * HOUR))
    assert hours(found) == 3


def test_a_machine_that_was_off_has_seen_only_what_it_ran_since() -> None:
    assert hours(onward(onward(parked(), Uptime("first", 100 + HOUR)), Uptime("second", 2 * HOUR))) == 3
    assert hours(onward(parked(), Uptime("second", 50.0))) == 50 / 3600  # it ran less than before it was started anew


def test_for_a_new_record_waiting_begins_anew_and_for_others_it_goes_on() -> None:
    later = with_sites(onward(parked(), Uptime("first", 100 + HOUR)), {SITE: RECORD, "s000002": 1})
    assert (hours(later), waited(later, "s000002", 1)) == (1, timedelta())
    assert hours(later, record=8) == 0
    assert hours(with_sites(later, {SITE: 8}), record=8) == 0
    assert with_sites(later, {"s000002": 1}).sites.keys() == {"s000002"}


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 1e6)), max_size=8))
def test_no_more_is_seen_than_the_machine_ran(moments: list[tuple[str, float]]) -> None:
    """However often it was started, and in whatever order its starts are told."""
    found, ran, last = parked("a", 0.0), 0.0, ("a", 0.0)
    for boot, seconds in moments:
        ran += seconds - last[1] if boot == last[0] and seconds >= last[1] else seconds
        found, last = onward(found, Uptime(boot, seconds)), (boot, seconds)
    assert abs(found.seconds - 5000.0 - ran) < 1e-3
