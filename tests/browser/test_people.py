"""Accounts, posts and acting officials, as the administrator and an OPD's people see them."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.visitors import Visitors

pytestmark = pytest.mark.browser


def test_an_opd_invites_a_colleague_and_withdraws_the_invitation(visitors: Visitors) -> None:
    with visitors.person("applicant") as opd:
        opd.open("/rekan/")
        opd.page.get_by_label("Alamat email rekan").fill("rekan.baru@example.go.id")
        opd.page.get_by_role("button", name="Kirim undangan", exact=True).click()
        waiting = opd.page.get_by_role("region", name="Undangan yang belum diterima")
        expect(waiting).to_contain_text("rekan.baru@example.go.id")
        opd.page.get_by_label("Alamat email rekan").fill("rekan.baru@example.go.id")
        opd.page.get_by_role("button", name="Kirim undangan", exact=True).click()
        expect(opd.fault_at("email")).to_contain_text("Alamat ini sudah diundang.")
        opd.page.get_by_role("button", name="Batalkan undangan rekan.baru@example.go.id").click()
        expect(waiting).to_have_count(0)


def test_the_administrator_looks_after_opds_and_people(visitors: Visitors) -> None:
    with visitors.person("administrator") as admin:
        page = admin.page
        admin.open("/opd/")
        page.get_by_label("Nama OPD atau subdomain").fill("Dinkes")
        page.get_by_role("button", name="Cari").click()
        page.get_by_role("link", name=re.compile("Dinas Kesehatan")).click()
        page.get_by_role("link", name="Ubah").click()
        page.get_by_label("Subdomain milik OPD").fill("dinkes, -salah")
        page.get_by_role("button", name="Simpan").click()
        expect(admin.fault_at("labels")).to_have_text("“-salah” tidak dapat menjadi subdomain.")
        page.get_by_label("Subdomain milik OPD").fill("dinkes")
        page.get_by_role("button", name="Simpan").click()
        expect(page.get_by_role("region", name="Riwayat perubahan")).to_contain_text("1 isian berubah")
        admin.open("/pegawai/")
        page.get_by_label("Nama, NIP, email, atau OPD").fill("Bambang")
        page.get_by_role("button", name="Cari").click()
        page.get_by_role("region", name="Semua akun").get_by_role("link", name=re.compile("Bambang")).click()
        page.get_by_role("link", name="Tutup akun").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Tutup akun")


def test_an_acting_official_is_named_and_the_incumbent_told(visitors: Visitors) -> None:
    with visitors.person("administrator") as admin:
        page = admin.page
        admin.open("/pegawai/pejabat-sementara/")
        page.get_by_label("Jabatan yang dijalankan").select_option(label="Kepala Dinas")
        page.get_by_label("Dijalankan oleh").select_option(label="Dwi Nugroho, S.T.")
        page.get_by_label("Nomor surat perintah").fill("800/12/2026")
        page.get_by_label("Tanggal surat perintah").fill("2020-01-01")
        page.get_by_label("Mulai tanggal").fill("2020-01-01")
        page.get_by_label("Sampai dengan tanggal").fill("2019-12-31")
        page.get_by_role("button", name="Catat", exact=True).click()
        expect(admin.fault_at("last_day")).to_have_text("Hari terakhir mendahului hari pertama.")
        page.get_by_label("Sampai dengan tanggal").fill("2099-12-31")
        page.get_by_role("button", name="Catat", exact=True).click()
        expect(page.get_by_text("sedang bertugas")).to_be_visible()
        try:
            with visitors.person("head") as head:
                head.open("/beranda/")
                expect(head.page.get_by_text("sedang dijalankan oleh Plh. Kepala Dinas, Dwi Nugroho")).to_be_visible()
                head.look("home-represented")
        finally:
            page.get_by_role("button", name="Akhiri sekarang masa tugas Dwi Nugroho, S.T.").click()
        expect(page.locator(".badge-state").filter(has_text="diakhiri")).to_be_visible()
        admin.open("/pegawai/")
        page.get_by_role("link", name="Riwayat pejabat", exact=True).first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Kepala Dinas")
        expect(page.get_by_role("region", name="Plh dan Plt")).to_contain_text("Plh. Kepala Dinas")
        page.get_by_role("region", name="Yang pernah").get_by_role("link").click()
        page.get_by_role("link", name="Masa jabatan Kepala Dinas").click()
        page.get_by_label("Mulai menjabat").fill("2024-02-01")
        page.get_by_label("Nomor SK pengangkatan").fill("821.2/7/2024")
        admin.look("tenure")
        page.get_by_role("button", name="Simpan").click()
        expect(page.get_by_text("sejak 1 Februari 2024 · SK 821.2/7/2024")).to_be_visible()
        admin.look("person-with-tenure")
        admin.open("/pegawai/jabatan/kepala-dinas/")
        admin.look("post-history")
