"""Stale tabs, buttons pressed twice, forms sent again."""

import pytest

from panggon.core.procedure import Action, State
from tests.portal.visitor import at, text

pytestmark = pytest.mark.usefixtures("office_time")


def test_a_stale_tab_says_what_the_other_did_and_changes_nothing(office):
    case = office.bring_to(State.RECEIVED)
    values = {"division": office.division_head.role_assignments.get().division_id, "instruction": "Pantau"}
    stale = at(office, "head").post(f"/permohonan/{case.number}/terbitkan-disposisi/", {"version": 1, **values})
    assert "sudah berubah" in text(stale)
    assert "Tu melakukan “Terima Surat”" in text(stale)
    case.refresh_from_db()
    assert case.state == State.RECEIVED
    assert stale.context["form"]["instruction"].value() == ["Pantau"]


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
    assert [answer.headers["Location"] for answer in answers] == ["/beranda/"] * 2
    shown = text(client.get("/beranda/"))
    assert shown.count("“Laporkan ke Kepala Bidang” sudah dilakukan. Layanan Dinas Sosial . Sekarang di Kepala") == 2
    assert case.events.filter(action=Action.REPORT).count() == 1


def test_a_form_without_a_version_is_refused(office):
    case = office.bring_to(State.PREPARED)
    answer = at(office, "technician").post(f"/permohonan/{case.number}/laporkan-ke-kepala-bidang/")
    assert answer.status_code == 422
    case.refresh_from_db()
    assert case.state == State.PREPARED


def test_whoever_comes_back_to_a_step_that_was_done_reads_who_did_it(office):
    case = office.bring_to(State.RECEIVED)
    shown = at(office, "registrar").get(f"/permohonan/{case.number}/terima-surat/", follow=True)
    words = "Langkah itu tidak diperlukan lagi: Tu sudah melakukan “Terima Surat” pada 23 November 2026, 09.03."
    assert words in text(shown)


def test_a_step_that_cannot_be_done_yet_says_why(office):
    case = office.bring_to(State.PREPARING)
    shown = at(office, "technician").get(f"/permohonan/{case.number}/siapkan/", follow=True)
    assert "Belum dapat dilakukan: Rencana penyiapan dari mesin belum ada. Mesin masih bekerja" in text(shown)
