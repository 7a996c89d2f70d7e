"""What a hostile or clumsy person sends to the pages: an answer in words, never a broken page, and nothing is lost."""

from datetime import timedelta

import pytest
from django.utils import timezone

from panggon.cases import selectors
from panggon.cases.models import Case
from panggon.core.errors import InvalidError
from panggon.core.procedure import Action, State
from panggon.sites.models import Outcome
from tests.portal.visitor import begin, fill_in, text, visitor


@pytest.fixture(autouse=True)
def clock(office, monkeypatch):
    def now():
        office.now += timedelta(seconds=1)
        return office.now

    monkeypatch.setattr(timezone, "now", now)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/permohonan/cek-nama/?label=a%00b", 200),
        ("/permohonan/cek-nama/?label=abc&case=%00", 200),
        ("/permohonan/%00/", 404),
        ("/permohonan/%00/surat/", 404),
        ("/lacak/?nomor=%00&kode=x", 200),
    ],
)
def test_a_nul_in_an_address_breaks_no_page(office, path, status):
    browser = visitor(office.applicant)
    browser.raise_request_exception = False
    assert browser.get(path).status_code == status


@pytest.mark.parametrize(
    ("section", "field"),
    [("situs", "label"), ("situs", "title"), ("situs", "notes"), ("orang", "contact_name"), ("orang", "ssh_key")],
)
def test_a_nul_in_a_form_is_a_fault(office, section, field):
    browser = visitor(office.applicant)
    browser.raise_request_exception = False
    assert fill_in(browser, office.draft(), section, **{field: "a\0b"}).status_code == 422


@pytest.mark.parametrize(("field", "status"), [("version", 422), ("page", 422), ("do", 302), ("reading", 422)])
def test_a_nul_in_a_hidden_field_breaks_nothing(office, field, status):
    browser = visitor(office.applicant)
    browser.raise_request_exception = False
    assert begin(browser, **{field: "a\0b"}).status_code == status
    assert fill_in(browser, office.draft(), "surat", **{field: "a\0b"}).status_code == status


def test_a_version_of_five_thousand_digits_is_a_fault(office):
    case = office.bring_to(State.SUBMITTED)
    browser = visitor(office.registrar)
    browser.raise_request_exception = False
    path = f"/permohonan/{case.number}/terima-surat/"
    answer = browser.post(path, {"version": "9" * 5000, "letter_source": "letter", "letter_date": "2026-11-20"})
    assert answer.status_code == 422
    assert Case.objects.get(pk=case.pk).state == State.SUBMITTED


def test_a_number_that_was_written_by_hand_is_skipped_by_the_counter(office):
    first, second = office.draft(), office.draft(label="dinkes")
    for case in (first, second):
        office.act(case, Action.SUBMIT, office.applicant)
    office.act(first, Action.RECEIVE, office.registrar, agenda_number="0001/2026")
    assert office.act(second, Action.RECEIVE, office.registrar).agenda_number == "0002/2026"


def test_a_password_from_a_stale_tab_leaves_the_keys(office):
    case = office.bring_to(State.DELIVERED)
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJfSzqGjFl4ZKvXnxQm0xJX4yTKyOfDQbqh1Z2vQ0Z0r"
    path = f"/permohonan/{case.number}/akses/"
    browser = visitor(office.applicant)
    stale = browser.get(path).context["form"]
    browser.post(path, {"ssh_keys": key, "password": "", "password_again": ""})
    hidden = {"initial-ssh_keys": stale.initial["ssh_keys"]}
    word = "kata sandi yang panjang"
    browser.post(path, {"ssh_keys": "", "password": word, "password_again": word, **hidden})
    site = Case.objects.get(pk=case.pk).site
    assert site.ssh_keys == [key]
    assert site.password_fingerprint


def test_keys_that_another_tab_has_changed_are_not_overwritten(office):
    case = office.bring_to(State.DELIVERED)
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJfSzqGjFl4ZKvXnxQm0xJX4yTKyOfDQbqh1Z2vQ0Z0r"
    other = key[:-1] + "A"
    path = f"/permohonan/{case.number}/akses/"
    browser = visitor(office.applicant)
    browser.post(path, {"ssh_keys": key, "password": "", "password_again": "", "initial-ssh_keys": ""})
    answer = browser.post(path, {"ssh_keys": other, "password": "", "password_again": "", "initial-ssh_keys": ""})
    assert answer.status_code == 422
    assert Case.objects.get(pk=case.pk).site.ssh_keys == [key]


def test_access_that_could_not_be_installed_is_told_to_the_owner(office):
    case = office.bring_to(State.DELIVERED)
    path = f"/permohonan/{case.number}/akses/"
    browser = visitor(office.applicant)
    word = "kata sandi yang panjang"
    browser.post(path, {"ssh_keys": "", "password": word, "password_again": word})
    office.node_reports(Outcome.RESTORED, problem="disk.full")
    assert "belum terpasang" in text(browser.get(path))
    assert "disk.full" not in text(browser.get(path))


def test_a_site_that_was_open_is_not_renamed_by_a_correction(office):
    case = office.bring_to(State.DELIVERED)
    case = office.act(case, Action.REPORT_NO_ACCESS, office.applicant, reasons="tidak bisa")
    case = office.act(case, Action.CHANGE_SPEC, office.technician, kind="static")
    case = office.act(case, Action.RETURN_TO_APPLICANT, office.technician, reasons="kurang jelas")
    with pytest.raises(InvalidError) as refused:
        office.act(case, Action.RESUBMIT, office.applicant, label="dinsos-baru")
    assert [fault.code for fault in refused.value.faults] == ["label.live"]
    case.refresh_from_db()
    assert (case.state, case.site.state) == (State.INCOMPLETE, "open")


def test_the_lists_go_on_in_a_year_without_a_calendar(office, monkeypatch):
    case = office.bring_to(State.SUBMITTED)
    later = office.now.replace(year=2031)
    assert [found.number for found in selectors.waiting_for(office.registrar, now=later)] == [case.number]
    monkeypatch.setattr(timezone, "now", lambda: later)
    browser = visitor(office.registrar)
    browser.raise_request_exception = False
    assert browser.get("/beranda/").status_code == 200
    assert browser.get(f"/permohonan/{case.number}/").status_code == 200
