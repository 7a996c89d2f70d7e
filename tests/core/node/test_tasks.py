"""What is started when, with clocks that stand, jump and go back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from panggon.core.node.tasks import MACHINE_MOST, SITE_MOST, Name, due, entry, since, to_start
from panggon.core.sites.spec import Task

ZONE = ZoneInfo("Asia/Jakarta")
NOW = datetime(2026, 11, 26, 1, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
EVERY_HOUR = Task("jam", "0 * * * *", ("php", "private/a.php"))
ONE, TWO = Name("s900001", "jam"), Name("s900002", "jam")


def first(looked: datetime | None, changed: datetime, now: datetime = NOW) -> datetime:
    return entry(EVERY_HOUR, since=since(looked, changed=changed, now=now), zone=ZONE).due


def test_a_new_task_waits_for_its_first_time() -> None:
    assert first(None, NOW) == NOW + timedelta(minutes=58)
    assert first(NOW - 5 * HOUR, NOW) == NOW + timedelta(minutes=58)


def test_what_was_missed_is_due_at_once_and_once() -> None:
    missed = first(NOW - 5 * HOUR, NOW - 50 * HOUR)
    assert missed <= NOW
    again = entry(EVERY_HOUR, since=NOW, zone=ZONE)
    assert again.due == NOW + timedelta(minutes=58)


def test_a_clock_set_back_a_little_repeats_nothing_and_far_back_counts_anew() -> None:
    old = NOW - 50 * HOUR
    assert first(NOW + HOUR, old) == NOW + HOUR + timedelta(minutes=58)
    assert first(NOW + 9 * HOUR, old) == NOW + timedelta(minutes=58)


def test_the_longest_waiting_comes_first() -> None:
    agenda = {
        ONE: entry(EVERY_HOUR, since=NOW - HOUR, zone=ZONE),
        TWO: entry(EVERY_HOUR, since=NOW - 2 * HOUR, zone=ZONE),
        Name("s900003", "jam"): entry(EVERY_HOUR, since=NOW, zone=ZONE),
    }
    assert due(agenda, NOW) == (TWO, ONE)


names = st.builds(Name, st.sampled_from([f"s90000{number}" for number in range(9)]), st.sampled_from("abcde"))


@given(st.lists(names, unique=True), st.lists(names, unique=True, max_size=40))
def test_bounds_hold_and_nobody_waits_for_nothing(waiting: list[Name], running: list[Name]) -> None:
    started = to_start(waiting, running)
    busy = [*running, *started]
    assert len(set(busy)) == len(busy)
    for name in started:
        assert sum(1 for other in busy if other.site == name.site) <= SITE_MOST
    assert len(busy) <= max(MACHINE_MOST, len(running))
    for name in set(waiting) - set(busy):
        of_site = sum(1 for other in busy if other.site == name.site)
        most = SITE_MOST if len(busy) < MACHINE_MOST // 2 else 1
        assert of_site >= most or len(busy) >= MACHINE_MOST


def test_a_few_sites_whose_tasks_run_long_stop_nobody_elses() -> None:
    greedy = [Name(f"s9000{number:02}", task) for task in "ab" for number in range(20)]
    running = to_start(greedy, [])
    assert len(running) == 20
    assert to_start([Name("s900050", "a")], running) == (Name("s900050", "a"),)
