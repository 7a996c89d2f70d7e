"""An account from its invitation to its end, as its owner lives with it."""

import re

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.browser.inspection import PHONE
from tests.browser.visitors import Visitor, Visitors
from tests.stack import Stack
from tests.waiting import until

pytestmark = pytest.mark.browser

EMAIL, PASSWORD = "wahyu@example.go.id", "kawung-dan-parang-7"


def invited(stack: Stack) -> str:
    """The path of the link in the mail that the office worker wrote."""

    def link() -> str | None:
        mails = [path.read_text() for path in sorted((stack.layout.office / "mail").glob("*.log"))]
        found = [re.search(r"(/undangan/terima/\w+/)", mail) for mail in mails if EMAIL in mail]
        return found[-1][1] if found else None

    until(link, "no invitation was mailed")
    return str(link())


def sign_in(person: Visitor, password: str = PASSWORD) -> None:
    person.open("/masuk/")
    person.page.get_by_label("Nama pengguna atau email").fill(EMAIL)
    person.page.get_by_label("Kata sandi", exact=True).fill(password)
    person.page.get_by_role("button", name="Masuk", exact=True).click()


def give(page: Page, code: str, button: str) -> None:
    page.get_by_label("Kode enam angka").fill(code)
    page.get_by_role("button", name=button, exact=True).click()


def set_up_code(page: Page, button: str) -> str:
    secret = page.locator("main code").inner_text()
    give(page, pyotp.TOTP(secret).now(), button)
    return secret


def test_an_officials_account_from_the_invitation_to_its_end(visitors: Visitors, stack: Stack) -> None:
    with visitors.person("administrator") as admin, visitors.visitor(size=PHONE) as wahyu:
        admin.open("/pengaturan/penyedia-masuk/")
        admin.look("providers")
        admin.open("/pegawai/undang/")
        admin.page.get_by_label("Email").fill(EMAIL)
        admin.page.get_by_label("Jabatan").select_option(label="Tata Usaha")
        admin.page.get_by_role("button", name="Kirim undangan").click()

        page = wahyu.page
        wahyu.open(invited(stack))
        page.get_by_label("Nama lengkap").fill("Wahyu Hidayat")
        page.get_by_label("Kata sandi").fill(PASSWORD)
        page.get_by_role("button", name="Buat akun").click()
        expect(page.get_by_text("Setelah itu Anda memasang kode keamanan di ponsel.")).to_be_visible()

        sign_in(wahyu, "salah-sama-sekali")
        expect(page.get_by_text("kata sandi tidak cocok")).to_be_visible()
        sign_in(wahyu)
        expect(page.get_by_role("heading", level=1, name="Aktifkan kode keamanan")).to_be_visible()
        give(page, "000000", "Aktifkan")
        expect(page.locator("#id_code_error")).to_contain_text("Kode tidak cocok")
        set_up_code(page, "Aktifkan")
        expect(page.get_by_role("heading", level=1, name="Kode cadangan")).to_be_visible()
        codes = page.locator("main li code").all_inner_texts()
        assert len(codes) == 10

        wahyu.open("/akun/keamanan/")
        wahyu.look("own-account")
        page.get_by_role("link", name="Pindah ke ponsel lain").click()
        set_up_code(page, "Pindahkan")
        expect(page.get_by_role("heading", level=1, name="Akun saya")).to_be_visible()
        page.get_by_role("link", name="Ganti kata sandi").click()
        page.get_by_label("Kata sandi sekarang").fill("salah")
        page.get_by_label("Kata sandi baru", exact=True).fill("pendek")
        page.get_by_label("Kata sandi baru, sekali lagi").fill("beda")
        page.get_by_role("button", name="Simpan").click()
        wahyu.look("password-faults")

        wahyu.sign_out()
        sign_in(wahyu)
        expect(page.get_by_role("heading", level=2, name="Ponsel hilang atau berganti?")).to_be_visible()
        wahyu.look("code-asked")
        give(page, codes[0], "Masuk")
        expect(page.get_by_role("heading", name="Menunggu saya")).to_be_visible()

        admin.open("/pegawai/")
        admin.page.get_by_role("region", name="Semua akun").get_by_role(
            "link", name=re.compile("Wahyu Hidayat")
        ).click()
        admin.page.get_by_role("link", name="Masuk dan pengaman").click()
        admin.page.get_by_text("Ponsel orang ini hilang").click()
        admin.look("person-factors")
        admin.page.get_by_label("Bagaimana Anda memastikan orangnya?").fill("bertatap muka")
        admin.page.get_by_role("button", name="Lepas pengaman tambahan").click()
        expect(admin.page.get_by_text("Orangnya diberi tahu lewat email.")).to_be_visible()
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # the tab comes to the front
        expect(page.get_by_text("Sesi Anda sudah berakhir atau diakhiri.")).to_be_visible()
        wahyu.look("session-over")
        sign_in(wahyu)
        expect(page.get_by_role("heading", level=1, name="Aktifkan kode keamanan")).to_be_visible()

        admin.page.get_by_role("link", name="Wahyu Hidayat").first.click()
        admin.page.get_by_role("link", name="Tutup akun").click()
        admin.page.get_by_role("button", name=re.compile("Tutup akun")).click()
        page.reload()
        expect(page.get_by_role("heading", level=1, name="Masuk")).to_be_visible()
        sign_in(wahyu)
        expect(page.get_by_text("kata sandi tidak cocok")).to_be_visible()
