"""The administrator keeps the calendar at a real browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.visitors import Visitors

pytestmark = pytest.mark.browser

SHEET = "tanggal;nama;jenis;dasar\n01/07/2026;Hari Jadi Kota;libur daerah;SK Wali Kota\n02/07/2026;Pilkada;pemilu;\n"


def test_the_calendar_is_read_and_kept(visitors: Visitors) -> None:
    with visitors.person("administrator") as admin:
        page = admin.page
        admin.open("/kalender/penutupan/tambah/")
        page.get_by_label("Tutup mulai").fill("2026-02-03T10:00")
        page.get_by_label("Buka kembali").fill("2026-02-04T07:30")
        page.get_by_label("Alasan").fill("Banjir rob")
        page.get_by_role("button", name="Simpan").click()
        expect(page.get_by_role("link", name="Banjir rob")).to_be_visible()
        page.get_by_role("link", name="Desember", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Desember 2026")

        admin.open("/kalender/jam-kerja/tambah/")
        page.get_by_label("Nama").fill("Ramadan 1450 H")
        page.get_by_label("Berlaku mulai").fill("2029-01-16")
        page.get_by_label("Berlaku sampai").fill("2029-01-10")
        page.get_by_label("Senin").fill("pagi")
        page.get_by_role("button", name="Simpan").click()
        expect(admin.fault_at("day_0")).to_contain_text("Tulis seperti 07.30-12.00")
        expect(page.get_by_label("Senin")).to_have_value("pagi")

        admin.open("/kalender/libur/tambah/")
        page.get_by_label("Tanggal").fill("2026-07-03")
        page.get_by_label("Nama").fill("Libur percobaan")
        page.get_by_role("button", name="Simpan").click()
        expect(page.get_by_role("status")).to_contain_text("dihitung ulang")
        page.get_by_role("link", name="Jumat, 3 Juli 2026").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Ubah hari libur")
        page.get_by_text("Hapus", exact=True).click()
        page.get_by_role("button", name="Ya, hapus").click()
        expect(page.get_by_role("link", name="Jumat, 3 Juli 2026")).to_have_count(0)


def test_a_file_is_previewed_before_it_is_taken(visitors: Visitors) -> None:
    with visitors.person("administrator") as admin:
        page = admin.page
        admin.open("/kalender/impor/")
        page.get_by_label("Berkas CSV").set_input_files(
            {"name": "libur.csv", "mimeType": "text/csv", "buffer": SHEET.encode()}
        )
        page.get_by_role("button", name="Lihat perubahan").click()
        expect(page.get_by_role("heading", name="2 hari akan berubah")).to_be_visible()
        admin.look("calendar-preview")
        page.get_by_role("button", name="Terapkan").click()
        expect(page.get_by_role("link", name="Kamis, 2 Juli 2026")).to_be_visible()


def test_an_official_reads_it_by_the_menu(visitors: Visitors) -> None:
    with visitors.person("head") as head:
        head.open("/beranda/")
        head.choose("Kalender")
        expect(head.page.get_by_role("heading", level=1)).to_have_text(re.compile(r"Kalender kerja \d{4}"))
        expect(head.page.get_by_role("link", name="Tambah hari libur")).to_have_count(0)
