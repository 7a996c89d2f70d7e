"""The form of a request: three sections saved as they go, and the page on which all is read and sent."""

import pytest

from panggon.cases.content.request import ENGINES, PROFILES, SITE_KINDS
from panggon.cases.models import Case
from panggon.core.cases.procedure import Action, State
from panggon.core.sites.spec import Engine, Profile, SiteKind
from tests.portal.office import LETTER
from tests.portal.visitor import (
    PEOPLE_PART,
    SITE_PART,
    at,
    begin,
    drafted,
    faults,
    fill_in,
    letter,
    page,
    saved,
    section,
    send,
    text,
)

pytestmark = pytest.mark.usefixtures("office_time")
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPUQxiTf8MYnZN4VqQDnZ2p5Qvxk9u0Y3k3mU9b1pQZq sri@dinsos"


def test_all_that_a_machine_can_serve_is_offered():
    assert {value for value, _ in PROFILES} == set(Profile)
    assert {value for value, _ in SITE_KINDS} == set(SiteKind)
    assert {value for value, _ in ENGINES} == {"", *Engine}


# -- The way through


def test_an_application_is_sent_over_its_three_sections(office):
    client = at(office, "applicant")
    first = begin(client)
    case = Case.objects.get()
    assert first.headers["Location"] == section(case, "situs")
    assert fill_in(client, case, "situs", **SITE_PART).headers["Location"] == section(case, "orang")
    last = fill_in(client, case, "orang", **PEOPLE_PART)
    assert last.headers["Location"] == f"/permohonan/{case.number}/kirim-permohonan/"
    assert send(client, case).headers["Location"] == f"/permohonan/{case.number}/"
    case.refresh_from_db()
    assert (case.state, case.label, case.agency, case.database) == (State.SUBMITTED, "dinsos", office.agency, True)
    assert saved(case) == ["save_draft", "save_draft", "save_draft", "submit"]
    assert page(office, "registrar", case, "surat").content == LETTER


def test_every_field_is_kept_and_shown_before_it_is_sent(office):
    client = at(office, "applicant")
    case = drafted(client)
    site = {
        "alternative_label": "dinsos2",
        "site_use": "application",
        "platform": "Laravel 12",
        "php_version_wish": "8.2",
        "database_wish": "none",
        "storage_amount": "2",
        "storage_unit": "1024",
        "holds_personal_data": "True",
        "personal_data": "Nama dan NIK penerima bantuan",
        "system_category": "high",
        "notes": "RAM > 2 GB",
    }
    person = {
        "nip": "19800101 200501 1 001",
        "rank": "Pembina/IV-a",
        "position": "Kepala Dinas",
        "phone": "(0285) 421243",
    }
    people = {f"{who}_{what}": value for who in ("responsible", "admin") for what, value in person.items()}
    people |= {"responsible_name": "Budi", "admin_name": "Tono", "vendor_name": "CV Maju", "ssh_key": KEY}
    fill_in(client, case, "situs", **site)
    fill_in(client, case, "orang", **people)
    case.refresh_from_db()
    assert (case.storage_mebibytes, case.holds_personal_data, case.database) == (2048, True, False)
    assert case.responsible_nip == "198001012005011001"
    words = text(page(office, "applicant", case, "kirim-permohonan"))
    for shown in ("dinsos.panggon.test", "Aplikasi", "Laravel 12", "2 GiB", "Ya", "Tinggi", "RAM > 2 GB", "CV Maju"):
        assert shown in words
    again = client.get(section(case, "situs")).context["form"]
    assert (again["storage_amount"].value(), again["storage_unit"].value()) == (2, "1024")


def test_a_section_without_changes_writes_nothing(office):
    client = at(office, "applicant")
    case = drafted(client)
    fill_in(client, case, "situs")
    fill_in(client, case, "orang")
    fill_in(client, case, "surat")
    assert saved(case) == ["save_draft"] * 3


def test_only_what_the_decree_requires_is_missed(office):
    client = at(office, "applicant")
    begin(client, letter=None, letter_number=None, letter_date=None)
    case = Case.objects.get()
    words = text(page(office, "applicant", case, "kirim-permohonan"))
    assert "Surat atau informasi pemberitahuan permohonan belum ada." in words
    assert "Nama situs belum diisi atau tidak dapat dipakai." in words
    assert "Narahubung belum diisi." in words
    answer = send(client, case)
    assert answer.status_code == 422
    fill_in(client, case, "surat", letter=letter())
    fill_in(client, case, "situs", label="dinsos")
    fill_in(client, case, "orang", contact_name="Sri", contact_email="sri@dinsos.example")
    assert "belum dapat dikirim" not in text(page(office, "applicant", case, "kirim-permohonan"))
    assert send(client, case).status_code == 302


def test_a_letter_on_paper_is_entered_by_the_registrar_for_an_agency(office):
    client = at(office, "registrar")
    assert faults(begin(client)).keys() == {"agency"}
    assert not Case.objects.exists()
    begin(client, agency=office.agency.pk)
    case = Case.objects.get()
    fill_in(client, case, "situs", **SITE_PART)
    fill_in(client, case, "orang", **PEOPLE_PART)
    assert faults(send(client, case)) == {"stamped_at": ["Wajib diisi."]}
    send(client, case, stamped_at="2026-11-20T10:00")
    case.refresh_from_db()
    assert (case.agency, case.state) == (office.agency, State.SUBMITTED)
    assert case.events.last().data["stamped_at"] == "2026-11-20T03:00:00+00:00"


