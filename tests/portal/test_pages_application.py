"""The application form."""

import pytest

from panggon.cases.models import Case
from panggon.core.procedure import State
from tests.portal.office import LETTER
from tests.portal.visitor import APPLICATION, at, faults, letter, page, text

pytestmark = pytest.mark.usefixtures("office_time")


def test_an_application_is_sent(office):
    answer = at(office, "applicant").post("/permohonan/baru/", {**APPLICATION, "letter": letter()})
    case = Case.objects.get()
    assert answer.headers["Location"] == f"/permohonan/{case.number}/"
    assert (case.state, case.label, case.agency, case.database) == (State.SUBMITTED, "dinsos", office.agency, True)
    assert page(office, "registrar", case, "surat").content == LETTER


def test_a_draft_may_have_gaps_and_is_sent_later(office):
    client = at(office, "applicant")
    client.post("/permohonan/baru/", {"version": 0, "do": "save_draft", "title": "Layanan"})
    case = Case.objects.get()
    assert case.state == State.DRAFT
    form = client.get(f"/permohonan/{case.number}/kirim-permohonan/")
    assert form.context["form"]["title"].value() == "Layanan"
    values = {**APPLICATION, "version": case.version, "letter": letter()}
    client.post(f"/permohonan/{case.number}/kirim-permohonan/", values)
    case.refresh_from_db()
    assert case.state == State.SUBMITTED


def test_every_fault_of_an_application_stands_at_its_field_at_once(office):
    values = {"version": 0, "do": "submit", "letter_source": "letter", "label": "www", "letter_date": "kemarin"}
    answer = at(office, "applicant").post("/permohonan/baru/", {**values, "letter": letter(b"GIF89a")})
    assert answer.status_code == 422
    assert faults(answer).keys() == {"letter", "letter_date", "label", "contact_name", "contact_phone"}
    assert faults(answer)["letter"] == ["Berkas ini bukan PDF. Silakan unggah berkas PDF."]
    assert "dicadangkan" in faults(answer)["label"][0]
    assert not Case.objects.exists()


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("xn--80ak6aa92e", "xn--"),
        ("a" * 64, "paling banyak 63"),
        ("dіnsos", "CYRILLIC SMALL LETTER BYELORUSSIAN-UKRAINIAN I"),
        ("dinsos.kota", "Hanya huruf"),
        ("../etc", "Hanya huruf"),
        ("slot-gacor", "judi"),
    ],
)
def test_a_name_that_cannot_be_is_refused_in_a_sentence(office, label, words):
    answer = at(office, "applicant").post("/permohonan/baru/", {**APPLICATION, "label": label, "letter": letter()})
    assert words in " ".join(faults(answer)["label"])
    live = at(office, "applicant").get("/permohonan/cek-nama/", {"label": label})
    assert words in text(live)
    assert not Case.objects.exists()


def test_the_live_check_knows_what_is_free_and_what_is_taken(office):
    case = office.bring_to(State.SUBMITTED)
    client = at(office, "applicant")
    assert "perpus.panggon.test dapat dipakai" in text(client.get("/permohonan/cek-nama/?label=Perpus"))
    assert "sudah dipakai" in text(client.get("/permohonan/cek-nama/?label=dinsos"))
    assert "dapat dipakai" in text(client.get(f"/permohonan/cek-nama/?label=dinsos&case={case.number}"))
    assert text(client.get("/permohonan/cek-nama/?label=")) == ""


@pytest.mark.parametrize("name", ["letter", "another"])
def test_a_file_that_is_too_large_is_a_sentence_at_its_field(office, name):
    huge = b"%PDF-1.7\n" + b"x" * (21 * 1024 * 1024)
    answer = at(office, "applicant").post("/permohonan/baru/", {**APPLICATION, name: letter(huge)})
    assert answer.status_code == 422
    assert faults(answer)["letter"] == (
        ["Berkas lebih besar dari 20 MB. Silakan perkecil, lalu unggah lagi."]
        if name == "letter"
        else ["Surat atau informasi pemberitahuan permohonan belum ada."]
    )


def test_an_empty_file_and_a_scripted_one_are_told_apart(office):
    client = at(office, "applicant")
    empty = client.post("/permohonan/baru/", {**APPLICATION, "letter": letter(b"")})
    assert faults(empty) == {"letter": ["Berkas kosong. Silakan pilih berkas PDF yang benar."]}
    broken = client.post("/permohonan/baru/", {**APPLICATION, "letter": letter(b"%PDF-1.7\nnothing")})
    assert "rusak" in faults(broken)["letter"][0]


def test_the_same_application_sent_twice_is_one_case(office):
    client = at(office, "applicant")
    answers = [client.post("/permohonan/baru/", {**APPLICATION, "letter": letter()}) for _ in range(2)]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert Case.objects.count() == 1


def test_a_letter_on_paper_is_entered_by_the_registrar_for_an_agency(office):
    client = at(office, "registrar")
    assert faults(client.post("/permohonan/baru/", {**APPLICATION, "letter": letter()})).keys() == {"agency"}
    client.post("/permohonan/baru/", {**APPLICATION, "agency": office.agency.pk, "letter": letter()})
    assert Case.objects.get().agency == office.agency


@pytest.mark.parametrize("who", ["head", "division_head", "technician"])
def test_nobody_else_of_the_dinas_applies(office, who):
    assert at(office, who).get("/permohonan/baru/").status_code == 403
