"""A closing that its machine goes on with: told plainly, never taken back, ended by a later report."""

import pytest
from django.utils.html import escape
from procrastinate.contrib.django.models import ProcrastinateJob

from panggon.core.errors import InvalidError
from panggon.core.sites.life import SiteAction
from panggon.notify.models import Notice
from panggon.sites import life, machines, reports
from panggon.sites.messages import report_of
from panggon.sites.models import Outcome, Site
from panggon.upkeep import jobs
from tests.portal.incidents import machine_answers, quarantined
from tests.portal.office import Office
from tests.portal.upkeep import approved, fresh, open_site, proposed, told
from tests.portal.visitor import visitor

pytestmark = pytest.mark.usefixtures("office_time")
SHUT = "closing.shut"
WORDS = "Penutupan berjalan terus: closing.shut happened"
GOES_ON = "Belum semuanya selesai atau terbukti. Server terus mencoba sendiri."


@pytest.fixture
def site(office: Office) -> Site:
    return open_site(office)


def test_a_suspension_that_goes_on_stays_under_way_and_the_site_stays_wished_as_closed(office, site):
    change = approved(office, proposed(office, site, SiteAction.SUSPEND, notice="Diperbaiki."))
    wish = told(office, Outcome.CLOSING, problem=SHUT)
    assert (fresh(change).state, fresh(site).state) == ("running", "suspended")
    jobs.tell_keepers(wish.pk)
    heard = Notice.objects.filter(reference=f"closing:{wish.pk}")
    assert {notice.text for notice in heard} == {WORDS}
    assert {notice.subject for notice in heard} == {f"{site.host}: belum semuanya selesai, server terus mencoba"}
    page = visitor(office.technician).get(f"/situs/{site.identifier}/perubahan/{change.pk}/").content.decode()
    assert GOES_ON in page
    assert WORDS in page
    assert "hx-trigger" not in page, "nobody has to wait before it"

    office.node_reports(Outcome.APPLIED, wish=wish)
    jobs.site_reported(wish.pk)
    assert (fresh(change).state, fresh(site).state) == ("done", "suspended")


def test_each_report_takes_the_place_of_the_one_before_and_the_last_one_stays(office, site):
    life.quarantine(site.pk, reason="Judi.", actor=office.technician, at=office.later())
    wish = office.node_reports(Outcome.CLOSING, problem="closing.not_shut")
    jobs_of = ProcrastinateJob.objects.filter(args__wish=wish.pk)
    told_first = jobs_of.count()
    office.node_reports(Outcome.CLOSING, problem=SHUT, wish=wish)
    assert (fresh(wish).problem_code, jobs_of.count()) == (SHUT, told_first), "people hear of it once"
    office.node_reports(Outcome.APPLIED, wish=wish)
    assert jobs_of.count() == 2 * told_first
    office.node_reports(Outcome.RESTORED, problem="x", wish=wish)
    assert (fresh(wish).outcome, fresh(wish).succeeded) == ("applied", True)
    assert fresh(site).state == "quarantined"


def test_what_a_newer_wish_took_over_is_not_under_way_for_ever(office, site):
    change = approved(office, proposed(office, site, SiteAction.SUSPEND, notice="Diperbaiki."))
    older = told(office, Outcome.CLOSING, problem=SHUT)
    life.quarantine(site.pk, reason="Judi.", actor=office.technician, at=office.later())
    office.node_reports(Outcome.CLOSING, problem=SHUT)
    assert (fresh(older).outcome, fresh(older).problem_code) == ("stale", "superseded")
    jobs.site_reported(older.pk)
    assert fresh(change).state != "running"


def test_a_machine_that_enrols_again_is_asked_anew_for_what_was_not_at_its_end(office, site):
    life.quarantine(site.pk, reason="Judi.", actor=office.technician, at=office.later())
    wish = office.node_reports(Outcome.CLOSING, problem=SHUT)
    assert reports.take_wish(office.node, at=office.later()) is None
    code = machines.issue_code(office.node.name, at=office.later())
    machines.enrol(code, name=office.node.name, facts={}, at=office.later())
    assert reports.take_wish(office.node, at=office.later()) == wish
    office.node_reports(Outcome.APPLIED, wish=wish)
    assert reports.take_wish(office.node, at=office.later()) is None
    assert fresh(wish).succeeded


def test_the_page_of_the_site_says_what_is_left_in_plain_words(office, site):
    life.quarantine(site.pk, reason="Judi.", actor=office.technician, at=office.later())
    office.node_reports(Outcome.CLOSING, problem=SHUT)
    page = visitor(office.technician).get(f"/situs/{site.identifier}/").content.decode()
    assert "Tugas terakhir server belum semuanya selesai" in page
    assert GOES_ON in page
    assert escape(WORDS) in page
    assert "belum tercapai di server" not in page


def test_a_closing_has_a_problem_or_is_no_message():
    with pytest.raises(InvalidError):
        report_of({"outcome": "closing", "problem": None})
    told_now = report_of({"outcome": "closing", "problem": {"code": SHUT, "detail": "Belum terbukti: web.workers"}})
    assert (told_now.outcome, told_now.problem) == (Outcome.CLOSING, "Belum terbukti: web.workers")


def test_an_incident_says_that_it_goes_on_and_then_that_it_is_proven(office, site):
    incident = quarantined(office, site)
    wish = machine_answers(office, Outcome.CLOSING, problem=SHUT)
    path, technician = f"/insiden/{incident.number}/", visitor(office.technician)
    page = technician.get(path).content.decode()
    assert "Penutupan tidak dibatalkan, tetapi belum semuanya terbukti; server terus mencoba." in page
    assert "berjalan, belum semuanya terbukti" in page
    machine_answers(office, wish=wish)
    page = technician.get(path).content.decode()
    assert "Dikarantina, dan terbukti di server." in page
    assert [event.data["outcome"] for event in incident.events.filter(data__wish=wish.pk, data__outcome__gt="")] == [
        "closing",
        "applied",
    ]
