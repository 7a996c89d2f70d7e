"""The list as people use it: with the keyboard, with filters, and as a file; and the report of the Kepala Dinas."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.request_form import apply
from tests.browser.visitors import Visitors

pytestmark = pytest.mark.browser

TITLE = "Situs yang Dicari"


@pytest.fixture(scope="module")
def request_to_find(visitors: Visitors) -> str:
    """The number of a request that was sent."""
    with visitors.person("applicant") as opd:
        opd.open("/permohonan/baru/")
        apply(opd.page, label="yang-dicari", title=TITLE)
        expect(opd.page.get_by_role("heading", level=1)).to_have_text(TITLE)
        return opd.page.url.rstrip("/").rsplit("/", 1)[-1]


def test_finding_a_request_and_taking_the_list_away(visitors: Visitors, request_to_find: str) -> None:
    with visitors.person("registrar") as tu:
        tu.open("/permohonan/")
        box = tu.page.get_by_label("Cari", exact=True)
        box.fill("tidak ada yang bernama begini")
        box.press("Enter")
        expect(tu.page.get_by_text("Tidak ada permohonan yang cocok.")).to_be_visible()
        box.fill("yang-dicari dinsos")
        box.press("Enter")
        rows = tu.page.get_by_role("region", name="1 permohonan")
        expect(rows.get_by_role("link")).to_contain_text(TITLE)
        tu.page.get_by_text("Penyaring dan urutan").click()
        tu.page.get_by_label("Keadaan").select_option("submitted")
        with tu.page.expect_response("**/permohonan/opd/**"):
            tu.page.get_by_label("OPD (nama singkat)").press_sequentially("Dinsos")
        tu.page.get_by_role("button", name="Tampilkan").last.click()
        expect(rows.get_by_role("link")).to_contain_text(request_to_find)
        with tu.page.expect_download() as download:
            tu.page.get_by_role("button", name="CSV").click()
        lines = Path(download.value.path()).read_text("utf-8-sig").splitlines()
        assert [line.split(";")[0] for line in lines] == ['"Nomor permohonan"', f'"{request_to_find}"']


def test_what_cannot_be_asked(visitors: Visitors) -> None:
    with visitors.person("registrar") as tu:
        tu.open("/permohonan/?opd=Dinas+Karangan")
        expect(tu.fault_at("opd")).to_have_text("Tidak ada OPD dengan nama singkat ini.")
        tu.look("find-fault")


def test_the_head_reads_the_report_and_goes_to_what_a_figure_counts(visitors: Visitors, request_to_find: str) -> None:
    with visitors.person("head") as head:
        head.open("/laporan/")
        expect(head.page.get_by_role("heading", name="Laporan pelayanan hosting")).to_be_visible()
        expect(head.page.get_by_role("img", name="per bulan")).to_be_visible()
        received = head.page.get_by_role("listitem").filter(has_text="Permohonan masuk").get_by_role("link")
        count = received.inner_text()
        received.click()
        expect(head.page.get_by_role("heading", name=f"{count} permohonan", exact=True)).to_be_visible()
        expect(head.page.get_by_role("link").filter(has_text=request_to_find)).to_be_visible()


def test_days_that_cannot_be(visitors: Visitors) -> None:
    with visitors.person("head") as head:
        head.open("/laporan/?dari=2026-02-01&sampai=2026-01-01")
        expect(head.fault_at("sampai")).to_have_text("Tanggal ini mendahului tanggal awalnya.")
        head.look("report-fault")
