"""What the service promises: read on a phone and at a desk, changed by the administrator after a look, copied."""

import pytest
from playwright.sync_api import expect

from tests.browser.inspection import DESK, PHONE
from tests.browser.visitors import Visitors

pytestmark = pytest.mark.browser


def test_anybody_reads_standard_sop_and_pledge(visitors: Visitors) -> None:
    with visitors.visitor(size=PHONE) as citizen:
        page = citizen.page
        citizen.open("/")
        page.get_by_role("link", name="Standar pelayanan", exact=True).click()
        expect(page.get_by_role("heading", name="Sistem, Mekanisme dan Prosedur")).to_be_visible()
        citizen.look("standard")
        page.get_by_role("link", name="SOP pelayanan").click()
        cell = page.get_by_role("row", name="Nyatakan Lengkap")
        expect(cell).to_contain_text("Keputusan. Ya: nomor 8; tidak: nomor 6.")
        expect(cell.locator(".strip")).to_be_hidden()
        citizen.look("sop")
        page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
        expect(page.get_by_role("columnheader", name="Mutu baku")).to_be_visible()
        chart = page.get_by_role("row", name="Nyatakan Lengkap").locator(".strip")
        expect(chart).to_be_visible()
        above, below = (page.locator(".sop .strip").nth(number).bounding_box() for number in (4, 5))
        assert above
        assert below
        assert abs(above["y"] + above["height"] - below["y"]) <= 2  # the chart runs on from row to row
        page.get_by_role("link", name="Maklumat pelayanan").click()
        expect(page.get_by_text("kami menyatakan sanggup menyelenggarakan pelayanan")).to_be_visible()
        citizen.look("pledge")


def test_the_administrator_looks_before_publishing(visitors: Visitors) -> None:
    with visitors.person("administrator") as admin:
        page = admin.page
        admin.open("/pengaturan/dokumen/")
        expect(page.get_by_text("“diskominfo@gafe.pekalongankota” tidak dapat dihubungi")).to_be_visible()
        admin.look("documents")
        page.get_by_role("link", name="Ubah maklumat").click()
        page.get_by_label("Tanggal maklumat").fill("2026-11-20")
        page.get_by_role("button", name="Pratinjau").click()
        preview = page.get_by_role("region", name="Pratinjau: belum disimpan")
        expect(preview.get_by_text("20 November 2026")).to_be_visible()
        admin.look("pledge-preview")
        preview.get_by_role("button", name="Simpan").click()
        expect(page.get_by_text("Pengaturan sudah disimpan.")).to_be_visible()
        admin.open("/standar-pelayanan/maklumat/")
        expect(page.get_by_text("20 November 2026", exact=False).first).to_be_visible()
        expect(page.get_by_text("sebelum perubahan pertama")).to_be_visible()


def test_fields_are_copied_to_sippn(visitors: Visitors) -> None:
    with visitors.person("administrator") as admin:
        page = admin.page
        admin.open("/standar-pelayanan/sippn/")
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.get_by_role("button", name="Salin: Waktu Penyelesaian").click()
        expect(page.get_by_text("Sudah disalin")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == "2 Hari kerja"
        admin.look("sippn")
