"""The main path for a browser that runs no JavaScript at all."""

import pytest
from playwright.sync_api import expect

from tests.browser.request_form import apply, begin, go_on, name_site
from tests.browser.visitors import Visitors

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

LABEL = "tanpa-skrip"
STATE = ".pagehead .badge-state"


def test_send_and_receive_a_request(visitors: Visitors) -> None:
    with visitors.person("applicant", java_script_enabled=False) as opd:
        opd.open("/permohonan/baru/")
        apply(opd.page, label=LABEL, title="Tanpa Skrip")
        expect(opd.page.locator(STATE)).to_have_text("Diajukan")
        number = opd.page.url.split("/")[-2]
    with visitors.person("registrar", java_script_enabled=False) as registrar:
        registrar.waiting(number).click()
        registrar.page.get_by_role("link", name="Terima Surat").click()
        registrar.page.get_by_role("button", name="Terima Surat").click()
        expect(registrar.page.get_by_text("“Terima Surat” sudah dilakukan.")).to_be_visible()
        registrar.case(number)
        expect(registrar.page.locator(STATE)).to_have_text("Diterima")
    with visitors.person("head", java_script_enabled=False) as head:
        expect(head.waiting(number)).to_have_count(1)


def test_a_fault_is_told_without_javascript(visitors: Visitors) -> None:
    with visitors.person("applicant", java_script_enabled=False) as opd:
        opd.open("/permohonan/baru/")
        begin(opd.page)
        name_site(opd.page, label="www", title="Tanpa Skrip")
        go_on(opd.page)
        words = "Nama “www” dicadangkan untuk keperluan jaringan. Silakan pilih nama lain."
        expect(opd.fault_at("label")).to_have_text(words)
