"""A complaint becomes an incident; its site is closed and opened on a real hosting machine, as the world and its owner
see it (`script/test-more`: a site has to go the nine steps first).
"""

import hashlib
import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from demo.proofs import Target
from demo.steps import Course
from tests.browser.visitors import SECONDS_TO_WAIT, Visitors
from tests.stack import Stack
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1500)]
CLOSED, OPEN = "Dikarantina, dan terbukti di server.", "Terbuka lagi, dan terbukti di server."
REASON = "Halaman judi daring pada /slot."


@contextmanager
def agent_away(stack: Stack) -> Iterator[None]:
    """The machine's agent asks for nothing and does nothing meanwhile; the sites go on."""
    rows = json.loads((stack.layout.state / "stack.json").read_text())
    pid = next(row["pid"] for row in rows if row["name"] == "agent")
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def kept(stack: Stack, target: Target) -> dict[str, str]:
    """Every file of the site with its digest, but for what is written while nobody runs it."""
    root = stack.layout.hosting / "sites" / target.site
    found = (path for part in ("public", "private") for path in (root / part).rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def is_open(target: Target) -> bool:
    worked, _words = target.sftp("owner").batch("ls /public")
    return worked and target.page("/")[0] == 200


def is_shut(target: Target) -> bool:
    worked, _words = target.sftp("owner").batch("ls /public")
    return not worked and target.page("/")[0] == 503


def press_quarantine(page: Page) -> None:
    page.get_by_label("Alasan karantina").fill(REASON)
    page.get_by_role("button", name="Karantina Situs Sekarang").click()


def test_from_a_complaint_to_a_site_that_lives_again(
    visitors: Visitors, stack: Stack, course: Course, target: Target
) -> None:
    assert is_open(target)
    before = kept(stack, target)
    assert before
    with visitors.visitor() as citizen:
        page = citizen.page
        citizen.open("/pengaduan/")
        page.get_by_label("Tentang apa").fill("Situs berisi judi")
        page.get_by_label("Apa yang terjadi").fill("Halaman /slot menampilkan judi daring.")
        page.get_by_label("Alamat situs atau nomor permohonan").fill(course.number)
        page.get_by_role("radio", name="Tanpa nama").check()
        page.get_by_role("button", name="Kirim pengaduan").click()
    with visitors.person("complaints_officer") as officer:
        page = officer.page
        officer.open("/pengaduan/daftar/")
        page.get_by_role("link", name="Situs berisi judi").first.click()
        page.get_by_role("link", name="Jadikan insiden keamanan").click()
        expect(page.get_by_label("Alamat situs, bila ada")).to_have_value(target.host)
        page.get_by_role("button", name="Laporkan").click()
        expect(page.get_by_text("Halaman /slot menampilkan judi daring.")).to_be_visible()
        address = page.url
    with visitors.person("technician") as technician, visitors.person("division_head") as official:
        technician.page.goto(address)
        official.page.goto(address)
        technician.look("incident-quarantine")
        press_quarantine(technician.page)
        press_quarantine(official.page)  # on a page that is stale by now
        expect(official.page.get_by_text("Langkah itu tidak dapat dilakukan sekarang.")).to_be_visible()
        expect(technician.page.get_by_text(CLOSED)).to_be_visible()
        technician.look("incident-quarantined")
        assert is_shut(target)
        assert "judi" not in target.page("/")[1]
        assert target.page("/index.php")[0] == 503
        assert kept(stack, target) == before
    with visitors.person("applicant") as owner:
        owner.page.goto(address)
        expect(owner.page.get_by_text(REASON)).to_be_visible()
        owner.look("incident-owner")
    with visitors.person("head") as head:
        page = head.page
        page.goto(address)
        page.get_by_role("link", name="Lepaskan dari Karantina").click()
        page.get_by_label("Mengapa situs aman dibuka kembali").fill("Halaman itu tidak ada.")
        head.look("incident-release")
        page.get_by_role("button", name="Lepaskan dari Karantina").click()
        expect(page.get_by_text(OPEN)).to_be_visible()
        assert is_open(target)
        assert kept(stack, target) == before


def test_a_machine_that_is_away_is_said_and_does_it_when_it_is_back(
    visitors: Visitors, stack: Stack, target: Target
) -> None:
    with visitors.person("technician") as technician:
        page = technician.page
        technician.open(f"/insiden/lapor/?situs={target.host}")
        page.get_by_label("Tentang apa").fill("Lagi")
        page.get_by_label("Apa yang terlihat").fill(REASON)
        page.get_by_label("Karantina situs ini sekarang juga").check()
        with agent_away(stack):
            page.get_by_role("button", name="Laporkan").click()
            expect(page.get_by_text("Karantina sudah diminta; server sedang menutup situs.")).to_be_visible()
            assert is_open(target)
            address = page.url
        expect(page.get_by_text(CLOSED)).to_be_visible()
        until(lambda: is_shut(target), "the site is shut", seconds=SECONDS_TO_WAIT)
    with visitors.person("head") as head:
        head.page.goto(address)
        head.page.get_by_role("link", name="Lepaskan dari Karantina").click()
        head.page.get_by_label("Mengapa situs aman dibuka kembali").fill("Bersih.")
        head.page.get_by_role("button", name="Lepaskan dari Karantina").click()
        expect(head.page.get_by_text(OPEN)).to_be_visible()
        until(lambda: is_open(target), "the site lives again", seconds=SECONDS_TO_WAIT)
