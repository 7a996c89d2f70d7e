"""A citizen complains on a phone without an account, the dinas answers, the citizen agrees and says how it was."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.inspection import PHONE
from tests.browser.mails import mail_with
from tests.browser.visitors import Visitors
from tests.stack import Stack

pytestmark = pytest.mark.browser

CITIZEN = "rina@example.org"


def test_a_complaint_from_telling_to_the_survey(visitors: Visitors, stack: Stack) -> None:
    with visitors.visitor(size=PHONE) as citizen:
        page = citizen.page
        citizen.open("/")
        page.get_by_role("link", name="Sampaikan pengaduan").click()
        page.get_by_label("Tentang apa").fill("Situs Dinsos lambat")
        page.get_by_label("Apa yang terjadi").fill("Sejak kemarin halaman depan terbuka setelah satu menit.")
        page.get_by_label("Nama", exact=True).fill("Rina")
        page.get_by_label("Alamat email").fill(CITIZEN)
        citizen.look("complaint-form")
        page.get_by_role("button", name="Kirim pengaduan").click()
        expect(page.get_by_role("heading", name=re.compile(r"^PGD-\d+-\d+: Diterima$"))).to_be_visible()
        citizen.look("complaint-tracked")
        tracking, number = page.url, page.locator("#keadaan").inner_text().split(":")[0]
    with visitors.person("complaints_officer") as officer:
        page = officer.page
        officer.open("/pengaduan/surel/")
        expect(page.get_by_text("Belum dipasang: email pengaduan tidak diambil.")).to_be_visible()
        officer.look("complaint-mailbox")
        officer.open("/pengaduan/daftar/")
        page.get_by_role("link", name="Situs Dinsos lambat").first.click()
        page.get_by_role("link", name="Tangani").click()
        page.get_by_label("Klasifikasi").select_option("grievance")
        page.get_by_role("button", name="Tangani").click()
        officer.look("complaint")
        page.get_by_role("link", name="Sampaikan Penyelesaian").click()
        page.get_by_label("Penyelesaian, sebagaimana").fill("Server sudah dipindah; halaman depan kini cepat.")
        officer.look("complaint-step")
        page.get_by_role("button", name="Sampaikan Penyelesaian").click()
        expect(page.locator(".pagehead .badge-state")).to_have_text("Dijawab Petugas")
    assert "Server sudah dipindah" in mail_with(stack, f"[{number}] Jawaban atas pengaduan Anda", CITIZEN)
    with visitors.visitor(size=PHONE) as citizen:
        page = citizen.page
        page.goto(tracking)
        page.get_by_role("button", name="Konfirmasi Selesai").click()
        expect(page.get_by_role("heading", name=f"{number}: Selesai")).to_be_visible()
        invitation = mail_with(stack, f"Bagaimana pelayanan kami? Survei {number}", CITIZEN)
        page.goto(re.search(r"https?://\S+/survei/isi/\S+", invitation).group())
        for question in page.get_by_role("group").all():
            question.get_by_role("radio").last.check()
        citizen.look("survey")
        page.get_by_role("button", name="Kirim jawaban").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Terima kasih")
        page.get_by_role("link", name="Lihat hasil survei").click()
        expect(page.get_by_text("Nilai IKM")).to_be_visible()
        citizen.look("survey-results")


def test_what_lapor_hands_on_is_entered_within_a_minute(visitors: Visitors) -> None:
    """By keyboard alone; a quick typist presses three keys a second, a slow one two."""
    with visitors.person("complaints_officer") as officer:
        page = officer.page
        officer.open("/pengaduan/daftar/")
        page.get_by_role("link", name="Catat pengaduan").click()
        officer.look("complaint-entry")
        page.get_by_label("Disampaikan lewat").focus()
        pressed = ["LA", "Situs Dinsos lambat", "Halaman depan baru terbuka setelah satu menit.", "9876543"]
        for words in pressed:
            page.keyboard.type(words)
            page.keyboard.press("Tab" if words != pressed[-1] else "Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Situs Dinsos lambat")
        expect(page.locator("dt:has-text('Nomor di sistem lain') + dd")).to_have_text("9876543")
        expect(page.locator(".pagehead .quiet")).to_contain_text("LAPOR!")
        expect(page.get_by_role("link", name=re.compile("Cetak tanda terima"))).to_be_visible()
        assert sum(map(len, pressed)) + len(pressed) < 2 * 60
