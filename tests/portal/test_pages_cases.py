"""The pages of a case: who is offered what, faults at their fields, stale tabs, buttons pressed twice."""

from datetime import timedelta

import pytest
from django.utils import timezone

from panggon.cases.models import Case
from panggon.core.procedure import Action, State
from panggon.people.models import Agency
from panggon.sites.models import Outcome
from tests.portal.office import LETTER
from tests.portal.visitor import APPLICATION, buttons, faults, letter, text, visitor

STRAIGHT = {
    State.SUBMITTED: ("registrar", "terima-surat"),
    State.RECEIVED: ("head", "terbitkan-disposisi"),
    State.DISPOSED: ("division_head", "teruskan-ke-petugas-teknis"),
    State.VERIFYING: ("technician", "nyatakan-lengkap"),
    State.PREPARED: ("technician", "laporkan-ke-kepala-bidang"),
    State.REPORTED: ("division_head", "mohon-pengesahan"),
    State.DELIVERED: ("applicant", "konfirmasi-terima-dan-dapat-diakses"),
}
PEOPLE = ("applicant", "registrar", "head", "division_head", "technician")


@pytest.fixture(autouse=True)
def clock(office, monkeypatch):
    """The pages live at the office's time, a second further with each look at it."""

    def now():
        office.now += timedelta(seconds=1)
        return office.now

    monkeypatch.setattr(timezone, "now", now)


def at(office, who):
    return visitor(getattr(office, who))


def page(office, who, case, slug=""):
    return at(office, who).get(f"/permohonan/{case.number}/{slug}{'/' if slug else ''}")


def post(office, who, case, slug, **values):
    fresh = Case.objects.get(pk=case.pk)
    return at(office, who).post(f"/permohonan/{case.number}/{slug}/", {"version": fresh.version, **values})


# -- The offers


@pytest.mark.parametrize("state", STRAIGHT)
def test_the_next_step_is_a_button_for_its_person_only(office, state):
    case = office.bring_to(state)
    who, slug = STRAIGHT[state]
    seeing = {person for person in PEOPLE if slug in buttons(page(office, person, case), case)}
    registrar_may_too = {"registrar"} if state is State.DELIVERED else set()
    assert seeing == {who} | registrar_may_too
    assert "Sekarang menunggu Anda" in text(page(office, who, case))


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


# -- The application


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


# -- Stale tabs and double clicks


def test_a_stale_tab_says_what_the_other_did_and_changes_nothing(office):
    case = office.bring_to(State.RECEIVED)
    values = {"division": office.division_head.role_assignments.get().division_id, "instruction": "Pantau"}
    stale = at(office, "head").post(f"/permohonan/{case.number}/terbitkan-disposisi/", {"version": 1, **values})
    assert "sudah berubah" in text(stale)
    assert "Tu melakukan “Terima Surat”" in text(stale)
    case.refresh_from_db()
    assert case.state == State.RECEIVED
    assert stale.context["form"]["instruction"].value() == "Pantau"


def test_a_stale_tab_of_a_step_that_is_over_leads_back_with_a_reason(office):
    case = office.bring_to(State.VERIFYING)
    office.act(case, Action.RETURN_TO_APPLICANT, office.technician, reasons="Surat belum bertanggal")
    client = at(office, "technician")
    answer = client.post(f"/permohonan/{case.number}/nyatakan-lengkap/", {"version": case.version}, follow=True)
    assert "Teknis sudah melakukan “Kembalikan untuk Dilengkapi”" in text(answer)


def test_a_button_pressed_twice_acts_once(office):
    case = office.bring_to(State.PREPARED)
    client, path = at(office, "technician"), f"/permohonan/{case.number}/laporkan-ke-kepala-bidang/"
    answers = [client.post(path, {"version": case.version}) for _ in range(2)]
    assert [answer.headers["Location"] for answer in answers] == [f"/permohonan/{case.number}/"] * 2
    assert case.events.filter(action=Action.REPORT).count() == 1


