import pytest

from panggon.core.notify.alerts import LEVELS, Reminding, is_open, is_unanswered, level_due, reminder_due
from tests.core.schedule.calendar_2026 import CALENDAR, local

RULE = Reminding(every_days=3, most=2)
MONDAY = local("2026-11-02 10:00")  # 3 working days later: Thu 5 Nov, 16.30; 6: Tue 10 Nov; 9: Fri 13 Nov, 14.30


@pytest.mark.parametrize(
    ("share", "given", "due"),
    [
        (0.0, 0, None),
        (0.4999, 0, None),
        (0.5, 0, 50),
        (0.79, 0, 50),
        (0.79, 50, None),
        (0.8, 50, 80),
        (0.99, 0, 80),
        (1.0, 80, 100),
        (1.0, 0, 100),  # a worker that was down: one, not three
        (3.0, 50, 100),
        (3.0, 100, None),
        (0.6, 80, None),  # a calendar that was changed took it back: not again
    ],
)
def test_the_highest_level_once(share, given, due):
    assert level_due(share, given=given) == due


def test_told_one_by_one_each_level_comes_once():
    given, told = 0, []
    for percent in range(200):
        level = level_due(percent / 100, given=given)
        if level:
            told.append((percent, level))
            given = level
    assert told == [(level, level) for level in LEVELS]


@pytest.mark.parametrize(
    ("now", "given", "due"),
    [
        ("2026-11-05 16:29", 0, None),
        ("2026-11-05 16:30", 0, 1),
        ("2026-11-09 08:00", 1, None),
        ("2026-11-10 16:30", 1, 2),
        ("2026-11-30 09:00", 0, 2),  # the first one is overtaken
        ("2026-11-30 09:00", 2, None),
    ],
)
def test_reminders_after_working_days(now, given, due):
    assert reminder_due(MONDAY, given=given, rule=RULE, now=local(now), calendar=CALENDAR) == due


def test_no_reminders_where_none_are_wanted():
    never = Reminding(every_days=3, most=0)
    assert reminder_due(MONDAY, given=0, rule=never, now=local("2026-11-30 09:00"), calendar=CALENDAR) is None
    assert not is_unanswered(None, given=0, rule=never, now=local("2026-11-30 09:00"), calendar=CALENDAR)


@pytest.mark.parametrize(
    ("last", "given", "now", "over"),
    [
        ("2026-11-10 16:31", 2, "2026-11-13 14:29", False),
        ("2026-11-10 16:31", 2, "2026-11-13 14:30", True),
        ("2026-11-10 16:31", 1, "2026-11-30 14:30", False),  # not all reminders went out
        ("2026-11-27 09:00", 2, "2026-11-30 09:00", False),  # sent late: the time is reckoned from then
    ],
)
def test_unanswered_when_all_reminders_went_out_and_the_time_after_the_last_is_over(last, given, now, over):
    assert is_unanswered(local(last), given=given, rule=RULE, now=local(now), calendar=CALENDAR) is over


@pytest.mark.parametrize(
    ("now", "open_"),
    [
        ("2026-11-02 07:29", False),
        ("2026-11-02 07:30", True),
        ("2026-11-02 12:00", False),
        ("2026-11-02 16:30", False),
        ("2026-11-06 14:29", True),
        ("2026-11-07 10:00", False),
        ("2026-12-24 10:00", False),
    ],
)
def test_office_hours(now, open_):
    assert is_open(local(now), calendar=CALENDAR) is open_
