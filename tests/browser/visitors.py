"""People at a real browser: each role in a context of its own, by mouse and keyboard."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyotp
from playwright.sync_api import Browser, Locator, Page, expect

from demo.people import Account
from tests.browser.inspection import DESK, PHONE, Watch, faults_of
from tests.stack import Stack

ON_THE_PHONE = frozenset({"applicant", "head"})
CODE_SECONDS = 30  # RFC 6238
CODES_MOST = 3
SECONDS_TO_WAIT = 60
_USED: set[str] = set()


@dataclass
class Visitor:
    """One browser context with one tab; `faults` gathers what is wrong with its pages."""

    page: Page
    portal: str
    pictures: Path | None
    seen: set[str]
    runs_scripts: bool
    faults: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(f"{self.portal}{path}")

    def look(self, name: str) -> None:
        """Look closely at this page, once: axe, widths, and a picture when pictures were asked for.

        Where no JavaScript runs only the picture: axe would wait for ever for promises that nobody keeps there.
        """
        name = name if self.runs_scripts else f"{name}-without-javascript"
        if name in self.seen:
            return
        self.seen.add(name)
        if self.pictures:
            _take_pictures(self.page, self.pictures / name)
        if self.runs_scripts:
            self.faults += faults_of(self.page)

    def draw(self, name: str) -> None:
        """A picture of the whole page as it is, when pictures were asked for."""
        if self.pictures:
            self.page.screenshot(path=self.pictures / f"{name}.png", full_page=True)

    def waiting(self, number: str) -> Locator:
        """The link to a case among those that wait for this person."""
        self.open("/beranda/")
        panel = self.page.get_by_role("region", name=re.compile("permohonan menunggu tindakan Anda"))
        return panel.get_by_role("listitem").filter(has_text=number).locator("a.name")

    def case(self, number: str) -> None:
        self.open(f"/permohonan/{number}/")

    def paper(self, title: str) -> bytes:
        """A paper of the case that is open, as it is downloaded."""
        link = self.page.get_by_role("link", name=re.compile(rf"{title}.*\(PDF\)$")).first
        answer = self.page.context.request.get(f"{self.portal}{link.get_attribute('href')}")
        assert answer.ok
        return answer.body()

    def sign_out(self) -> None:
        self._unfold_menu()
        self.page.get_by_role("button", name="Keluar").click()

    def choose(self, words: str) -> None:
        """A page from the folded part of the menu."""
        self._unfold_menu()
        self.page.locator(".more").get_by_role("link", name=words).click()

    def _unfold_menu(self) -> None:
        self.page.locator(".more > summary").click()

    def fault_at(self, field_name: str) -> Locator:
        """The sentences beside a field of the form."""
        return self.page.locator(f"#id_{field_name}_error")


class Visitors:
    """Opens contexts; each account signs in once with its second factor, as a code may be used only once."""

    def __init__(self, browser: Browser, stack: Stack, sessions: dict[str, Any], pictures: Path | None) -> None:
        self._browser, self.stack, self._sessions, self._pictures = browser, stack, sessions, pictures
        self._seen: set[str] = set()  # pages that were looked at, by the test's name for them

    @contextmanager
    def visitor(self, *, size: tuple[int, int] = DESK, session: Any = None, **options: Any) -> Iterator[Visitor]:
        """Somebody who is not signed in, unless `session` says so."""
        watch = Watch(self.stack.portal)
        context = self._browser.new_context(
            viewport={"width": size[0], "height": size[1]}, locale="id-ID", storage_state=session, **options
        )
        context.set_default_timeout(SECONDS_TO_WAIT * 1000)
        watch.over(context)
        try:
            runs_scripts = options.get("java_script_enabled", True)
            yield Visitor(context.new_page(), self.stack.portal, self._pictures, self._seen, runs_scripts, watch.faults)
        finally:
            context.close()
        assert not watch.faults, "\n".join(watch.faults)

    def draw(self, page: Page, name: str) -> None:
        """A picture of a page that is none of the portal's, when pictures were asked for."""
        if self._pictures:
            _take_pictures(page, self._pictures / name)

    @contextmanager
    def person(self, role: str, **options: Any) -> Iterator[Visitor]:
        """The person of this role, signed in."""
        if role not in self._sessions:
            with self.visitor() as newcomer:
                sign_in(newcomer, self.stack.accounts[role])
                self._sessions[role] = newcomer.page.context.storage_state()
        size = PHONE if role in ON_THE_PHONE else DESK
        with self.visitor(**{"size": size, "session": self._sessions[role], **options}) as visitor:
            yield visitor


def sign_in(visitor: Visitor, account: Account, *, look: Callable[[str], None] = lambda _name: None) -> None:
    """By keyboard alone, as people do who do it every day."""
    page = visitor.page
    visitor.open("/masuk/")
    look("sign-in")
    page.get_by_label("Nama pengguna atau email").focus()
    page.keyboard.type(account.login)
    page.keyboard.press("Tab")
    page.keyboard.type(account.password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Kode keamanan")).to_be_visible()
    look("second-factor")
    came_in = page.get_by_role("heading", name="Menunggu saya")
    refused = page.get_by_text("Kode tidak cocok")
    for _ in range(CODES_MOST):  # on a machine that stands still a code may be over before it is taken
        page.get_by_label("Kode enam angka").focus()
        page.keyboard.type(_fresh_code(account.totp_secret))
        page.keyboard.press("Enter")
        expect(came_in.or_(refused).first).to_be_visible()
        if came_in.is_visible():
            return
    raise AssertionError("no code was taken")


def _fresh_code(secret: str) -> str:
    """A code that stays valid while it is typed, and that was not typed before: each works once."""
    while (code := pyotp.TOTP(secret).now()) in _USED or CODE_SECONDS - time.time() % CODE_SECONDS < 4:
        time.sleep(0.5)
    _USED.add(code)
    return code


def _take_pictures(page: Page, place: Path) -> None:
    """The whole page at both widths, and what a desk's screen shows of it first."""
    kept = page.viewport_size
    for width, height in (PHONE, DESK):
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=f"{place}-{width}.png", full_page=True)
    page.screenshot(path=f"{place}.png")
    if kept:
        page.set_viewport_size(kept)