@pytest.mark.parametrize("who", ["head", "division_head", "technician"])
def test_nobody_else_of_the_dinas_applies(office, who):
    assert at(office, who).get("/permohonan/baru/").status_code == 403


# -- Faults at their fields


def test_what_is_wrong_is_said_and_what_is_right_is_saved(office):
    answer = begin(at(office, "applicant"), letter_date="kemarin")
    case = Case.objects.get()
    assert (answer.status_code, faults(answer).keys()) == (422, {"letter_date"})
    assert answer.context["form"]["letter_date"].value() == "kemarin"
    assert answer.context["action"] == section(case, "surat")
    assert (case.letter_number, case.files.count()) == ("500.12/117/2026", 1)


WRONG = {
    "surat": {"letter_number": ("\u200f12", "U+200F RIGHT-TO-LEFT MARK")},
    "situs": {
        "title": ("x" * 10_000, "120"),
        "notes": ("<b>tebal</b>", "memuat kode"),
        "php_version_wish": ("delapan", "misalnya 8.2"),
        "storage_amount": ("99999999", "paling banyak 1024 GiB"),
        "alternative_label": ("www", "dicadangkan"),
    },
    "orang": {
        "contact_name": ("Sri \u202eiynuhaW", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        "contact_phone": ("0812 ABCD", "Nomor telepon hanya memuat angka, spasi, dan tanda + - . ( )."),
        "contact_email": ("sri@", "email"),
        "responsible_name": ("<script>alert(1)</script>", "memuat kode"),
        "responsible_nip": ("1980010120050110Ol", "NIP hanya terdiri atas angka."),
        "responsible_phone": ("112", "Nomor telepon terdiri atas 8 sampai 15 angka; yang diisi 3."),
        "admin_name": ("a" * 10_000, "150"),
        "admin_nip": ("1" * 17, "NIP terdiri atas 18 angka; yang diisi 17."),
        "ssh_key": ("-----BEGIN OPENSSH PRIVATE KEY-----", "bukan kunci publik SSH"),
    },
}


@pytest.mark.parametrize("slug", WRONG)
def test_what_is_filled_in_wrongly_is_told_at_its_field(office, slug):
    case, wrong = office.draft(), WRONG[slug]
    answer = fill_in(at(office, "applicant"), case, slug, **{name: value for name, (value, _) in wrong.items()})
    assert answer.status_code == 422
    assert faults(answer).keys() == wrong.keys()
    for name, (value, words) in wrong.items():
        assert words in " ".join(faults(answer)[name])
        assert answer.context["form"][name].value() == value
    kept = Case.objects.values().get(pk=case.pk)
    assert not {value for value, _ in wrong.values()} & {value for value in kept.values() if isinstance(value, str)}


NO_NAMES = {
    "xn--80ak6aa92e": "xn--",
    "a" * 64: "paling banyak 63",
    "dіnsos": "CYRILLIC SMALL LETTER BYELORUSSIAN-UKRAINIAN I",
    "../etc": "Hanya huruf",
    "slot-gacor": "judi",
}


def test_a_name_that_cannot_be_is_refused_in_a_sentence(office):
    client = at(office, "applicant")
    case = office.draft()
    for label, words in NO_NAMES.items():
        assert words in " ".join(faults(fill_in(client, case, "situs", label=label))["label"])
        assert words in text(client.get("/permohonan/cek-nama/", {"label": label}))
        other = client.get("/permohonan/cek-nama/", {"alternative_label": label, "of": "alternative_label"})
        assert words in text(other)
    case.refresh_from_db()
    assert case.label == "dinsos"


def test_the_live_check_knows_what_is_free_and_what_is_taken(office):
    case = office.bring_to(State.SUBMITTED)
    client = at(office, "applicant")
    assert "perpus.panggon.test dapat dipakai" in text(client.get("/permohonan/cek-nama/?label=Perpus"))
    assert "sudah dipakai" in text(client.get("/permohonan/cek-nama/?label=dinsos"))
    assert "dapat dipakai" in text(client.get(f"/permohonan/cek-nama/?label=dinsos&case={case.number}"))
    assert text(client.get("/permohonan/cek-nama/?label=")) == ""


def test_a_name_taken_meanwhile_is_told_when_it_is_sent(office):
    client = at(office, "applicant")
    case = drafted(client)
    office.act(office.draft(), Action.SUBMIT, office.applicant)
    answer = send(client, case)
    assert answer.status_code == 422
    assert "Nama “dinsos” sudah dipakai. Silakan pilih nama lain." in text(answer)


NO_LETTERS = {
    b"": "Berkas kosong. Silakan pilih berkas PDF yang benar.",
    b"GIF89a": "Berkas ini bukan PDF. Silakan unggah berkas PDF.",
    b"%PDF-1.7\nnothing": "PDF ini rusak dan tidak dapat dibaca. Silakan buat ulang berkasnya.",
    b"%PDF-1.7\n" + b"x" * (21 * 1024 * 1024): "Berkas lebih besar dari 20 MB. Silakan perkecil, lalu unggah lagi.",
}


def test_a_file_that_is_no_letter_is_a_sentence_at_its_field(office):
    client = at(office, "applicant")
    for data, words in NO_LETTERS.items():
        answer = begin(client, letter=letter(data))
        assert (answer.status_code, faults(answer)) == (422, {"letter": [words]})
