"""A calendar that is changed moves the deadlines of open cases, says so in their logs, and leaves closed ones alone."""

from datetime import UTC, date, datetime, timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from panggon.cases import clock_jobs, selectors, services
from panggon.cases.archive.log import broken_links
from panggon.cases.models import Case
from panggon.core.cases.procedure import Action, State
from panggon.core.errors import InvalidError
from panggon.people.models import User
from panggon.schedule import selectors as schedule
from panggon.schedule import services as calendar
from panggon.schedule.models import Closing, Holiday, OfficeHours, Year
from tests.portal.office import Office
from tests.portal.visitor import text, visitor

WEDNESDAY = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)  # closing at 16.30
THURSDAY = WEDNESDAY + timedelta(days=1)


def close(office: Office, day: date = date(2026, 11, 24)) -> None:
    calendar.save(Holiday(day=day, name="Pilkada", kind="election"), actor=office.head, at=office.now)


def again(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def waiting() -> list[dict]:
    return [job.args for job in ProcrastinateJob.objects.filter(task_name="cases.recalculate", status="todo")]


def test_a_new_holiday_moves_the_deadline_and_the_log_says_from_when_to_when(office):
    case = office.bring_to(State.VERIFYING)
    assert case.due_at == WEDNESDAY
    close(office)
    assert waiting() == [{"after": 0}]
    clock_jobs.recalculate()
    case = again(case)
    event = case.events.last()
    assert (case.due_at, case.state, event.action, event.role) == (THURSDAY, State.VERIFYING, "recalculate", "system")
    assert event.data == {"due_before": WEDNESDAY.isoformat(), "due_after": THURSDAY.isoformat()}
    assert (event.sequence, event.clock) == (case.version, "none")
    assert broken_links(case) == ()
    page = text(visitor(office.applicant).get(f"/permohonan/{case.number}/"))
    assert "semula 25 November 2026 pukul 16.30 WIB, sekarang 26 November 2026 pukul 16.30 WIB." in page


def test_again_changes_nothing(office):
    case = office.bring_to(State.VERIFYING)
    close(office)
    clock_jobs.recalculate()
    version = again(case).version
    clock_jobs.recalculate()
    assert again(case).version == version
    assert services.recalculate(case.pk, calendar=schedule.calendar(), at=office.now) is False


def test_a_change_that_moves_no_deadline_leaves_the_log_alone(office):
    case = office.bring_to(State.VERIFYING)
    close(office, date(2026, 11, 26))
    clock_jobs.recalculate()
    assert again(case).version == case.version


def test_a_removed_holiday_moves_it_back(office):
    case = office.bring_to(State.VERIFYING)
    close(office)
    clock_jobs.recalculate()
    calendar.remove(Holiday.objects.get(day=date(2026, 11, 24)), actor=office.head, at=office.now)
    clock_jobs.recalculate()
    assert again(case).due_at == WEDNESDAY
    assert [event.action for event in case.events.all()].count("recalculate") == 2


def test_hours_and_closings_move_deadlines_too(office):
    case = office.bring_to(State.VERIFYING)
    noon = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)
    calendar.save(Closing(start=noon, end=noon.replace(hour=12), reason="Banjir rob"), actor=office.head, at=office.now)
    clock_jobs.recalculate()
    assert again(case).due_at == noon
    hours = OfficeHours.objects.get(name="Jam kerja biasa")
    hours.week[2] = [["07:30", "10:00"]]
    calendar.save(hours, actor=office.head, at=office.now)
    clock_jobs.recalculate()
    assert again(case).due_at == datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


