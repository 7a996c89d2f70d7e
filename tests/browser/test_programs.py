"""Tokens, what programs do with them, what is taken along as a ZIP, and what the administrator reads of it."""

import zipfile

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.visitors import Visitor, Visitors

pytestmark = pytest.mark.browser


def call(person: Visitor, secret: str, path: str, **form: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {secret}"}
    address = f"{person.portal}/api/v1{path}"
    return httpx.post(address, data=form, headers=headers) if form else httpx.get(address, headers=headers)


def new_token(person: Visitor, name: str) -> str:
    person.open("/akun/token/")
    page = person.page
    page.get_by_label("Nama").fill(name)
    page.get_by_label("Membaca permohonan dan naskahnya").check()
    page.get_by_label("Membuat permohonan dan menjalankan langkah-langkahnya").check()
    page.get_by_role("button", name="Buat token").click()
    expect(page.get_by_text("Token ini tidak akan ditampilkan lagi.")).to_be_visible()
    person.look("token-made")
    return page.locator("#token-baru").inner_text()


def test_a_program_makes_a_draft_and_its_owner_takes_it_along(visitors: Visitors) -> None:
    with visitors.person("applicant") as opd:
        secret = new_token(opd, "Program Dinsos")
        made = call(opd, secret, "/cases", title="Dari program", label="dari-program")
        assert made.status_code == 201, made.text
        number = made.json()["number"]
        opd.open(f"/permohonan/{number}/")
        with opd.page.expect_download() as download:
            opd.page.get_by_role("button", name="Unduh seluruh berkas (ZIP)").click()
        assert download.value.suggested_filename == f"{number}.zip"
        with zipfile.ZipFile(download.value.path()) as archive:
            assert {"BACA-DAHULU.txt", "log/baris/0001.txt", "SHA256SUMS"} <= set(archive.namelist())


def test_a_withdrawn_token_opens_nothing_and_the_administrator_reads_of_it(visitors: Visitors) -> None:
    with visitors.person("administrator") as admin:
        secret = new_token(admin, "Program sementara")
        assert call(admin, secret, "/cases").status_code == 200
        admin.open("/akun/token/")
        admin.page.get_by_role("button", name="Cabut token Program sementara").click()
        expect(admin.page.get_by_text("Token dicabut.")).to_be_visible()
        assert call(admin, secret, "/cases").status_code == 401
        admin.choose("Pengaturan")
        admin.page.get_by_role("link", name="Catatan perubahan").click()
        expect(admin.page.get_by_role("heading", level=1)).to_have_text("Catatan perubahan")
        admin.page.get_by_label("Yang diubah").select_option("tokens.token")
        admin.page.get_by_role("button", name="Tampilkan").click()
        admin.page.get_by_text("isian berubah").first.click()
        expect(admin.page.get_by_text("Program sementara").first).to_be_visible()
