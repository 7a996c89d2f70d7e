"""A browser that runs no JavaScript: its OPD sends a request, and is told of faults (`script/test-more` goes on)."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from demo.figures import reckon
from tests.browser.inspection import PHONE
from tests.browser.request_form import apply, begin, go_on, name_site
from tests.browser.visitors import Visitors

pytestmark = pytest.mark.browser

PLAIN: dict[str, Any] = {"java_script_enabled": False}
STANDARD = "/standar-pelayanan/"
READ = (
    *("/", "/pengaduan/", "/pengaduan/lacak/", "/kinerja/", "/kinerja/?triwulan=4", "/data-terbuka/", "/survei/"),
    *(STANDARD, f"{STANDARD}sop/hosting/", f"{STANDARD}maklumat/", "/lacak/", "/verifikasi/"),
)


def test_a_request_is_sent(visitors: Visitors) -> None:
    with visitors.person("applicant", **PLAIN) as opd:
        opd.open("/permohonan/baru/")
        apply(opd.page, label="kirim-tanpa-skrip", title="Kirim Tanpa Skrip")
        expect(opd.page.locator(".pagehead .badge-state")).to_have_text("Diajukan")


def test_a_fault_is_told_without_javascript(visitors: Visitors) -> None:
    with visitors.person("applicant", **PLAIN) as opd:
        opd.open("/permohonan/baru/")
        begin(opd.page)
        name_site(opd.page, label="www", title="Tanpa Skrip")
        go_on(opd.page)
        words = "Nama “www” dicadangkan untuk keperluan jaringan. Silakan pilih nama lain."
        expect(opd.fault_at("label")).to_have_text(words)


def test_a_citizen_complains_and_reads_on_a_phone_in_both_languages(visitors: Visitors) -> None:
    """Axe needs a script and does not look here; the other tests look at the same pages."""
    with visitors.visitor(size=PHONE, **PLAIN) as citizen:
        page = citizen.page
        citizen.open("/pengaduan/")
        page.get_by_label("Tentang apa").fill("Situs lambat")
        page.get_by_label("Apa yang terjadi").fill("Halaman depan terbuka setelah satu menit.")
        page.get_by_label("Tanpa nama").check()
        page.get_by_role("button", name="Kirim pengaduan").click()
        expect(page.get_by_role("heading", name=re.compile("Diterima$"))).to_be_visible()
        page.get_by_label("Keterangan Anda").fill("Hari ini juga.")
        page.get_by_role("button", name="Tambah Keterangan").click()
        expect(page.get_by_text("Hari ini juga.")).to_be_visible()
        reckon(visitors.stack.layout)
        for language, button in (("id", "Bahasa Indonesia"), ("en", "English")):
            citizen.open("/")
            page.get_by_role("button", name=button).click()
            for path in READ:
                citizen.open(path)
                expect(page.locator("html")).to_have_attribute("lang", language)
                expect(page.get_by_role("heading", level=1)).to_be_visible()
                assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0], path
                citizen.draw(f"plain-{language}{path.replace('/', '-')}")


def test_nothing_is_shown_that_needs_a_script(visitors: Visitors) -> None:
    with visitors.visitor(**PLAIN) as anybody:
        anybody.open("/masuk/")
        expect(anybody.page.get_by_text("Kunci sandi memerlukan JavaScript")).to_be_visible()
        expect(anybody.page.get_by_role("button", name="passkey")).to_have_count(0)
    with visitors.person("administrator", **PLAIN) as administrator:
        for page in ("", "baru/"):
            administrator.open(f"/akun/keamanan/kunci-sandi/{page}")
            if administrator.page.get_by_role("heading", name="Pastikan ini Anda").count():  # signed in long ago
                administrator.page.get_by_label("Kata sandi").fill(visitors.stack.accounts["administrator"].password)
                administrator.page.get_by_role("button", name="Lanjutkan").click()
            expect(administrator.page.get_by_text("Kunci sandi memerlukan JavaScript")).to_be_visible()
            expect(
                administrator.page.get_by_text("Tambah", exact=False).and_(administrator.page.locator(".btn"))
            ).to_be_hidden()