def test_a_form_without_a_version_is_refused(office):
    case = office.bring_to(State.PREPARED)
    answer = at(office, "technician").post(f"/permohonan/{case.number}/laporkan-ke-kepala-bidang/")
    assert answer.status_code == 422
    case.refresh_from_db()
    assert case.state == State.PREPARED


# -- The steps


def test_the_nine_steps_over_the_pages(office):
    at(office, "applicant").post("/permohonan/baru/", {**APPLICATION, "letter": letter()})
    case = Case.objects.get()
    post(office, "registrar", case, "terima-surat", letter_source="letter", letter_date="2026-11-20")
    division = office.division_head.role_assignments.get().division_id
    post(office, "head", case, "terbitkan-disposisi", division=division, instruction="Pantau", nature="Biasa")
    post(office, "division_head", case, "teruskan-ke-petugas-teknis", technician=office.technician.pk)
    everything = ["letter", "agency", "name", "contact"]
    post(office, "technician", case, "nyatakan-lengkap", checklist=everything)
    office.node_reports(Outcome.PLANNED)
    shown = page(office, "technician", case, "siapkan").context["form"]["shown_digest"].value()
    post(office, "technician", case, "siapkan", shown_digest=shown)
    office.told(case, office.node_reports(Outcome.APPLIED))
    post(office, "technician", case, "laporkan-ke-kepala-bidang")
    post(office, "division_head", case, "mohon-pengesahan")
    office.papers(case)
    post(office, "head", case, "sahkan")
    office.papers(case)
    office.told(case, office.node_reports(Outcome.APPLIED))
    post(office, "registrar", case, "kirim-dokumen-hak-akses")
    post(office, "applicant", case, "konfirmasi-terima-dan-dapat-diakses")
    case.refresh_from_db()
    assert case.state == State.DONE
    words = text(page(office, "applicant", case))
    assert words.count("langkah") == 13
    assert "Waktu terpakai" in words


def test_an_incomplete_check_is_a_fault_at_the_checklist(office):
    case = office.bring_to(State.VERIFYING)
    answer = post(office, "technician", case, "nyatakan-lengkap", checklist=["letter", "agency"])
    assert faults(answer) == {"checklist": ["Masih ada butir verifikasi yang belum terpenuhi."]}


def test_what_was_missing_is_shown_to_the_agency_and_sent_again(office):
    case = office.bring_to(State.VERIFYING)
    assert faults(post(office, "technician", case, "kembalikan-untuk-dilengkapi")).keys() == {"reasons"}
    post(
        office, "technician", case, "kembalikan-untuk-dilengkapi", missing=["letter"], reasons="Surat belum bertanggal"
    )
    assert "Surat belum bertanggal" in text(page(office, "applicant", case))
    assert "Surat belum bertanggal" in text(page(office, "applicant", case, "kirim-ulang"))
    values = {name: value for name, value in APPLICATION.items() if name != "version"}
    sent = post(office, "applicant", case, "kirim-ulang", **values)
    assert (sent.status_code, sent.context and faults(sent)) == (302, None)
    case.refresh_from_db()
    assert case.state == State.VERIFYING
    assert at(office, "technician").get("/beranda/").context["waiting"] == [case]


def test_a_technician_of_another_division_is_no_choice(office):
    case = office.bring_to(State.DISPOSED)
    stranger = office.person("lain")
    answer = post(office, "division_head", case, "teruskan-ke-petugas-teknis", technician=stranger.pk)
    assert faults(answer).keys() == {"technician"}


def test_a_refusal_needs_its_letter(office):
    case = office.bring_to(State.DISPOSED)
    answer = post(office, "head", case, "tolak", reasons="Di luar kewenangan")
    assert faults(answer) == {"refusal_letter": ["Surat penolakan yang ditandatangani belum ada."]}
    post(office, "head", case, "tolak", reasons="Di luar kewenangan", refusal_letter=letter())
    case.refresh_from_db()
    assert case.state == State.REFUSED


