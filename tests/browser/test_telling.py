"""Being told: notices, choices, webhooks, and following without an account."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from tests.browser.mails import mail_with
from tests.browser.request_form import apply
from tests.browser.visitors import Visitor, Visitors
from tests.stack import Stack

pytestmark = pytest.mark.browser

FOLLOWER = "warga@example.org"


@pytest.fixture
def gateway() -> Iterator[int]:
    """Takes what it gets, on loopback, where the demonstration's portal may call it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_the_next_one_is_told_and_a_stranger_may_follow(visitors: Visitors, stack: Stack) -> None:
    with visitors.person("applicant") as opd:
        opd.open("/permohonan/baru/")
        apply(opd.page, label="diberi-tahu", title="Diberi Tahu")
        expect(opd.page.locator(".pagehead .badge-state")).to_have_text("Diajukan")
        number = opd.page.url.split("/")[-2]
        tracking = str(opd.page.get_by_role("link", name="Halaman lacak tanpa masuk").get_attribute("href"))
    _follow(visitors, stack, tracking, number)
    with visitors.person("registrar") as registrar:
        _read(registrar, number)
        _choose(registrar)
        registrar.open(f"/permohonan/{number}/terima-surat/")
        registrar.page.get_by_role("button", name="Terima Surat").click()
        expect(registrar.page.get_by_role("heading", level=1)).to_have_text("Menunggu saya")
        registrar.case(number)
        expect(registrar.page.locator(".pagehead .badge-state")).to_have_text("Diterima")
    step = mail_with(stack, f"{number}: Diterima", FOLLOWER)
    with visitors.visitor() as anybody:
        anybody.open(_path(step, "berhenti"))
        anybody.page.get_by_role("button", name="Berhenti mengikuti").click()
        expect(anybody.page.get_by_role("heading", level=1)).to_have_text(f"Anda berhenti mengikuti {number}")


def test_an_endpoint_is_made_tried_and_removed(visitors: Visitors, gateway: int) -> None:
    with visitors.person("administrator") as admin:
        page = admin.page
        admin.open("/pengaturan/")
        page.get_by_role("link", name="Webhook").click()
        page.get_by_role("link", name="Webhook baru").click()
        page.get_by_label("Nama").fill("Gerbang WhatsApp")
        page.get_by_label("Alamat (URL)").fill("http://gerbang.example.go.id/")
        page.get_by_role("button", name="Simpan dan tampilkan rahasia").click()
        expect(admin.fault_at("url")).to_contain_text("Alamat harus diawali https://")
        expect(admin.fault_at("events")).to_have_text("Pilih paling sedikit satu peristiwa.")
        page.get_by_label("Alamat (URL)").fill(f"http://127.0.0.1:{gateway}/panggon")
        page.get_by_label("Langkah umum, tanpa data orang").check()
        page.get_by_role("button", name="Simpan dan tampilkan rahasia").click()
        expect(page.locator("code")).to_have_text(re.compile(r"^whsec_\S{44}$"))
        admin.look("webhook-secret")
        page.get_by_role("link", name="Sudah disimpan, lanjut").click()
        page.get_by_role("button", name="Kirim percobaan").click()
        sent = page.locator("#kiriman")
        expect(sent.get_by_text("terkirim", exact=True)).to_be_visible()  # comes by itself
        sent.get_by_text("1 percobaan").click()
        expect(sent.get_by_text("HTTP 200")).to_be_visible()
        admin.open("/pengaturan/webhook/")
        page.get_by_role("link", name="Gerbang WhatsApp").click()
        page.get_by_text("Hapus webhook ini").click()
        page.get_by_role("button", name="Hapus").click()
        expect(page.get_by_text("Webhook dihapus.")).to_be_visible()


def _follow(visitors: Visitors, stack: Stack, tracking: str, number: str) -> None:
    with visitors.visitor() as anybody:
        anybody.open(tracking)
        page = anybody.page
        page.get_by_label("Alamat email").fill(FOLLOWER)
        page.get_by_role("button", name="Ikuti").click()
        expect(page.get_by_text("kami baru saja mengirim tautan")).to_be_visible()
        anybody.open(_path(mail_with(stack, f"Konfirmasi: ikuti permohonan {number}", FOLLOWER), "ikuti"))
        page.get_by_role("button", name="Ya, ikuti").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(f"Anda mengikuti permohonan {number}")


def _read(registrar: Visitor, number: str) -> None:
    page = registrar.page
    registrar.open("/beranda/")
    page.get_by_role("link", name=re.compile(r"^Pemberitahuan \d+")).click()
    told = page.get_by_role("listitem").filter(has_text=f"{number}: Diajukan")
    expect(told.get_by_text("baru", exact=True)).to_be_visible()
    told.get_by_role("button", name="Buka").click()
    expect(page).to_have_url(re.compile(rf"/permohonan/{number}/$"))
    registrar.open("/pemberitahuan/")
    expect(told.get_by_text("baru", exact=True)).to_have_count(0)


def _choose(registrar: Visitor) -> None:
    page = registrar.page
    page.get_by_role("link", name="Atur pemberitahuan").click()
    page.get_by_label("Tanpa email, kecuali bila keputusan menunggu saya").check()
    page.get_by_role("button", name="Simpan").click()
    expect(page.get_by_text("Pilihan Anda disimpan.")).to_be_visible()
    registrar.look("notice-preference-history")


def _path(text: str, words: str) -> str:
    match = re.search(rf"(/lacak/{words}/\S+)", text)
    assert match, text
    return match[1]