def test_a_paused_case_is_moved_by_the_calendar_and_not_by_the_time_that_passed(office):
    case = office.bring_to(State.VERIFYING)
    case = office.act(case, Action.RETURN_TO_APPLICANT, office.technician, missing={"contact": "Narahubung"})
    office.now += timedelta(hours=5)
    clock_jobs.recalculate()
    assert again(case).version == case.version
    close(office)
    clock_jobs.recalculate()
    case = again(case)
    assert (case.state, case.due_at) == (State.INCOMPLETE, THURSDAY)
    office.now = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
    case = office.act(case, Action.RESUBMIT, office.applicant)
    # Monday 09.07-16.30 (5 h 53 paused after 09.06) and 1 h 30 on Wednesday, on top of Thursday's closing.
    paused = case.clock or selectors.clock_of(case, now=office.now)
    assert case.due_at == paused.due_at > THURSDAY


@pytest.mark.parametrize("state", [State.DELIVERED, State.DONE])
def test_a_closed_case_keeps_its_clock_whatever_the_calendar_says_later(office, state):
    case = office.bring_to(state)
    before = selectors.clock_of(case, now=office.now)
    close(office)
    close(office, date(2026, 11, 23))  # the very day on which it was dealt with
    OfficeHours.objects.all().delete()
    clock_jobs.recalculate()
    case = again(case)
    after = selectors.clock_of(case, now=office.now + timedelta(days=30))
    assert after == before
    assert (case.due_at, case.stopped_at) == (WEDNESDAY, before.stopped_at)
    assert after.intervals[0].start == before.started_at
    assert "recalculate" not in [event.action for event in case.events.all()]


def test_a_clock_that_runs_again_is_reckoned_by_the_calendar_of_today(office):
    case = office.bring_to(State.DELIVERED)
    close(office)
    case = office.act(case, Action.REPORT_NO_ACCESS, office.applicant, reasons="SFTP menolak")
    assert case.due_at >= THURSDAY


def test_a_year_that_is_gone_leaves_the_deadline_and_the_others_are_reckoned(office):
    first, second = office.bring_to(State.SUBMITTED), office.bring_to(State.SUBMITTED, label="layanan")
    Case.objects.filter(pk=second.pk).update(due_at=THURSDAY)
    calendar.remove(Year(year=2026), actor=office.head, at=office.now)
    clock_jobs.recalculate()
    assert (again(first).due_at, again(second).due_at) == (WEDNESDAY, THURSDAY)
    calendar.save(Year(year=2026), actor=office.head, at=office.now)
    clock_jobs.recalculate()
    assert (again(first).due_at, again(second).due_at) == (WEDNESDAY, WEDNESDAY)


def test_batches_go_on_where_they_ended_and_one_change_more_begins_again(office, monkeypatch):
    monkeypatch.setattr(clock_jobs, "BATCH", 2)
    cases = [office.bring_to(State.SUBMITTED, label=f"situs{number}") for number in range(3)]
    close(office)
    close(office, date(2026, 11, 25))
    assert waiting() == [{"after": 0}]  # one job for both changes
    clock_jobs.recalculate()
    assert waiting()[-1] == {"after": cases[1].pk}
    assert [again(case).due_at == WEDNESDAY for case in cases] == [False, False, True]
    clock_jobs.recalculate(after=cases[1].pk)
    assert again(cases[2]).due_at == datetime(2026, 11, 27, 7, 30, tzinfo=UTC)  # Thursday and Friday


def test_nobody_but_the_system_recalculates(office):
    case = office.bring_to(State.VERIFYING)
    for person in (office.head, office.technician, office.person("admin")):
        with pytest.raises(InvalidError):
            office.act(case, Action.RECALCULATE, person, due_at=THURSDAY)
    assert again(case).due_at == WEDNESDAY
    assert User.objects.filter(username="admin").exists()


def test_the_queries_of_a_batch_do_not_grow_where_nothing_moved(office, django_assert_num_queries):
    office.bring_to(State.SUBMITTED)
    with django_assert_num_queries(4):
        clock_jobs.recalculate()
    office.bring_to(State.SUBMITTED, label="layanan")
    with django_assert_num_queries(4):
        clock_jobs.recalculate()
