"""What a hostile or clumsy person sends to the pages: an answer in words, never a broken page, and nothing is lost."""

import logging
from datetime import date, timedelta

import pytest
from django import forms
from django.urls import get_resolver
from django.utils import timezone

from panggon.cases import selectors
from panggon.cases.models import Case
from panggon.core.cases.procedure import Action, Role, State
from panggon.core.errors import InvalidError
from panggon.forms import PlainForm
from panggon.portal.logs import OneLine
from panggon.sites.models import Outcome
from panggon.tokens import views as tokens
from tests.portal.office import refused
from tests.portal.visitor import begin, faults, fill_in, text, visitor


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
        ("/insiden/%00/", 404),
        ("/lacak/?nomor=%00&kode=x", 200),
    ],
)
def test_a_nul_in_an_address_breaks_no_page(office, path, status):
    browser = visitor(office.applicant)
    browser.raise_request_exception = False
    assert browser.get(path).status_code == status


@pytest.mark.parametrize(
    ("path", "status"),
    [("/pengaduan/%00/", 404), ("/insiden/%00/", 404), ("/insiden/lapor/?pengaduan=%00&temuan=%00&situs=%00", 200)],
)
def test_nor_one_for_the_dinas(office, path, status):
    browser = visitor(office.complaints_officer)
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


@pytest.mark.parametrize(("version", "status"), [("999999999", 200), ("-1", 422), ("1000000000", 422)])
def test_a_version_that_no_page_ever_said_changes_nothing(office, version, status):
    case = office.bring_to(State.DELIVERED)
    browser = visitor(office.applicant)
    browser.raise_request_exception = False
    path = f"/permohonan/{case.number}/konfirmasi-terima-dan-dapat-diakses/"
    answer = browser.post(path, {"version": version})
    assert answer.status_code == status
    assert ("Permohonan ini sudah berubah sejak halaman Anda dibuka." in text(answer)) == (status == 200)
    assert Case.objects.get(pk=case.pk).state == State.DELIVERED


def test_a_number_that_was_written_by_hand_is_skipped_by_the_counter(office):
    first, second = office.draft(), office.draft(label="dinkes")
    for case in (first, second):
        office.act(case, Action.SUBMIT, office.applicant)
    office.act(first, Action.RECEIVE, office.registrar, agenda_number="0001/2026")
    assert office.act(second, Action.RECEIVE, office.registrar).agenda_number == "0002/2026"


def test_a_password_from_a_stale_tab_leaves_the_keys(office):
    case = office.handed_over()
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
    case = office.handed_over()
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJfSzqGjFl4ZKvXnxQm0xJX4yTKyOfDQbqh1Z2vQ0Z0r"
    other = key[:-1] + "A"
    path = f"/permohonan/{case.number}/akses/"
    browser = visitor(office.applicant)
    browser.post(path, {"ssh_keys": key, "password": "", "password_again": "", "initial-ssh_keys": ""})
    answer = browser.post(path, {"ssh_keys": other, "password": "", "password_again": "", "initial-ssh_keys": ""})
    assert answer.status_code == 422
    assert Case.objects.get(pk=case.pk).site.ssh_keys == [key]


def test_access_that_could_not_be_installed_is_told_to_the_owner(office):
    case = office.handed_over()
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


HIDDEN = "Dinas\u202e laisoS"
ADMINISTERED = [
    ("/opd/baru/", {"name": HIDDEN, "short_name": "D"}, "name"),
    ("/bidang/", {"name": HIDDEN}, "name"),
    ("/akun/token/", {"name": HIDDEN, "scopes": "cases:read", "days": "30"}, "name"),
    ("/kalender/libur/tambah/", {"name": HIDDEN, "day": "2026-12-01"}, "name"),
    ("/pengaturan/kop/", {"name": HIDDEN, "version": "0"}, "name"),
    ("/pengaturan/paket/baru/", {"name": HIDDEN, "version": "0"}, "name"),
    ("/pengaturan/webhook/baru/", {"name": HIDDEN, "url": "https://a.example/"}, "name"),
    ("/pengaturan/naskah/lembar.typ/", {"text": HIDDEN, "do": "save", "version": "0"}, "text"),
    ("/pegawai/pejabat-sementara/", {"order_number": "1\nBcc: x@example.org"}, "order_number"),
]


