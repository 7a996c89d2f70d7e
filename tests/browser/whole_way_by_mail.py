"""A complaint by e-mail to its end, before a real browser and with a real mail server (`script/test-more`)."""

import os
import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from unittest.mock import patch

import pytest
from playwright.sync_api import expect

from tests.browser.inspection import PHONE
from tests.browser.visitors import Visitors
from tests.portal import dovecot
from tests.portal.dovecot import ADDRESS, PASSWORD, MailServer
from tests.portal.mails import PNG, RINA, answer_to, body_of, mail
from tests.site_numbers import First
from tests.stack import Stack, running_stack
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1500)]
FETCHED = 90  # seconds within which the worker has fetched what was delivered


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with dovecot.running() as server:
        yield server


@pytest.fixture(scope="module")
def stack(server: MailServer) -> Iterator[Stack]:
    settings = {
        "PANGGON_IMAP_HOST": "localhost",
        "PANGGON_IMAP_PORT": str(server.tls),
        "PANGGON_IMAP_CA": str(server.ca),
        "PANGGON_IMAP_USER": ADDRESS,
        "PANGGON_IMAP_PASSWORD": PASSWORD,
    }
    with patch.dict(os.environ, settings), running_stack("mail", first_site=First.MAIL, simulate=True) as running:
        yield running


@pytest.fixture(scope="module")
def sessions() -> dict:
    """Of this stack."""
    return {}


def sent(stack: Stack, subject: str) -> EmailMessage:
    def found() -> EmailMessage | None:
        for file in (stack.layout.office / "mail").glob("*"):
            for part in file.read_bytes().split(b"\n" + b"-" * 79 + b"\n"):
                message = message_from_bytes(part, policy=policy.default)
                if message["To"] == RINA and re.search(subject, str(message["Subject"])):
                    return message
        return None

    return until(found, f"no mail {subject}", seconds=FETCHED)


def test_from_a_mail_to_its_end(visitors: Visitors, stack: Stack, server: MailServer) -> None:
    server.deliver(
        mail(files={"layar.png": PNG, "situs.exe": b"MZ"}), mail("Obral.", Precedence="bulk", subject="Obral")
    )
    receipt = sent(stack, "sudah kami terima")
    assert "situs.exe – Lampiran hanya boleh PDF, JPEG, atau PNG." in body_of(receipt)
    with visitors.person("complaints_officer") as officer:
        page = officer.page
        officer.open("/pengaduan/daftar/")
        page.get_by_role("link", name="1 email menunggu diperiksa").click()
        expect(page.get_by_text("Terakhir diambil")).to_be_visible()
        officer.look("complaint-mails")
        page.get_by_role("button", name="Buang").click()
        officer.open("/pengaduan/daftar/")
        page.get_by_role("link", name="Situs lambat").first.click()
        page.get_by_role("link", name="Tangani").click()
        page.get_by_label("Klasifikasi").select_option("grievance")
        page.get_by_role("button", name="Tangani").click()
        page.get_by_role("link", name="Kirim Jawaban").click()
        page.get_by_label("Jawaban kepada pelapor").fill("Halaman yang mana?")
        page.get_by_role("button", name="Kirim Jawaban").click()
        complaint = page.url
    server.deliver(
        answer_to(sent(stack, "Jawaban atas"), "Halaman depan."),
        answer_to(receipt, "Apa kodenya?", sender="Budi <budi@example.org>"),
    )
    with visitors.person("complaints_officer") as officer:
        page = officer.page

        def answered() -> bool:  # each mail is read by a job of its own
            page.goto(complaint)
            of_the_complainant = page.get_by_text("Halaman depan.", exact=True)
            return of_the_complainant.is_visible() and page.get_by_text("bukan dari alamat pelapornya").is_visible()

        until(answered, "the answers did not come", seconds=FETCHED)
        officer.look("complaint-by-mail")
        page.get_by_role("link", name="Sampaikan Penyelesaian").click()
        page.get_by_label("Penyelesaian, sebagaimana").fill("Server sudah dipindah.")
        page.get_by_role("button", name="Sampaikan Penyelesaian").click()
        expect(page.locator(".pagehead .badge-state")).to_have_text("Dijawab Petugas")
    link = re.search(r"https?://\S+/pengaduan/lacak/\S+", body_of(receipt))
    assert link is not None
    with visitors.visitor(size=PHONE) as citizen:
        citizen.page.goto(link.group())
        citizen.page.get_by_role("button", name="Konfirmasi Selesai").click()
        expect(citizen.page.get_by_role("heading", name=re.compile(": Selesai$"))).to_be_visible()
