"""A browser that runs no JavaScript: its OPD sends a request, and is told of faults (`script/test-more` goes on)."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.request_form import apply, begin, go_on, name_site
from tests.browser.visitors import Visitors

pytestmark = [pytest.mark.browser, pytest.mark.timeout(280)]

PLAIN: dict[str, Any] = {"java_script_enabled": False}


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
