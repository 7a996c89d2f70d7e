"""The pages of a case: who is offered what, and what is for whose eyes."""

import re

import pytest

from panggon.core.cases.procedure import Action, State
from panggon.people.models import Agency
from panggon.sites import services as sites
from panggon.sites.models import Outcome, Site
from tests.portal.visitor import PEOPLE, at, buttons, page, post, text, visitor

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJ8i4n4Zb6pT2p5cP0X3Wl4m1Vx0T0m9Yy7mQ2k3abc admin@dinsos"
pytestmark = pytest.mark.usefixtures("office_time")

STRAIGHT = {
    State.SUBMITTED: ("registrar", "terima-surat"),
    State.RECEIVED: ("head", "terbitkan-disposisi"),
    State.DISPOSED: ("division_head", "teruskan-ke-petugas-teknis"),
    State.VERIFYING: ("technician", "nyatakan-lengkap"),
    State.PREPARED: ("technician", "laporkan-ke-kepala-bidang"),
    State.REPORTED: ("division_head", "mohon-pengesahan"),
    State.DELIVERED: ("applicant", "konfirmasi-terima-dan-dapat-diakses"),
}


@pytest.mark.parametrize("state", STRAIGHT)
def test_the_next_step_is_a_button_for_its_person_only(office, state):
    case = office.bring_to(state)
    who, slug = STRAIGHT[state]
    seeing = {person for person in PEOPLE if slug in buttons(page(office, person, case), case)}
    registrar_may_too = {"registrar"} if state is State.DELIVERED else set()
    assert seeing == {who} | registrar_may_too
    assert "Sekarang menunggu Anda" in text(page(office, who, case))


def test_nobody_is_led_to_confirm_access_before_he_has_any(office):
    case = office.bring_to(State.DELIVERED)

    def looks() -> tuple[str, str]:
        shown = page(office, "applicant", case)
        assert "Sekarang menunggu Anda" in text(shown)
        look = r'class="btn (\S+)" href="/permohonan/{}/{}/"'
        paths = ("akses", "konfirmasi-terima-dan-dapat-diakses")
        return tuple(re.search(look.format(case.number, path), shown.content.decode())[1] for path in paths)

    assert looks() == ("btn-primary", "btn-calm")
    sites.set_access(case.site.pk, ssh_keys=(KEY,), password=None, at=office.later())
    office.node_reports(Outcome.APPLIED)
    assert looks() == ("btn-calm", "btn-primary")


@pytest.mark.parametrize("state", STRAIGHT)
def test_the_case_waits_in_the_list_of_its_person(office, state):
    case = office.bring_to(state)
    waiting = {who for who in PEOPLE if case in at(office, who).get("/beranda/").context["waiting"]}
    assert waiting == {STRAIGHT[state][0]}


@pytest.mark.parametrize("who", ["applicant", "registrar", "head", "division_head"])
def test_a_step_of_somebody_else_leads_back_and_changes_nothing(office, who):
    case = office.bring_to(State.VERIFYING)
    for method in ("get", "post"):
        answer = getattr(at(office, who), method)(
            f"/permohonan/{case.number}/nyatakan-lengkap/",
            {"version": case.version, "checklist": ["letter", "agency", "name", "contact"]},
        )
        assert answer.headers["Location"] == f"/permohonan/{case.number}/"
    case.refresh_from_db()
    assert case.state == State.VERIFYING


def test_what_the_system_only_writes_down_keeps_nobody_from_acting(office):
    """The OPD has come in and confirms, while the machine's word of it arrives."""
    case = office.bring_to(State.DELIVERED)
    seen = case.version
    Site.objects.filter(pk=case.site_id).update(first_login={"at": office.later().isoformat(), "way": "password"})
    office.act(case, Action.RECORD_LOGIN, None)
    post(office, "applicant", case, "konfirmasi-terima-dan-dapat-diakses", version=seen)
    case.refresh_from_db()
    assert [(event.action, event.target) for event in case.events.all()][-2:] == [
        (Action.RECORD_LOGIN, State.DELIVERED),
        (Action.CONFIRM, State.DONE),
    ]


def test_what_somebody_did_before_it_still_has_to_be_seen(office):
    case = office.bring_to(State.DELIVERED)
    seen = case.version
    office.act(case, Action.REPORT_NO_ACCESS, office.applicant, reasons="tidak bisa masuk")
    office.act(case, Action.REPORT_FIXED, office.technician)
    Site.objects.filter(pk=case.site_id).update(first_login={"at": office.later().isoformat(), "way": "password"})
    office.act(case, Action.RECORD_LOGIN, None)
    answer = post(office, "applicant", case, "konfirmasi-terima-dan-dapat-diakses", version=seen)
    assert "Permohonan ini sudah berubah sejak halaman Anda dibuka." in text(answer)
    assert "melakukan “Akses Sudah Diperbaiki”" in text(answer)
    case.refresh_from_db()
    assert case.state == State.DELIVERED


def test_for_another_agency_the_case_does_not_exist(office):
    case = office.bring_to(State.DELIVERED)
    other = office.person("wati", agency=Agency.objects.create(name="Dinas Kesehatan", short_name="Dinkes"))
    for path in ("", "surat/", "akses/", "kemajuan/", "konfirmasi-terima-dan-dapat-diakses/"):
        assert visitor(other).get(f"/permohonan/{case.number}/{path}").status_code == 404
    assert case.number not in text(visitor(other).get("/beranda/"))
    assert case.number in text(at(office, "applicant").get("/beranda/"))


def test_a_draft_is_its_agencys_own(office):
    case = office.draft()
    assert [page(office, who, case).status_code for who in PEOPLE] == [200, 404, 404, 404, 404]


def test_what_officials_say_to_each_other_is_not_for_the_agency(office):
    case = office.bring_to(State.RECEIVED)
    data = {"division": office.division, "instruction": "Pantau", "nature": "Biasa", "note": "jangan tunda"}
    office.act(case, Action.DISPOSE, office.head, **data)
    inside, outside = (page(office, who, case).content.decode() for who in ("head", "applicant"))
    assert ("jangan tunda" in inside, "jangan tunda" in outside) == (True, False)
    assert ("Pantau" in inside, "Pantau" in outside) == (True, False)


def test_what_is_missing_is_said_to_the_agency(office):
    case = office.bring_to(State.VERIFYING)
    office.act(case, Action.RETURN_TO_APPLICANT, office.technician, missing={"contact": "Narahubung kosong"})
    assert "Narahubung kosong" in page(office, "applicant", case).content.decode()


def test_who_has_left_an_agency_sees_its_cases_no_more(office):
    case = office.bring_to(State.SUBMITTED)
    office.applicant.agency = Agency.objects.create(name="Dinas Kesehatan", short_name="Dinkes")
    office.applicant.save()
    assert page(office, "applicant", case).status_code == 404