def test_the_registrar_confirms_only_with_the_signed_sheet(office):
    case = office.bring_to(State.DELIVERED)
    slug = "konfirmasi-terima-dan-dapat-diakses"
    answer = post(office, "registrar", case, slug)
    assert faults(answer) == {"signed_sheet": ["Pindaian lembar yang ditandatangani OPD belum ada."]}
    post(office, "registrar", case, slug, signed_sheet=letter())
    case.refresh_from_db()
    assert case.state == State.DONE


# -- The machine


def test_the_preparation_is_followed_while_it_runs(office):
    case = office.bring_to(State.PREPARING)
    polled = page(office, "technician", case, "kemajuan")
    assert "Menunggu server mengambil tugas" in text(polled)
    assert 'hx-trigger="every 1s"' in polled.content.decode()
    assert "HX-Refresh" not in polled.headers
    assert "siapkan" not in buttons(page(office, "technician", case), case)
    office.node_reports(Outcome.PLANNED)
    finished = page(office, "technician", case, "kemajuan")
    assert finished.headers["HX-Refresh"] == "true"
    assert "every 1s" not in finished.content.decode()
    assert "siapkan" in buttons(page(office, "technician", case), case)


def test_a_plan_that_changed_after_it_was_shown_is_not_carried_out(office):
    case = office.bring_to(State.PREPARING)
    office.node_reports(Outcome.PLANNED)
    answer = post(office, "technician", case, "siapkan", shown_digest="0" * 64)
    assert "Rencana sudah berubah" in text(answer)


def test_a_failure_says_why_and_offers_to_try_again(office):
    case = office.bring_to(State.PREPARING)
    office.told(case, office.node_reports(Outcome.REFUSED, problem="plan.foreign"))
    shown = page(office, "technician", case)
    assert "plan.foreign happened" in text(shown)
    assert "coba-lagi" in buttons(shown, case)


def test_a_proof_that_does_not_hold_is_told_to_the_dinas_and_not_to_the_agency(office):
    case = office.bring_to(State.PREPARING)
    office.node_reports(Outcome.PLANNED)
    post(office, "technician", case, "siapkan", shown_digest="d" * 64)
    proofs = ({"name": "dns.answer", "ok": False, "detail": "no answer"},)
    office.told(case, office.node_reports(Outcome.UNPROVEN, proofs=proofs))
    assert "Ada bukti yang belum terpenuhi" in text(page(office, "technician", case))
    assert "no answer" in text(page(office, "division_head", case))
    assert "belum terpenuhi" not in text(page(office, "applicant", case))


def test_the_evidence_stands_on_the_page_of_whoever_decides(office):
    case = office.bring_to(State.AWAITING_APPROVAL)
    office.papers(case)
    assert "dns.answer" in text(page(office, "head", case, "sahkan"))


# -- The hand-over

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPUQxiTf8MYnZN4VqQDnZ2p5Qvxk9u0Y3k3mU9b1pQZq sri@dinsos"
PASSWORD = "rahasia sekali 7"


def test_access_is_closed_until_it_was_delivered(office):
    case = office.bring_to(State.APPROVED)
    assert page(office, "applicant", case, "akses").status_code == 404


def test_access_is_for_the_agency_alone(office):
    case = office.bring_to(State.DELIVERED)
    found = {who: page(office, who, case, "akses").status_code for who in PEOPLE}
    assert found == {"applicant": 200, "registrar": 404, "head": 404, "division_head": 404, "technician": 404}


