"""A finding without a site from its report to its closing, in the browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.inspection import PHONE
from tests.browser.visitors import SECONDS_TO_WAIT, Visitors
from tests.waiting import until

pytestmark = pytest.mark.browser


def fill(page: Page, **fields: str) -> None:
    for label, words in fields.items():
        page.get_by_label(label.replace("_", " ")).fill(words)


def go(page: Page, step: str) -> None:
    page.get_by_role("link", name=step).click()


def done(page: Page, step: str, state: str) -> None:
    page.get_by_role("button", name=step).click()
    expect(page.locator(".pagehead .badge-state")).to_have_text(state)


def test_an_incident_from_report_to_closing(visitors: Visitors, tmp_path: Path) -> None:
    shell = tmp_path / "shell.php"
    shell.write_text("<?php // jahat")
    with visitors.person("technician") as technician:
        page = technician.page
        technician.open("/insiden/")
        go(page, "Laporkan insiden")
        fill(page, Tentang_apa="Unggahan mencurigakan", Apa_yang_terlihat="Ada shell.php di folder unggahan.")
        technician.look("incident-report")
        done(page, "Laporkan", "Dilaporkan")
        number, address = page.locator(".pagehead .quiet").inner_text().split(" ")[0], page.url
        go(page, "Tambah Catatan atau Bukti")
        fill(page, Isi_catatan="Berkasnya terlampir.")
        page.locator("#id_files").set_input_files(shell)
        done(page, "Tambah Catatan atau Bukti", "Dilaporkan")
        expect(page.get_by_role("link", name="shell.php")).to_be_visible()
    with visitors.person("division_head", size=PHONE) as official:
        page = official.page
        official.open("/beranda/")
        page.get_by_role("region", name="Juga menunggu Anda").get_by_role("link", name="Insiden").click()
        page.get_by_role("link", name="Unggahan mencurigakan").first.click()
        go(page, "Nyatakan Insiden")
        page.get_by_role("radio", name="Tinggi").check()
        page.get_by_role("radio", name="Ya, terkena").check()
        fill(page, Mengapa_ini_insiden="Pendaftar dapat dibaca siapa pun.")
        official.look("incident-step")
        done(page, "Nyatakan Insiden", "Ditangani")
        official.look("incident")
    with visitors.person("technician") as technician:
        page = technician.page
        page.goto(address)
        go(page, "Buat Laporan Insiden")
        assert "shell.php di folder unggahan" in page.get_by_label("Kronologi").input_value()
        fill(page, Dampak_insiden="Data 12 pendaftar.")
        done(page, "Buat Laporan Insiden", "Ditangani")
        until(lambda: paper_is_there(page), "the report as PDF", seconds=SECONDS_TO_WAIT)
        path = page.get_by_role("link", name="Laporan Insiden Siber").get_attribute("href")
        paper = page.context.request.get(f"{technician.portal}{path}")
        assert (paper.headers["content-type"], paper.body()[:5]) == ("application/pdf", b"%PDF-")
        for duty in ("TTIS", "subjek", "lembaga"):
            go(page, "Catat Sudah Disampaikan")
            page.get_by_role("radio", name=re.compile(duty)).first.check()
            fill(page, Kepada_siapa="Lewat surel resmi.")
            done(page, "Catat Sudah Disampaikan", "Ditangani")
        for step, state in (("Nyatakan Terkendali", "Terkendali"), ("Nyatakan Pulih", "Dipulihkan")):
            go(page, step)
            page.locator("textarea").fill("Berkas dihapus, kata sandi diganti.")
            done(page, step, state)
    with visitors.person("head") as head:
        page = head.page
        page.goto(address)
        go(page, "Tutup Insiden")
        for answer in page.get_by_role("radio", name="Sudah").all():
            answer.check()
        fill(page, Apa_yang_dipelajari="Unggahan dibatasi.")
        head.look("incident-closing")
        done(page, "Tutup Insiden", "Ditutup")
    with visitors.person("complaints_officer") as outsider:
        outsider.page.goto(address)
        expect(outsider.page.get_by_text(number)).to_have_count(0)


def paper_is_there(page: Page) -> bool:
    page.reload()
    return page.get_by_role("link", name="Laporan Insiden Siber").count() == 1