@pytest.mark.parametrize(("path", "values", "field"), ADMINISTERED, ids=[row[0] for row in ADMINISTERED])
def test_no_form_takes_marks_that_nobody_sees(office, monkeypatch, path, values, field):
    monkeypatch.setattr(tokens, "_came_with_second_factor", lambda request: True)
    answer = visitor(office.person("admin", Role.ADMINISTRATOR)).post(path, values)
    assert answer.status_code == 422
    assert "Ada tanda yang tidak terlihat: U+" in faults(answer)[field][0]


def test_every_form_of_ours_is_a_plain_one():
    """Those of django-allauth ask for passwords and codes."""
    get_resolver().url_patterns  # noqa: B018 -- whoever runs this alone has imported no page yet
    known, ours = [forms.Form], set()
    for form in known:
        known += form.__subclasses__()
        ours |= {form} if form.__module__.startswith("panggon.") else set()
    assert len(ours) > 30
    assert {form.__module__ for form in ours if not issubclass(form, PlainForm)} == {"panggon.signin.forms"}


@pytest.mark.parametrize("name", ["Dinas S\u043esial", "D\u0456nas Sosial", "\u03a1UPR", "Dinas <b>Sosial"])
def test_no_name_of_an_opd_looks_like_another(office, name):
    admin = visitor(office.person("admin", Role.ADMINISTRATOR))
    answer = admin.post("/opd/baru/", {"name": name, "short_name": "Lain"})
    assert (answer.status_code, faults(answer)) == (422, {"name": ["Ada huruf yang tidak dapat dipakai."]})


@pytest.mark.parametrize("name", ["Dinas  Sosial", "Dinas\u00a0Sosial", "\uff24inas Sosial", "DINAS SOSIAL"])
def test_a_name_in_other_letters_is_the_same_name(office, name):
    admin = visitor(office.person("admin", Role.ADMINISTRATOR))
    assert faults(admin.post("/opd/baru/", {"name": name, "short_name": "Lain"})).keys() == {"name"}


WRITTEN = [
    (State.SUBMITTED, "registrar", Action.RECEIVE, "agenda_number", {"letter_date": date(2026, 11, 20)}),
    (State.VERIFYING, "technician", Action.RETURN_TO_APPLICANT, "reasons", {"missing": {"letter": "x"}}),
    (State.VERIFYING, "technician", Action.RETURN_TO_APPLICANT, "reason_letter", {}),
    (State.DISPOSED, "division_head", Action.ASSIGN, "note", {}),
]


@pytest.mark.parametrize(("state", "who", "action", "field", "more"), WRITTEN, ids=[row[3] for row in WRITTEN])
def test_no_step_takes_marks_that_nobody_sees(office, state, who, action, field, more):
    case = office.bring_to(state)
    more = {"technician": office.technician, **more} if action is Action.ASSIGN else more
    for words in ("a\u202eb", "a\u200bb"):
        given = {"missing": {"letter": words}} if field == "reason_letter" else {field: words}
        assert refused(office.act, case, action, getattr(office, who), **{**more, **given}) == [("text.unseen", field)]


def test_an_agenda_number_is_one_short_line(office):
    case = office.bring_to(State.SUBMITTED)
    given = {"letter_source": "letter", "letter_date": date(2026, 11, 20)}
    for number, code in (("1\n2", "text.unseen"), ("1" * 10_000, "field.invalid")):
        found = refused(office.act, case, Action.RECEIVE, office.registrar, agenda_number=number, **given)
        assert found == [(code, "agenda_number")]


def test_what_strangers_send_is_one_line_of_the_log():
    said = logging.LogRecord("x", logging.WARNING, "", 0, "failed: %s", ("a\r\n2026 CRITICAL \x1b[31m\u202eb",), None)
    assert OneLine("{message}", style="{").format(said) == "failed: a\\r\\n2026 CRITICAL \\x1b[31m\\u202eb"