def test_a_key_and_a_password_are_set_and_the_password_is_nowhere_to_be_read(office):
    case = office.bring_to(State.DELIVERED)
    values = {"ssh_keys": KEY, "password": PASSWORD, "password_again": PASSWORD}
    at(office, "applicant").post(f"/permohonan/{case.number}/akses/", values)
    case.site.refresh_from_db()
    assert case.site.ssh_keys == [" ".join(KEY.split()[:2])]
    assert case.site.password_hash.startswith("$6$")
    shown = page(office, "applicant", case, "akses")
    assert "sudah ditetapkan" in text(shown)
    assert "/private/database.ini" in text(shown)
    assert PASSWORD not in shown.content.decode()
    assert case.site.password_hash not in shown.content.decode()


def test_faults_of_keys_and_passwords_stand_at_their_fields(office):
    case = office.bring_to(State.DELIVERED)
    values = {"ssh_keys": f"{KEY}\nbukan kunci", "password": "pendek", "password_again": "lain"}
    answer = at(office, "applicant").post(f"/permohonan/{case.number}/akses/", values)
    assert faults(answer) == {
        "ssh_keys": ["Kunci nomor 2 bukan kunci publik SSH yang dikenal (misalnya ssh-ed25519 …)."],
        "password": ["Kata sandi paling sedikit 12 karakter."],
        "password_again": ["Kedua kata sandi tidak sama."],
    }
    case.site.refresh_from_db()
    assert (case.site.ssh_keys, case.site.password_hash) == ([], "")


# -- The papers


def test_a_paper_that_was_handed_over_is_for_the_agency_that_asked(office):
    case = office.bring_to(State.DELIVERED)
    paper = page(office, "applicant", case).context["papers"][0]
    found = page(office, "applicant", case, f"naskah/{paper.pk}")
    assert (found.headers["Content-Type"], found.content[:5]) == ("application/pdf", b"%PDF-")
    other = office.person("wati", agency=Agency.objects.create(name="Dinas Kesehatan", short_name="Dinkes"))
    assert visitor(other).get(f"/permohonan/{case.number}/naskah/{paper.pk}/").status_code == 404
    second = office.draft(label="lain")
    assert page(office, "applicant", second, f"naskah/{paper.pk}").status_code == 404


def test_what_is_not_signed_yet_or_the_dinass_own_is_not_for_the_agency(office):
    case = office.bring_to(State.AWAITING_APPROVAL)
    office.papers(case)
    kinds = [paper.kind for paper in page(office, "head", case).context["papers"]]
    assert kinds == ["hosting_document", "approval_request"]
    assert list(page(office, "applicant", case).context["papers"]) == []
    paper = page(office, "head", case).context["papers"][0]
    assert page(office, "head", case, f"naskah/{paper.pk}").status_code == 200
    assert page(office, "applicant", case, f"naskah/{paper.pk}").status_code == 404


def test_what_officials_say_to_each_other_is_not_for_the_agency(office):
    case = office.bring_to(State.RECEIVED)
    data = {"division": office.division, "instruction": "Pantau", "nature": "Biasa", "note": "jangan tunda"}
    office.act(case, Action.DISPOSE, office.head, **data)
    inside, outside = (page(office, who, case).content.decode() for who in ("head", "applicant"))
    assert ("jangan tunda" in inside, "jangan tunda" in outside) == (True, False)
    assert ("Pantau" in inside, "Pantau" in outside) == (True, False)


def test_what_is_missing_is_said_to_the_agency(office):
    case = office.bring_to(State.VERIFYING)
    office.act(case, Action.RETURN_TO_APPLICANT, office.technician, missing=["contact"], reasons="Narahubung kosong")
    assert "Narahubung kosong" in page(office, "applicant", case).content.decode()


def test_who_has_left_an_agency_sees_its_cases_no_more(office):
    case = office.bring_to(State.SUBMITTED)
    office.applicant.agency = Agency.objects.create(name="Dinas Kesehatan", short_name="Dinkes")
    office.applicant.save()
    assert page(office, "applicant", case).status_code == 404
