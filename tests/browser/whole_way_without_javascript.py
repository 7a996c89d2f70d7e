"""The main path, from the letter to the site, for a browser that runs no JavaScript at all (`script/test-more`)."""

from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import expect

from demo.clients import make_key
from demo.paper import code_on
from tests.browser.request_form import apply
from tests.browser.test_nine_steps import AFTER_PREPARATION, BEFORE_PREPARATION, take_turn
from tests.browser.visitors import Visitors
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(280)]

LABEL, TITLE = "tanpa-skrip", "Layanan Dinas Sosial"
PLAIN: dict[str, Any] = {"java_script_enabled": False}
STATE = ".pagehead .badge-state"


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
    for turn in AFTER_PREPARATION:
        take_turn(visitors, number, turn, **PLAIN)
    with visitors.person("applicant", **PLAIN) as opd:
        opd.waiting(number).click()
        code = code_on(opd.paper("Dokumen Hak Akses"))
        opd.page.get_by_role("link", name="Buka halaman hak akses").click()
        asked = opd.page.get_by_label("Kode pada Dokumen Hak Akses")
        until(lambda: asked.is_visible() or (opd.page.reload() and False), "the worker invites nobody")
        asked.fill(code)
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
