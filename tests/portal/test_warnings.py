"""Warnings and reminders: once each, in office hours only, to who has the case; long silence ends a correction."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone
from procrastinate.contrib.django import app

from panggon.cases import clock_jobs
from panggon.cases.attention import alerting, watching
from panggon.cases.models import Alert, Case
from panggon.core.cases.procedure import Action, Role, State
from panggon.core.errors import InvalidError
from panggon.core.notify.alerts import AlertKind, Reminding
from panggon.notify.models import Notice
from panggon.schedule import selectors as schedule
from panggon.schedule import services as calendar
from panggon.schedule.models import Holiday, Year
from panggon.schedule.services import seed
from tests.portal.office import Office
from tests.portal.visitor import text, visitor

HOUR = timedelta(hours=1)
# Sent on Monday 23 November at 09.02: 6 h 28 on Monday, 8 h on Tuesday, 8 h on Wednesday: 22 h 28 in all.
# Half of it (11 h 14) is over on Tuesday at 13.16, four fifths (17 h 59) on Wednesday at 11.01.


def local(words: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(words)).astimezone(UTC)


@pytest.fixture
def at(office, monkeypatch):
    """Looks at the clocks as the worker does at this local time; what was told by it, recipient and subject."""

    def look(words: str) -> list[tuple[str, str]]:
        office.now = local(words)
        monkeypatch.setattr(timezone, "now", lambda: office.now)
        before = set(Notice.objects.values_list("pk", flat=True))
        clock_jobs.watch(0)
        told = Notice.objects.exclude(pk__in=before).select_related("recipient").order_by("recipient__username")
        return [(notice.recipient.username, notice.subject) for notice in told]

    return look


def returned(office: Office) -> Case:
    """Waits for the OPD since Monday 23 November, 09.06."""
    case = office.bring_to(State.VERIFYING)
    return office.act(case, Action.RETURN_TO_APPLICANT, office.technician, missing={"contact": "Narahubung"})


def levels(case: Case) -> list[tuple[str, int]]:
    return [(alert.kind, alert.level) for alert in case.alerts.all()]


def test_each_level_once_to_who_has_the_case(office, at):
    case = office.bring_to(State.VERIFYING)
    assert at("2026-11-24 13:15") == []
    assert at("2026-11-24 13:17") == [("teknis", f"{case.number}: 50% waktu pelayanan terpakai")]
    assert at("2026-11-24 13:22") == []
    assert at("2026-11-25 11:00") == []
    assert at("2026-11-25 11:02") == [("teknis", f"{case.number}: 80% waktu pelayanan terpakai")]
    assert at("2026-11-25 16:29") == []
    assert levels(case) == [("deadline", 50), ("deadline", 80)]
    notice = Notice.objects.get(subject__contains="80%")
    assert notice.text == (
        "Batas penyelesaian 25 November 2026 pukul 16.30 WIB. Petugas teknis memeriksa kelengkapan permohonan."
    )
    assert notice.path == f"/permohonan/{case.number}/"


def test_late_goes_one_level_up_and_to_the_opd_at_the_next_opening(office, at):
    case = office.bring_to(State.VERIFYING)
    assert at("2026-11-25 16:30") == []  # closed
    assert at("2026-11-26 07:29") == []
    late, apology = (
        f"{case.number}: batas waktu pelayanan terlampaui",
        f"{case.number}: pelayanan melampaui batas waktu",
    )
    assert at("2026-11-26 07:30") == [("kabid", late), ("sri", apology), ("teknis", late)]
    assert levels(case) == [("deadline", 100)]  # the highest one, not three
    assert at("2026-11-30 10:00") == []


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (State.SUBMITTED, ["kadis", "sri", "tu"]),
        (State.RECEIVED, ["kadis", "sri"]),
        (State.DISPOSED, ["kabid", "kadis", "sri"]),
        (State.APPROVED, ["kadis", "sri", "tu"]),
    ],
)
def test_whose_superior_is_whose(office, at, state, told):
    office.bring_to(state)
    assert [who for who, _ in at("2026-11-26 08:00")] == told


def test_the_level_that_is_due_goes_to_who_has_it_now(office, at):
    case = office.bring_to(State.VERIFYING)
    at("2026-11-24 13:17")
    case = office.act(case, Action.COMPLETE, office.technician, checklist=["letter", "agency", "name", "contact"])
    office.prepare(case)
    office.act(case, Action.REPORT, office.technician)
    assert [who for who, _ in at("2026-11-25 11:02")] == ["kabid"]


@pytest.mark.parametrize("moment", ["2026-11-24 12:30", "2026-11-24 17:00", "2026-11-28 10:00", "2026-12-25 10:00"])
def test_nothing_is_told_outside_of_office_hours(office, at, moment):
    office.bring_to(State.VERIFYING)
    assert at(moment) == []


def test_nothing_is_told_while_it_is_paused_or_stopped(office, at, monkeypatch):
    calendar.set_reminders(
        dict.fromkeys((AlertKind.CORRECTION, AlertKind.DELIVERY), Reminding(60, 1)), actor=office.head, at=office.now
    )
    returned(office)
    office.bring_to(State.DELIVERED, label="layanan")
    office.bring_to(State.DONE, label="data")
    assert at("2026-12-01 10:00") == []


def test_a_killed_worker_tells_nobody_twice(office, at, monkeypatch):
    office.bring_to(State.VERIFYING)
    with monkeypatch.context() as broken:
        broken.setattr(watching, "tell_all", lambda *_arguments, **_words: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            at("2026-11-26 07:30")
    assert not Alert.objects.exists()  # kept with what was told, or not at all
    assert len(at("2026-11-26 07:35")) == 3
    assert at("2026-11-26 07:40") == []


def test_who_acted_meanwhile_is_not_warned(office, at):
    case = office.bring_to(State.VERIFYING)
    stale = Case.objects.select_related("agency").get(pk=case.pk)
    office.act(case, Action.RETURN_TO_APPLICANT, office.technician, missing={"contact": "Narahubung"})
    now = local("2026-11-26 08:00")
    watching.watch(stale, now=now, calendar=schedule.calendar(), rules=schedule.reminders())
    assert not Alert.objects.exists()


def test_a_calendar_that_takes_time_back_warns_nobody_again(office, at):
    case = office.bring_to(State.VERIFYING)
    at("2026-11-24 13:17")
    calendar.save(Holiday(day=date(2026, 11, 25), name="Libur"), actor=office.head, at=office.now)
    clock_jobs.recalculate()
    assert at("2026-11-24 14:00") == []
    assert levels(case) == [("deadline", 50)]


def test_a_missing_year_stops_the_warnings_of_nobody_else(office, at):
    calendar.remove(Year(year=2026), actor=office.head, at=office.now)
    office_case = Case.objects.count()
    assert (office_case, at("2026-11-26 08:00")) == (0, [])


def test_the_worker_looks_every_five_minutes_and_at_the_calendar_each_working_morning():
    cron = {task.task.name: task.cron for task in app.periodic_registry.periodic_tasks.values()}
    assert cron["cases.watch"] == "*/5 * * * *"
    assert cron["cases.check_calendar"] == "15 1 * * 1-5"  # UTC: 08.15 in Pekalongan


# Reminders ------------------------------------------------------------------------------------------------------------
# Since Monday 23 November; three working days are over on Thursday 26 at 16.30, six on Tuesday 1 December, nine on
# Friday 4 at 14.30.


def test_an_unanswered_correction_is_reminded_of_and_then_withdrawn(office, at):
    case = returned(office)
    subject = f"{case.number}: permohonan menunggu dilengkapi"
    assert at("2026-11-26 16:29") == []
    assert at("2026-11-27 07:30") == [("sri", subject)]
    assert at("2026-11-27 10:00") == []
    assert at("2026-12-02 07:30") == [("sri", subject)]
    assert at("2026-12-07 07:30") == [("sri", subject)]
    assert Notice.objects.filter(subject=subject).first().text.startswith("Pengingat 3 dari 3. OPD melengkapi")
    # Three working days after the last reminder on Monday 7: Thursday 10 at closing.
    assert at("2026-12-10 16:29") == []
    told = at("2026-12-11 07:30")
    case = Case.objects.get(pk=case.pk)
    event = case.events.last()
    assert (case.state, event.action, event.actor, event.role) == (State.WITHDRAWN, "withdraw", None, "system")
    assert event.note == "Tidak dilengkapi sampai lewat waktu sesudah pengingat terakhir."
    assert (case.stopped_at, told) == (office.now, [])
    assert levels(case) == [("correction", 1), ("correction", 2), ("correction", 3), ("unanswered", 1)]
    assert at("2026-12-14 08:00") == []
    assert "Tidak dilengkapi sampai lewat waktu" in text(visitor(office.applicant).get(f"/permohonan/{case.number}/"))


def test_a_worker_that_was_down_reminds_once_and_gives_time_for_an_answer(office, at):
    case = returned(office)
    assert len(at("2026-12-14 10:00")) == 1
    assert levels(case) == [("correction", 3)]
    assert at("2026-12-17 16:00") == []
    assert Case.objects.get(pk=case.pk).state == State.INCOMPLETE
    at("2026-12-18 07:30")
    assert Case.objects.get(pk=case.pk).state == State.WITHDRAWN


def test_an_answer_begins_it_all_anew(office, at):
    case = returned(office)
    at("2026-12-07 07:30")
    case = office.act(case, Action.RESUBMIT, office.applicant)
    case = office.act(case, Action.RETURN_TO_APPLICANT, office.technician, missing={"contact": "Lagi"})
    assert alerting.given(case, AlertKind.CORRECTION, since=case.state_since).level == 0
    assert at("2026-12-10 16:00") == []
    assert len(at("2026-12-11 08:00")) == 1


def test_the_system_withdraws_nothing_before_the_time_is_over(office):
    case = returned(office)
    with pytest.raises(InvalidError) as raised:
        office.act(case, Action.WITHDRAW, None)
    assert [fault.code for fault in raised.value.faults] == ["need.correction_unanswered"]


def test_without_reminders_nothing_is_withdrawn(office, at):
    none = {AlertKind.CORRECTION: Reminding(3, 0), AlertKind.DELIVERY: Reminding(3, 0)}
    calendar.set_reminders(none, actor=office.head, at=office.now)
    case = returned(office)
    assert at("2026-12-30 10:00") == []
    assert Case.objects.get(pk=case.pk).state == State.INCOMPLETE


def test_after_delivery_the_opd_is_reminded_and_the_case_stays_open_for_it(office, at):
    case = office.bring_to(State.DELIVERED)
    subject = f"{case.number}: mohon konfirmasi bahwa situs dapat diakses"
    assert at("2026-11-27 07:30") == [("sri", subject)]
    assert [at(f"2026-12-{day} 08:00") for day in ("02", "07", "15", "30")] == [
        [("sri", subject)],
        [("sri", subject)],
        [],
        [],
    ]
    assert Case.objects.get(pk=case.pk).state == State.DELIVERED


# The calendar of the next year ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "years", "told"),
    [
        ("2026-11-30 08:15", [2026], []),
        ("2026-12-01 08:15", [2026], ["Kalender kerja 2027 perlu dilengkapi"]),
        ("2026-12-01 08:15", [2026, 2027], []),
        ("2027-12-01 08:15", [2027, 2028], ["Kalender kerja 2028 perlu dilengkapi"]),  # no joint leave yet
        ("2027-06-01 08:15", [2026], ["Kalender kerja 2027 perlu dilengkapi"]),
    ],
)
def test_in_december_the_administrator_is_told_what_is_missing(office, moment, years, told):
    admin = office.person("admin", Role.ADMINISTRATOR)
    seed(years)
    watching.check_calendar(now=local(moment))
    watching.check_calendar(now=local(moment) + HOUR)
    assert [notice.subject for notice in admin.notices.all()] == told
    assert Notice.objects.exclude(recipient=admin).count() == 0


def test_it_is_told_again_the_next_week_until_it_is_there(office):
    admin = office.person("admin", Role.ADMINISTRATOR)
    for day in ("2026-12-01", "2026-12-02", "2026-12-08"):
        watching.check_calendar(now=local(f"{day} 08:15"))
    assert [notice.path for notice in admin.notices.all()] == ["/kalender/2027/"] * 2
    seed([2027])
    watching.check_calendar(now=local("2026-12-15 08:15"))
    assert admin.notices.count() == 2


# The page -------------------------------------------------------------------------------------------------------------


def test_the_page_shows_what_was_counted_and_the_share_of_the_step(office, monkeypatch):
    case = office.bring_to(State.VERIFYING)
    monkeypatch.setattr(timezone, "now", lambda: local("2026-11-23 10:36"))
    page = text(visitor(office.technician).get(f"/permohonan/{case.number}/"))
    assert "Waktu kerja terpakai 1 jam 34 menit dari 22 jam 28 menit Jam kerja sejak permohonan dikirim" in page
    assert "Berlangsung sejak diterima 1 jam 34 menit" in page
    assert "Senin, 23 November 2026, 09.02–10.36 (1 jam 34 menit)" in page
    # Since 09.05 in step 4; 15 percent of 22 h 28 is 3 h 22.
    assert "Langkah 4: 1 jam 31 menit dari bagiannya 3 jam 22 menit (45%)" in page


def test_pauses_are_shown_and_not_counted_for_the_step(office, monkeypatch):
    case = returned(office)
    monkeypatch.setattr(timezone, "now", lambda: local("2026-11-24 10:00"))
    page = text(visitor(office.applicant).get(f"/permohonan/{case.number}/"))
    assert "Tidak dihitung (jeda) 23 November 2026, 09.06 s.d. 24 November 2026, 10.00" in page
    assert "Berlangsung sejak diterima 1 hari" in page
    assert "Langkah 4: 1 menit dari bagiannya" in page
