"""A scanned letter on the registrar's desk: uploaded, read by a machine, looked over, sent with the desk's stamp."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.browser.request_form import field, go_on, send
from tests.browser.visitors import Visitors
from tests.papers.letters import Letter, scanned

pytestmark = pytest.mark.browser

AGENCY = "Dinas Sosial, Pengendalian Penduduk dan Keluarga Berencana"


def test_a_scanned_letter_becomes_a_case(visitors: Visitors, tmp_path) -> None:
    scan = tmp_path / "pindaian.pdf"
    letter = Letter(agency=AGENCY.upper(), label="surat-pindaian")
    scan.write_bytes(scanned(letter.pdf("official"), degrees=0.6, noise=1))
    with visitors.person("registrar") as registrar:
        page = registrar.page
        registrar.open("/permohonan/baru/")
        page.get_by_label("Berkas surat (PDF)").set_input_files(scan)
        page.get_by_role("button", name="Unggah dan baca surat").click()
        page.get_by_role("button", name="Isikan yang masih kosong").click()  # comes by itself when it was read
        expect(field(page, "Nomor surat")).to_have_value("500.12/117/2026")
        expect(page.get_by_text("dibaca mesin", exact=True).first).to_be_visible()
        registrar.look("application-read-by-machine")
        page.get_by_label("Nomor surat sudah saya periksa").check()
        go_on(page)
        expect(field(page, "Subdomain yang diminta")).to_have_value("surat-pindaian")
        go_on(page)
        expect(field(page, "Nama narahubung")).to_have_value("Sri Wahyuni")
        go_on(page)
        expect(page.get_by_text(AGENCY)).to_be_visible()
        registrar.look("application-review-on-paper")
        stamp = datetime.now(ZoneInfo("Asia/Jakarta")) - timedelta(minutes=5)
        page.get_by_label("Waktu stempel meja").fill(f"{stamp:%Y-%m-%dT%H:%M}")
        page.get_by_label("Alasan, bila stempel mendahului tanggal surat").fill("Surat bertanggal maju")
        send(page)
        expect(page.locator(".pagehead .badge-state")).to_have_text("Diajukan")
        expect(page.get_by_text(re.compile("Stempel meja"))).to_be_visible()
