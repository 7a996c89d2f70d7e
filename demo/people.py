"""The people of the demonstration, each at a browser of their own, signed in with password and second factor."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import pyotp

from demo.browser import Browser, DemoError, Form, Page, Values
from panggon.drivers.system.patience import Patience

SECONDS_TO_WAIT = 120
CODE_SECONDS = 30  # RFC 6238


@dataclass(frozen=True)
class Account:
    role: str
    label: str
    login: str
    name: str
    password: str
    totp_secret: str


class Person:
    """One account in front of the portal."""

    def __init__(self, account: Account, portal: str) -> None:
        self.account = account
        self.browser = Browser(portal)
        self._signed_in = False

    def sign_in(self) -> None:
        if self._signed_in:
            return
        page = self.browser.open("/masuk/")
        credentials = {"login": self.account.login, "password": self.account.password}
        page = self.browser.submit(page, page.form("login", "password"), credentials)
        page = self._give_code(page)
        if _asks_for_code(page):  # each code is taken once: somebody just signed in with this one
            time.sleep(CODE_SECONDS - time.time() % CODE_SECONDS)
            page = self._give_code(page)
        if _asks_for_code(page) or page.link("Masuk"):
            raise DemoError(f"{self.account.login}: tidak dapat masuk\n{page.text[:400]}")
        self._signed_in = True

    def _give_code(self, page: Page) -> Page:
        code = pyotp.TOTP(self.account.totp_secret).now()
        return self.browser.submit(page, page.form("code"), {"code": code})

    def case(self, number: str) -> Page:
        self.sign_in()
        return self.browser.open(f"/permohonan/{number}/")

    def press(
        self,
        number: str,
        button: str,
        values: Values | Callable[[Form], Values] | None = None,
        *,
        link: str = "",
        files: dict[str, tuple[str, bytes, str]] | None = None,
    ) -> Page:
        """Open the case, follow the button with these words, fill its form in, send it. The page that follows.

        `values` may look at the form first; `link` names the way to a page that is called otherwise than its button.
        """
        address = self._await_button(number, link or button)
        page = self.browser.open(str(address))
        form = page.form("version")
        answer = self.browser.submit(page, form, values(form) if callable(values) else values or {}, files=files)
        if answer.status != 200 or answer.address == page.address:
            raise DemoError(f"{self.account.label}, {button}: portal menolak\n{answer.text[:800]}")
        return answer

    def _await_button(self, number: str, button: str) -> str:
        """Machines and papers take a moment; a person would look again."""
        patience = Patience(SECONDS_TO_WAIT)
        while True:
            page = self.case(number)
            address = page.link(button)
            if address:
                return address
            if patience.is_over():
                raise DemoError(f"{self.account.label}: tombol '{button}' tidak ada\n{page.text[:1200]}")
            time.sleep(0.3)


def _asks_for_code(page: Page) -> bool:
    return "code" in {name for form in page.forms for name in form.names}
