"""The life of a real site after its case, by the people who may, on a real machine (`script/test-more`)."""

import re
import ssl
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from demo.clients import Answer, ask_dns, ask_https
from demo.layout import ZONE
from tests.browser.inspection import PHONE
from tests.browser.visitors import Visitors
from tests.browser.whole_way_without_javascript import go_the_whole_way
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

LETTER = Path(__file__).resolve().parents[2] / "examples" / "surat-permohonan.pdf"
REASON = "Formulir lama dapat disalahgunakan."
NOTICE = "Situs ini sedang diperbaiki sampai Jumat."
STATE = ".pagehead .badge-state"


@pytest.fixture
def site(visitors: Visitors, tmp_path: Path) -> "LivingSite":
    go_the_whole_way(visitors, tmp_path, label="hidup")
    found = LivingSite(visitors)
    assert found.ask().status == 200
    return found


class LivingSite:
    """One site as its people press, and as the world sees it."""

    def __init__(self, visitors: Visitors) -> None:
        self.visitors, self.path = visitors, ""

    def ask(self, label: str = "hidup") -> Answer:
        authority = self.visitors.stack.layout.authority
        return ask_https(
            f"{label}.{ZONE}", "/", address="127.0.0.1", port=self.visitors.stack.ports["https"], authority=authority
        )

    def open(self, page: Page, portal: str) -> None:
        page.goto(f"{portal}/situs/?q=hidup")
        page.get_by_role("link", name=re.compile(r"(hidup|baru)\.")).click()

    def change(self, words: str, approver: str, **fields: str) -> None:
        """Proposed by the technician, approved by somebody else who has read the machine's plan, and done."""
        with self.visitors.person("technician") as technician:
            page = technician.page
            self.open(page, technician.portal)
            page.get_by_role("link", name=words).click()
            for label, value in {**fields, "Alasan": REASON}.items():
                page.get_by_label(label, exact=True).fill(value)
            page.get_by_role("button", name="Susun rencana").click()
            expect(page.get_by_role("heading", name="Rencana")).to_be_visible()  # comes by itself
            expect(page.get_by_text("Tindakan ini bukan wewenang Anda.")).to_be_visible()
            address = page.url
        with self.visitors.person(approver) as official:
            page = official.page
            official.open("/situs/")
            page.get_by_role("link", name=f"{words}: ").first.click()
            assert page.url == address
            official.look(f"change-{words}")
            page.get_by_role("button", name="Setujui dan jalankan").click()
            expect(page.locator(STATE)).to_have_text("Selesai")  # comes by itself
            expect(page.get_by_text(re.compile(r"^(\d+) dari \1 bukti terpenuhi$"))).to_be_visible()


def test_suspended_reopened_renamed_and_deactivated(site: LivingSite, visitors: Visitors) -> None:
    site.change("Tangguhkan", "division_head", **{"Yang dibaca pengunjung": NOTICE})
    answer = site.ask()
    assert (answer.status, NOTICE in answer.body, REASON in answer.body) == (503, True, False)
    with visitors.person("applicant", size=PHONE) as opd:
        opd.open("/pemberitahuan/")
        expect(opd.page.get_by_text(f"hidup.{ZONE}: Tangguhkan").first).to_be_visible()
        site.open(opd.page, opd.portal)
        expect(opd.page.locator(STATE)).to_have_text("Ditangguhkan")
        opd.look("site-suspended")
    site.change("Buka Kembali", "head")
    assert site.ask().status == 200

    site.change("Ganti Nama", "head", **{"Nama baru": "baru"})
    assert site.ask("baru").status == 200
    assert site.ask("hidup").status == 308

    with visitors.person("applicant", size=PHONE) as opd:
        opd.open("/situs/?q=baru")
        opd.page.get_by_role("link", name=f"baru.{ZONE}").click()
        opd.page.get_by_role("link", name="Minta perubahan atau penonaktifan").click()
        opd.page.get_by_label("Penonaktifan situs").check()
        opd.page.get_by_label("Apa yang perlu diubah, dan mengapa").fill("Layanan pindah ke aplikasi kota.")
        opd.look("request")
        opd.page.get_by_role("button", name="Kirim permintaan").click()
        expect(opd.fault_at("letter")).to_contain_text("Surat OPD yang meminta penonaktifan belum ada.")
        opd.page.get_by_label(re.compile(r"^Surat OPD")).set_input_files(LETTER)
        opd.page.get_by_role("button", name="Kirim permintaan").click()
        expect(opd.page.get_by_text("Permintaan sudah sampai di petugas teknis.")).to_be_visible()
    with visitors.person("technician") as technician:
        page = technician.page
        technician.open("/situs/")
        page.get_by_role("link", name=f"Penonaktifan situs: baru.{ZONE}").click()
        page.get_by_role("region", name="Permintaan OPD").get_by_role("link", name="Nonaktifkan").click()
        technician.look("deactivate")
        page.get_by_role("button", name="Susun rencana").click()
        expect(page.get_by_role("heading", name="Rencana")).to_be_visible()
        address = page.url.removeprefix(technician.portal)
    with visitors.person("division_head") as official:
        official.open(address)
        official.page.get_by_role("button", name="Setujui dan jalankan").click()
        expect(official.page.locator(STATE)).to_have_text("Selesai")
    for label in ("baru", "hidup"):
        with pytest.raises((ssl.SSLError, OSError)):
            site.ask(label)
        assert ask_dns("127.0.0.1", visitors.stack.ports["dns"], f"{label}.{ZONE}", "A") == []
    with visitors.person("applicant", size=PHONE) as opd:
        opd.open("/permohonan/")
        opd.page.get_by_role("link", name=re.compile("Layanan Dinas Sosial")).first.click()
        letter = opd.page.get_by_role("link", name=re.compile("Pemberitahuan Penonaktifan"))
        until(lambda: letter.count() or (opd.page.reload() and False), "no letter of the dinas")
