"""Coming in with a passkey, on a virtual authenticator of the browser; the account's own pages."""

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.browser.visitors import Visitors, sign_in
from tests.stack import Stack

pytestmark = pytest.mark.browser

PLATFORM = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def authenticator(page: Page) -> tuple[CDPSession, str]:
    """A telephone's or laptop's own authenticator, which confirms every request at once."""
    wire = page.context.new_cdp_session(page)
    wire.send("WebAuthn.enable")
    return wire, wire.send("WebAuthn.addVirtualAuthenticator", {"options": PLATFORM})["authenticatorId"]


def test_a_passkey_is_set_up_used_and_given_up(visitors: Visitors, stack: Stack) -> None:
    with visitors.visitor() as person:
        page = person.page
        wire, device = authenticator(page)
        sign_in(person, stack.accounts["administrator"])
        person.open("/akun/keamanan/kunci-sandi/baru/")
        person.look("passkey-add")
        page.get_by_label("Nama perangkat").fill("Laptop kantor")
        page.get_by_label("Dapat dipakai masuk tanpa kata sandi").check()
        page.get_by_role("button", name="Tambahkan").click()
        expect(page.get_by_role("heading", level=1, name="Kode cadangan")).to_be_visible()
        assert len(wire.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]) == 1

        person.sign_out()
        person.open("/masuk/")
        page.get_by_role("button", name="Masuk dengan kunci sandi (passkey)").click()
        expect(page.get_by_role("heading", name="Menunggu saya")).to_be_visible()

        person.sign_out()
        person.open("/masuk/")
        page.get_by_label("Nama pengguna atau email").fill(stack.accounts["administrator"].login)
        page.get_by_label("Kata sandi", exact=True).fill(stack.accounts["administrator"].password)
        page.get_by_role("button", name="Masuk", exact=True).click()
        page.get_by_role("button", name="Pakai kunci sandi (passkey)").click()
        expect(page.get_by_role("heading", name="Menunggu saya")).to_be_visible()

        person.open("/akun/keamanan/kunci-sandi/")
        expect(page.get_by_role("strong").filter(has_text="Laptop kantor")).to_be_visible()
        person.look("passkeys")
        page.get_by_role("link", name="Hapus Laptop kantor").click()
        person.look("passkey-remove")
        page.get_by_role("button", name="Hapus kunci sandi").click()
        expect(page.get_by_text("Belum ada kunci sandi.")).to_be_visible()
        person.open("/akun/sesi/")
        person.look("sessions")
        person.open("/akun/keamanan/")
        expect(page.get_by_role("cell", name="Pengaman tambahan dilepas (kunci sandi)")).to_be_visible()
        person.look("account-with-history")


def test_a_forgotten_password_asks_for_an_address(visitors: Visitors) -> None:
    with visitors.visitor() as anybody:
        anybody.open("/masuk/")
        anybody.page.get_by_role("link", name="Lupa kata sandi?").click()
        anybody.look("password-forgotten")
        anybody.page.get_by_label("Email").fill("tidak-ada@example.go.id")
        anybody.page.get_by_role("button", name="Kirim tautan").click()
        expect(anybody.page.get_by_role("heading", level=1, name="Periksa email Anda")).to_be_visible()
        anybody.look("password-forgotten-sent")
