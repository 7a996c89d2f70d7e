"""The office's calendar: seeded, editable, and silent about years that nobody has filled in."""

from datetime import UTC, date, datetime

import pytest

from panggon.core.cases.shares import STEP_SHARES
from panggon.core.errors import PermanentError
from panggon.core.schedule.workdays import closing, is_working_day, office_hours
from panggon.schedule import selectors
from panggon.schedule.models import Closing, Holiday, OfficeHours, StepShare
from panggon.schedule.services import seed

pytestmark = pytest.mark.django_db


def hours(day: date) -> list[str]:
    calendar = selectors.calendar()
    local = [
        (part.start.astimezone(calendar.zone), part.end.astimezone(calendar.zone))
        for part in office_hours(day, calendar=calendar)
    ]
    return [f"{start:%H.%M}-{end:%H.%M}" for start, end in local]


def test_the_seeded_hours_of_pekalongan():
    seed([2026])
    assert hours(date(2026, 11, 23)) == ["07.30-12.00", "13.00-16.30"]
    assert hours(date(2026, 11, 27)) == ["07.30-11.30", "13.00-14.30"]
    assert hours(date(2026, 11, 28)) == []
    assert hours(date(2026, 2, 23)) == ["08.00-12.00", "12.30-15.15"]  # Ramadan 1447


def test_joint_leave_days_are_holidays_too():
    assert seed([2025, 2026, 2027]) == 79
    calendar = selectors.calendar()
    assert calendar.years == {2025, 2026, 2027}
    assert calendar.holidays[date(2026, 12, 24)] == "Cuti Bersama Hari Raya Natal"
    assert not is_working_day(date(2026, 12, 24), calendar=calendar)


def test_seeding_again_keeps_what_people_changed():
    seed([2026])
    Holiday.objects.filter(day=date(2026, 12, 24)).update(name="Diubah")
    OfficeHours.objects.filter(name="Ramadan", first__year=2026).update(last=date(2026, 3, 19))
    assert seed([2026]) == 0
    assert Holiday.objects.get(day=date(2026, 12, 24)).name == "Diubah"
    assert OfficeHours.objects.get(name="Ramadan", first__year=2026).last == date(2026, 3, 19)


def test_a_closing_takes_the_hours_away():
    seed([2026])
    noon = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
    Closing.objects.create(start=noon, end=noon.replace(hour=12), reason="Banjir rob")
    assert hours(date(2026, 11, 23)) == ["07.30-12.00"]


def test_a_deadline_in_a_year_without_a_calendar_names_the_year():
    seed([2026])
    with pytest.raises(PermanentError) as raised:
        closing(date(2026, 12, 30), days=2, calendar=selectors.calendar())
    assert (raised.value.code, raised.value.facts) == ("calendar.missing", {"year": 2027})


def test_the_calendar_is_one_query_and_a_change_is_seen_at_once(django_assert_num_queries):
    seed([2025, 2026, 2027])
    with django_assert_num_queries(1):
        before = selectors.calendar()
    assert selectors.calendar() is before
    Holiday.objects.create(day=date(2026, 11, 23), name="Hari jadi")
    assert date(2026, 11, 23) not in before.holidays
    assert selectors.calendar().holidays[date(2026, 11, 23)] == "Hari jadi"
    StepShare.objects.create(step=4, percent=33)
    assert (selectors.step_shares()[4], selectors.step_shares()[5]) == (33, STEP_SHARES[5])
