"""The administrator at a browser: settings, plans, machines, templates; readable on a phone and without a mouse."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.visitors import Visitors
from tests.waiting import until

pytestmark = pytest.mark.browser


def test_a_setting_is_changed_refused_and_shown_in_its_history(visitors: Visitors) -> None:
    with visitors.person("administrator") as admin:
        page = admin.page
        admin.open("/pengaturan/standar/")
        steps = page.get_by_label("Sistem, mekanisme, dan prosedur", exact=True)
        nine = steps.input_value()
        steps.fill("satu langkah")
        page.get_by_role("button", name="Simpan").click()
        expect(admin.fault_at("steps")).to_have_text("Ada 1 baris; prosedur pelayanan mempunyai 9 langkah.")
        admin.look("standard-refused")
        page.get_by_label("Sistem, mekanisme, dan prosedur", exact=True).fill(nine)
        page.get_by_label("Biaya/tarif", exact=True).fill("Tidak dipungut biaya sama sekali")
        page.get_by_role("button", name="Simpan").click()
        expect(page.get_by_role("status")).to_contain_text("Pengaturan sudah disimpan.")
        page.get_by_text("1 isian berubah").first.click()
        expect(page.locator("ins").first).to_have_text("Tidak dipungut biaya sama sekali")
        admin.look("standard-history")
        page.get_by_label("Biaya/tarif", exact=True).fill("Tidak dipungut biaya")
        page.get_by_role("button", name="Simpan").click()


def test_how_the_machine_is_by_its_own_words(visitors: Visitors) -> None:
    """What its agent has told this portal."""
    with visitors.person("technician") as technician:
        page = technician.page

        def is_told() -> bool:
            technician.open("/server/")
            return page.locator("dt:text-is('Memori')").count() == 1

        until(is_told, "the agent told how its machine is", seconds=60)
        expect(page.locator("dt:text-is('Memori') + dd")).to_contain_text(re.compile(r"^\s*sisa \d+,\d\sGiB dari "))
        expect(page.locator("dt:text-is('Ruang') + dd")).to_contain_text(re.compile(r"/\S+: sisa \d"))
        technician.look("machines")


def test_a_machines_code_and_a_broken_template(visitors: Visitors) -> None:
    with visitors.person("administrator") as admin:
        page = admin.page
        admin.open("/pengaturan/server/")
        page.get_by_label("Nama server").fill("server-cadangan")
        page.get_by_role("region", name="Server baru").get_by_role("button").click()
        expect(page.get_by_role("heading", name="Kode pendaftaran server-cadangan")).to_be_visible()
        admin.look("machine-code")
        page.get_by_role("button", name="Pensiunkan server-cadangan").click()
        expect(page.get_by_role("status")).to_contain_text("sudah dipensiunkan")
        admin.open("/pengaturan/naskah/lembar.typ/")
        page.get_by_label("Isi templat (Typst)").fill("#kop(")
        page.get_by_role("button", name="Pakai templat ini").click()
        expect(admin.fault_at("text")).to_contain_text(re.compile("lembar.typ, baris 1"))
        admin.look("template-refused")
