"""The page of each step."""

import pytest

from panggon.core.cases.procedure import State
from panggon.sites.models import Outcome
from tests.papers.pki import PASSPHRASE
from tests.portal.signers import sign_locally
from tests.portal.visitor import at, buttons, checked, drafted, faults, letter, page, post, send, text

pytestmark = pytest.mark.usefixtures("office_time")


def test_the_nine_steps_over_the_pages(office, settings, pki, tmp_path, looked_at_here):
    sign_locally(office, settings, pki, tmp_path)
    browser = at(office, "applicant")
    case = drafted(browser)
    send(browser, case)
    post(office, "registrar", case, "terima-surat", letter_source="letter", letter_date="2026-11-20")
    division = office.division_head.role_assignments.get().division_id
    post(office, "head", case, "terbitkan-disposisi", division=division, instruction="Pantau", nature="Biasa")
    post(office, "division_head", case, "teruskan-ke-petugas-teknis", technician=office.technician.pk)
    post(office, "technician", case, "nyatakan-lengkap", **checked())
    office.node_reports(Outcome.PLANNED)
    shown = page(office, "technician", case, "siapkan").context["form"]["shown_digest"].value()
    post(office, "technician", case, "siapkan", shown_digest=shown)
    office.told(case, office.node_reports(Outcome.APPLIED))
    post(office, "technician", case, "laporkan-ke-kepala-bidang")
    post(office, "division_head", case, "mohon-pengesahan")
    office.papers(case)
    post(office, "head", case, "sahkan", passphrase=PASSPHRASE)
    office.papers(case)
    office.told(case, office.node_reports(Outcome.APPLIED))
    post(office, "registrar", case, "kirim-dokumen-hak-akses")
    post(office, "applicant", case, "konfirmasi-terima-dan-dapat-diakses")
    case.refresh_from_db()
    assert case.state == State.DONE
    words = text(page(office, "applicant", case))
    assert words.count("langkah") == 13
    assert "Waktu terpakai" in words


def test_a_technician_of_another_division_is_no_choice(office):
    case = office.bring_to(State.DISPOSED)
    stranger = office.person("lain")
    answer = post(office, "division_head", case, "teruskan-ke-petugas-teknis", technician=stranger.pk)
    assert faults(answer).keys() == {"technician"}


@pytest.mark.parametrize(
    ("state", "who", "step", "instead"),
    [
        (State.REPORTED, "division_head", "mohon-pengesahan", "kembalikan"),
        (State.AWAITING_APPROVAL, "head", "sahkan", "kembalikan"),
        (State.DELIVERED, "applicant", "konfirmasi-terima-dan-dapat-diakses", "belum-bisa-diakses"),
    ],
)
def test_what_is_not_as_it_should_be_is_told_from_the_page_of_the_decision(office, state, who, step, instead):
    case = office.bring_to(state)
    office.papers(case)
    found = [button for button in buttons(page(office, who, case, step), case) if not button.startswith("naskah-")]
    assert found == [instead, "surat"]


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
