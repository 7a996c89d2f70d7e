"""The main path, from the letter to the site, for a browser that runs no JavaScript at all (`script/test-more`)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from demo.clients import make_key
from demo.paper import code_on
from panggon.core.papers.signing import EVIDENCE_LASTS
from tests.browser.request_form import apply
from tests.browser.test_nine_steps import AFTER_PREPARATION, BEFORE_PREPARATION, take_turn
from tests.browser.visitors import Visitors
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1500)]

LABEL, TITLE = "tanpa-skrip", "Layanan Dinas Sosial"
PLAIN: dict[str, Any] = {"java_script_enabled": False}
STATE = ".pagehead .badge-state"
LATE = EVIDENCE_LASTS + timedelta(minutes=1)


def test_from_the_letter_to_the_site(visitors: Visitors, tmp_path) -> None:
    with visitors.person("applicant", **PLAIN) as opd:
        opd.open("/permohonan/baru/")
        apply(opd.page, label=LABEL, title=TITLE)
        expect(opd.page.locator(STATE)).to_have_text("Diajukan")
        number = opd.page.url.split("/")[-2]
    # The number that the agenda proposes: the one that the other test gives cannot be given twice.
    first, *others = BEFORE_PREPARATION
    for turn in (replace(first, fill_in=lambda _page: None), *others):
        take_turn(visitors, number, turn, **PLAIN)
    _prepare(visitors, number)
    *before_approval, approval, delivery = AFTER_PREPARATION
    for turn in before_approval:
        take_turn(visitors, number, turn, **PLAIN)
    _prove_again(visitors, number)
    for turn in (approval, delivery):
        take_turn(visitors, number, turn, **PLAIN)
    with visitors.person("applicant", **PLAIN) as opd:
        opd.waiting(number).click()
        code = code_on(opd.paper("Dokumen Hak Akses"))
        opd.page.get_by_role("link", name="Buka halaman hak akses").click()
        asked = opd.page.get_by_label("Kode pada Dokumen Hak Akses")
        until(lambda: asked.is_visible() or (opd.page.reload() and False), "the worker invites nobody")
        opd.look("access-taking-over")
        asked.fill(code)
        opd.page.get_by_text("Memakai kunci SSH").click()
        opd.page.get_by_label("Kunci publik SSH").fill(make_key(tmp_path / "key"))
        opd.page.get_by_role("button", name="Simpan hak akses").click()
        expect(opd.page.locator("dt:has-text('Kunci SSH terpasang') + dd")).to_have_text("1")
        opd.case(number)
        opd.page.get_by_role("link", name="Konfirmasi Terima dan Dapat Diakses").click()
        opd.page.get_by_role("button", name="Konfirmasi Terima dan Dapat Diakses").click()
        expect(opd.page.locator(STATE)).to_have_text("Selesai")


def _prepare(visitors: Visitors, number: str) -> None:
    """The page asks again by itself while the machine works: of a plan, then of the site."""
    with visitors.person("technician", **PLAIN) as technician:
        technician.case(number)
        technician.page.get_by_role("link", name="Siapkan").click()
        technician.page.get_by_role("button", name="Siapkan").click()
        expect(technician.page.get_by_role("link", name="Laporkan ke Kepala Bidang")).to_be_visible()


def _prove_again(visitors: Visitors, number: str) -> None:
    """The Kepala Dinas comes late: what was proven is too old to be signed, and is proven again at the press of a
    button, where a script would have asked for it.
    """
    proof = "SELECT site_id FROM cases_case WHERE number = %s"
    visitors.stack.execute(f"UPDATE sites_wish SET proved_at = proved_at - %s WHERE site_id = ({proof})", LATE, number)
    with visitors.person("head", **PLAIN) as head:
        page = head.page
        sign = page.get_by_role("button", name="Sahkan", exact=True)
        head.waiting(number).click()
        page.get_by_role("link", name="Sahkan").click()
        expect(page.get_by_text("bukti ini lebih tua daripada 15 menit")).to_be_visible()
        expect(sign).to_have_count(0)
        head.look("signing-late")
        page.get_by_role("button", name="Buktikan ulang sekarang").click()

        def is_fresh() -> bool:
            refused = page.get_by_text("Belum dapat dilakukan:")
            assert not refused.is_visible(), refused.inner_text()
            again = page.get_by_role("link", name="Muat ulang halaman ini")
            if again.is_visible():
                again.click()
            return sign.is_visible()

        until(is_fresh, "what was proven is not proven again")
