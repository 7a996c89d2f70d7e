"""The administrator's page of the worker's jobs that are not tried again by themselves."""

import pytest
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob

from panggon.audit.models import Change
from panggon.core.cases.procedure import Role
from panggon.outbox import defer
from panggon.portal import job_words
from tests.portal.office import MONDAY
from tests.portal.visitor import text, visitor

PAGE = "/pengaturan/pekerjaan/"


@pytest.fixture
def browser(office):
    ProcrastinateJob.objects.all()._raw_delete("default")
    return visitor(office.person("admin", Role.ADMINISTRATOR))


def failed(task: str, **arguments: object) -> ProcrastinateJob:
    defer(task, **arguments)
    job = ProcrastinateJob.objects.latest("id")
    for status in ("doing", "failed"):  # the library writes down the moment itself
        ProcrastinateJob.objects.filter(pk=job.pk).update(status=status, attempts=8)
    ProcrastinateEvent.objects.filter(job=job, type="failed").update(at=MONDAY)
    return job


def left() -> list[tuple[str, str, int, dict[str, object]]]:
    return list(ProcrastinateJob.objects.order_by("id").values_list("task_name", "status", "attempts", "args"))


def test_it_says_what_failed_when_and_for_what(browser):
    failed("cases.make_paper", lock="case-7", case=7, kind="receipt")
    shown = text(browser.get(PAGE))
    assert "Membuat naskah 23 November 2026, 09.00 · 8 kali dicoba cases.make_paper (case 7, kind receipt)" in shown


def test_the_menu_and_the_settings_count_them(browser):
    assert "Pengaturan 1" not in text(browser.get("/"))
    failed("cases.make_paper", case=7, kind="receipt")
    assert "Pengaturan 1" in text(browser.get("/"))
    assert "Pekerjaan yang gagal 1 Yang tidak berhasil" in text(browser.get("/pengaturan/"))


def test_what_was_not_sent_has_a_page_of_its_own(browser):
    failed("notify.send_mail", queue="mail", notice=1)
    assert "notify.send_mail" not in text(browser.get(PAGE))


def test_run_again_it_is_as_it_was_deferred_and_known_who_did_it(browser):
    job = failed("cases.make_paper", lock="case-7", once="x", case=7, kind="receipt")
    assert browser.post(f"{PAGE}{job.pk}/ulangi/").headers["Location"] == PAGE
    assert left() == [("cases.make_paper", "todo", 0, {"case": 7, "kind": "receipt"})]
    again = ProcrastinateJob.objects.get()
    assert (again.lock, again.queueing_lock, again.queue_name) == ("case-7", "x", job.queue_name)
    change = Change.objects.get(subject=f"portal.job:{job.pk}")
    assert (change.after["state"], change.actor.username) == ("run_again", "admin")


def test_pressed_twice_it_runs_once(browser):
    job = failed("cases.make_paper", case=7, kind="receipt")
    for _press in range(2):
        browser.post(f"{PAGE}{job.pk}/ulangi/")
    assert len(left()) == 1


def test_one_like_it_that_waits_already_does_it_all(browser):
    job = failed("cases.check_posts", once="cases.check_posts", timestamp=0)
    defer("cases.check_posts", once="cases.check_posts", timestamp=300)
    browser.post(f"{PAGE}{job.pk}/ulangi/")
    assert left() == [("cases.check_posts", "todo", 0, {"timestamp": 300})]


def test_one_that_can_never_succeed_is_dropped(browser):
    job = failed("cases.make_paper", case=7, kind="receipt")
    browser.post(f"{PAGE}{job.pk}/hapus/")
    assert left() == []
    assert Change.objects.get(subject=f"portal.job:{job.pk}").after["state"] == "dropped"


def test_a_job_that_waits_is_not_touched(browser):
    defer("cases.make_paper", case=7, kind="receipt")
    job = ProcrastinateJob.objects.get()
    for act in ("ulangi", "hapus"):
        browser.post(f"{PAGE}{job.pk}/{act}/")
    assert left() == [("cases.make_paper", "todo", 0, {"case": 7, "kind": "receipt"})]


def test_only_the_administrator_sees_them(office):
    assert visitor(office.technician).get(PAGE).status_code == 403


def test_the_number_of_queries_does_not_grow(browser, django_assert_max_num_queries):
    browser.get(PAGE)
    with django_assert_max_num_queries(14):
        browser.get(PAGE)
    for number in range(25):
        failed("cases.make_paper", case=number, kind="receipt")
    with django_assert_max_num_queries(14):
        browser.get(PAGE)


def test_every_job_has_words():
    named = {name for name in app.tasks if not name.startswith("procrastinate.") and ":" not in name}
    assert named == job_words.WORDS.keys() | job_words.ELSEWHERE
