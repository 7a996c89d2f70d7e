"""Somebody who has never seen Panggon: a mail, a paper in the hand, a phone, and later an SFTP program."""

import os
import re
import subprocess
from pathlib import Path

import pypdfium2
from playwright.sync_api import expect

from demo.paper import words_on
from tests.browser.mails import mail_with
from tests.browser.request_form import field
from tests.browser.visitors import PHONE, Visitors

NAME, ADDRESS = "Budi Santoso", "budi@example.go.id"
ACCOUNT_PASSWORD, SFTP_PASSWORD = "kawung dan parang 7", "situs kami 2026"


def take_over(visitors: Visitors, paper: bytes, *, host: str, folder: Path) -> None:
    """From the paper alone: its QR, its code, and the mail that it speaks of."""
    words = words_on(paper)
    code = re.search(r"Kode: (\S+)", words)[1]
    with visitors.visitor(size=PHONE) as budi:
        page = budi.page
        page.goto(qr_on(paper, folder))
        budi.look("access-first")
        expect(page.get_by_text("Buka email “Undangan hak akses”")).to_be_visible()
        mail = mail_with(visitors.stack, f"Undangan hak akses {host}", ADDRESS)
        page.goto(re.search(r"http\S+/undangan/terima/\S+", mail)[0])
        field(page, "Nama lengkap dan gelar").fill(NAME)
        field(page, "Nomor HP").fill("0812-0000-0002")
        field(page, "Kata sandi").fill(ACCOUNT_PASSWORD)
        page.get_by_role("button", name="Buat akun").click()
        page.get_by_label("Nama pengguna atau email").fill(ADDRESS)
        field(page, "Kata sandi").fill(ACCOUNT_PASSWORD)
        page.get_by_role("button", name="Masuk", exact=True).click()
        expect(page.get_by_role("heading", name="Terima hak akses")).to_be_visible()
        budi.look("access-taking-over")
        page.get_by_label("Kode pada Dokumen Hak Akses").fill(code)
        field(page, "Kata sandi SFTP baru").fill(SFTP_PASSWORD)
        field(page, "Kata sandi SFTP baru, sekali lagi").fill(SFTP_PASSWORD)
        page.get_by_role("button", name="Simpan hak akses").click()
        expect(page.locator("dt:has-text('Kata sandi SFTP') + dd")).to_have_text("sudah ditetapkan")
        budi.look("access-taken-over")


def log_in(paper: bytes, folder: Path) -> str:
    """With what stands on the paper and the password that was set; what the server shows."""
    words = words_on(paper)
    server, port = re.search(r"Server SFTP ?: (\S+), port (\d+)", words).groups()
    user = re.search(r"Nama pengguna ?: (s\d{6})", words)[1]
    askpass = folder / "askpass"
    askpass.write_text(f"#!/bin/sh\necho '{SFTP_PASSWORD}'\n")
    askpass.chmod(0o700)
    # A private stack's names are in no resolver of this machine: the name of the paper is that of 127.0.0.1 here.
    options = [f"UserKnownHostsFile={folder}/known", "HostName=127.0.0.1", f"HostKeyAlias={server}"]
    options += ["StrictHostKeyChecking=no", "PubkeyAuthentication=no"]
    argv = ["sftp", "-F", "none", "-P", port, *[word for option in options for word in ("-o", option)]]
    environment = {"PATH": os.environ["PATH"], "SSH_ASKPASS": str(askpass), "SSH_ASKPASS_REQUIRE": "force"}
    done = subprocess.run(
        [*argv, f"{user}@{server}"], input="ls -1 /\n", env=environment, capture_output=True, text=True, timeout=60
    )
    shown = subprocess.run(["ssh-keygen", "-lf", f"{folder}/known"], capture_output=True, text=True).stdout
    # On paper the fingerprint may go on in the next line.
    assert re.search(r"SHA256:\S+", shown)[0] in words.replace(" ", "")
    return done.stdout


def qr_on(paper: bytes, folder: Path) -> str:
    """What a phone's camera reads on the first page."""
    picture = folder / "page.png"
    pypdfium2.PdfDocument(paper)[0].render(scale=3).to_pil().save(picture)
    return subprocess.run(
        ["zbarimg", "-q", "--raw", picture], capture_output=True, text=True, check=True
    ).stdout.strip()
