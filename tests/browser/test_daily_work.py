"""The officials' day: lists that renew themselves, a disposition in three taps, two people and the back button."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.request_form import apply
from tests.browser.visitors import Visitors

pytestmark = pytest.mark.browser

LABEL, TITLE = "kerja-harian", "Kerja Harian"


def row(page: Page) -> Locator:
    """The case among those that wait."""
    return page.locator("#daftar").get_by_role("listitem").filter(has_text=TITLE)


def look_again(page: Page) -> None:
    """What a browser says when its tab comes to the front; the list asks at once instead of in 15 seconds."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_a_day_at_the_office(visitors: Visitors) -> None:
    with visitors.person("registrar") as registrar:
        registrar.open("/beranda/")
        other_tab = registrar.page.context.new_page()
        other_tab.goto(f"{registrar.portal}/beranda/")
        expect(row(registrar.page)).to_have_count(0)
        with visitors.person("applicant") as opd:
            opd.open("/permohonan/baru/")
            apply(opd.page, label=LABEL, title=TITLE)
            expect(opd.page.locator(".pagehead .badge-state")).to_have_text("Diajukan")

        for tab in (registrar.page, other_tab):  # nobody has loaded them again
            look_again(tab)
            expect(row(tab)).to_be_visible()
        row(registrar.page).get_by_role("link", name="Terima Surat").click()
        expect(registrar.page.get_by_text(re.compile(r"^\d{4}/\d{4}$"))).to_be_visible()
        registrar.page.get_by_role("button", name="Terima Surat").click()
        expect(registrar.page.get_by_role("status")).to_contain_text(f"{TITLE}. Sekarang di Kepala Dinas.")
        expect(row(registrar.page)).to_have_count(0)
        look_again(other_tab)
        expect(row(other_tab)).to_have_count(0)

        registrar.page.go_back()
        words = "Langkah itu tidak diperlukan lagi: Endah Lestari, A.Md. sudah melakukan “Terima Surat” pada"
        expect(registrar.page.get_by_text(words)).to_be_visible()
        registrar.open("/agenda/")
        expect(registrar.page.get_by_role("row").filter(has_text="Permohonan Hosting").first).to_be_visible()

    _dispose_in_three_taps(visitors)
    _assign_by_keyboard(visitors)
    _return_with_reasons(visitors)
    _make_a_number_void(visitors)


def _dispose_in_three_taps(visitors: Visitors) -> None:
    with visitors.person("head", has_touch=True) as head:
        page = head.page
        head.open("/beranda/")
        row(page).get_by_role("link", name="Terbitkan Disposisi").tap()
        expect(page.get_by_role("checkbox", name="Koordinasikan")).to_be_visible()  # a tap does not wait for the page
        page.get_by_role("checkbox", name="Koordinasikan").tap()
        page.get_by_role("button", name="Terbitkan Disposisi").tap()
        expect(page.get_by_text("“Terbitkan Disposisi” sudah dilakukan.")).to_be_visible()
        expect(row(page)).to_have_count(0)


def _assign_by_keyboard(visitors: Visitors) -> None:
    with visitors.person("division_head") as official:
        page = official.page
        official.open("/beranda/")
        row(page).get_by_role("link", name="Teruskan ke Petugas Teknis").press("Enter")
        expect(page.get_by_text("Selesaikan/tindak lanjuti; Koordinasikan")).to_be_visible()
        expect(page.get_by_role("radio").first).to_be_checked()
        page.get_by_role("radio").first.focus()
        for _ in range(10):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.type") == "submit":
                break
        page.keyboard.press("Enter")
        expect(page.get_by_text("“Teruskan ke Petugas Teknis” sudah dilakukan.")).to_be_visible()


def _return_with_reasons(visitors: Visitors) -> None:
    """What the technician writes at an item, the OPD reads at its field."""
    with visitors.person("technician") as technician:
        page = technician.page
        technician.open("/beranda/")
        row(page).get_by_role("link", name="Periksa Kelengkapan").click()
        items = page.locator(".item")
        for index in range(items.count()):
            items.nth(index).get_by_role("radio", name="Terpenuhi" if index else "Belum").check()
        expect(page.locator("textarea:visible")).to_have_count(2)  # of the one item that is not met, and the note
        page.get_by_role("button", name="Nyatakan Lengkap").click()
        expect(page.get_by_role("alert")).to_contain_text("Belum terpenuhi")
        items.first.get_by_role("textbox").fill("Surat belum ditandatangani.")
        page.get_by_role("button", name="Kembalikan untuk Dilengkapi").click()
        expect(page.get_by_text("“Kembalikan untuk Dilengkapi” sudah dilakukan.")).to_be_visible()
    with visitors.person("applicant") as opd:
        opd.open("/beranda/")
        expect(opd.page.get_by_role("heading", name=re.compile("Perlu dilengkapi"))).to_be_visible()
        row(opd.page).locator("a.name").click()
        expect(opd.page.get_by_text("Surat belum ditandatangani.").first).to_be_visible()


def _make_a_number_void(visitors: Visitors) -> None:
    """The number of the tanda terima stays in the register, and with the paper that the OPD has."""
    reason = "Salah tulis nama OPD"
    with visitors.person("registrar") as registrar:
        page = registrar.page
        registrar.open("/buku-nomor/")
        page.get_by_label("Cari nomor, naskah, atau permohonan").fill("Tanda Terima")
        page.get_by_role("button", name="Tampilkan").click()
        page.get_by_role("link", name="Batalkan nomor").first.click()
        page.get_by_label("Alasan").fill(reason)
        registrar.look("void")
        page.get_by_role("button", name="Batalkan nomor").click()
        expect(page.get_by_role("row").filter(has_text=reason)).to_contain_text("batal")
        registrar.look("register")
        number = page.get_by_role("row").filter(has_text=reason).get_by_role("link", name="HST-").inner_text()
    with visitors.person("applicant") as opd:
        opd.case(number)
        expect(opd.page.get_by_text(reason).first).to_be_visible()
