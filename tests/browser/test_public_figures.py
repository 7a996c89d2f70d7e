"""Anybody reads the figures on a phone, in English, and takes them along as files."""

import csv
import io
import re

import pytest
from playwright.sync_api import expect

from demo.figures import reckon
from tests.browser.inspection import PHONE
from tests.browser.visitors import Visitors
from tests.stack import Stack

pytestmark = pytest.mark.browser


def test_figures_for_everybody(visitors: Visitors, stack: Stack) -> None:
    with visitors.visitor(size=PHONE) as citizen:
        page = citizen.page
        citizen.open("/pengaduan/")
        page.get_by_label("Tentang apa").fill("Situs lambat")
        page.get_by_label("Apa yang terjadi").fill("Halaman depan terbuka setelah satu menit.")
        page.get_by_label("Nama", exact=True).fill("Rina")
        page.get_by_role("button", name="Kirim pengaduan").click()
        expect(page.get_by_role("heading", name=re.compile("Diterima$"))).to_be_visible()
        reckon(stack.layout)
        citizen.open("/")
        page.get_by_role("link", name="Kinerja layanan dalam angka").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Kinerja layanan")
        citizen.look("figures")
        expect(page.get_by_role("img", name="Pengaduan masuk dan dijawab per bulan")).to_be_visible()
        page.get_by_role("link", name=re.compile("^Triwulan 1 ")).click()
        expect(page.get_by_role("link", name=re.compile("^Triwulan 1 "))).to_have_attribute("aria-current", "true")
        page.get_by_role("button", name="English").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Service performance")
        expect(page.locator(".lead")).to_contain_text("quarter 1 of")
        page.get_by_role("button", name="Dark").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Service performance")
        expect(page.locator("meta[name=color-scheme]")).to_have_attribute("content", "dark")
        citizen.look("figures-dark")
        page.get_by_role("link", name="All these figures as open data").click()
        citizen.look("open-data")
        address = page.get_by_role("link", name="permohonan.csv").get_attribute("href")
        answer = page.context.request.get(f"{citizen.portal}{address}")
        rows = list(csv.DictReader(io.StringIO(answer.text())))
        assert {row["jenis_masa"] for row in rows} == {"bulan", "triwulan", "tahun"}
