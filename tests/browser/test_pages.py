"""Pages that everybody sees: readable, light, and nothing from elsewhere."""

import pytest
from playwright.sync_api import expect

from tests.browser.inspection import PHONE
from tests.browser.visitors import Visitors, sign_in
from tests.stack import Stack

pytestmark = pytest.mark.browser

FIRST_PAGE_MOST = 200_000  # bytes over the wire, with styles, letters and marks


def test_a_page_that_is_none(visitors: Visitors) -> None:
    with visitors.visitor() as anybody:
        anybody.open("/tidak-ada/")
        expect(anybody.page.get_by_role("heading", level=1)).to_have_text("Halaman tidak ditemukan")
        anybody.look("not-found")


def test_signing_in_with_the_second_factor(visitors: Visitors, stack: Stack) -> None:
    with visitors.visitor() as newcomer:
        sign_in(newcomer, stack.accounts["administrator"], look=newcomer.look)


def test_another_agencys_case_does_not_exist(visitors: Visitors) -> None:
    with visitors.person("applicant") as opd:
        opd.case("HST-2026-9999")
        expect(opd.page.get_by_role("heading", level=1)).to_have_text("Halaman tidak ditemukan")


def test_the_keyboard_reaches_the_contents_first(visitors: Visitors) -> None:
    with visitors.visitor() as anybody:
        anybody.open("/")
        anybody.page.keyboard.press("Tab")
        expect(anybody.page.get_by_role("link", name="Langsung ke isi")).to_be_focused()
        anybody.page.keyboard.press("Enter")
        expect(anybody.page.locator("#isi")).to_be_focused()


def test_the_first_page_is_light(visitors: Visitors) -> None:
    with visitors.visitor(size=PHONE) as anybody:
        wire = anybody.page.context.new_cdp_session(anybody.page)
        wire.send("Network.enable")
        loaded: list[float] = []
        kept: dict[str, str] = {}
        wire.on("Network.loadingFinished", lambda event: loaded.append(event["encodedDataLength"]))
        anybody.page.on("response", lambda answer: kept.update({answer.url: answer.headers.get("cache-control", "")}))
        anybody.page.goto(anybody.portal, wait_until="networkidle")
        assert len(loaded) >= 5, "page, styles, script, letters and mark"
        assert sum(loaded) < FIRST_PAGE_MOST, loaded
        files = {words for url, words in kept.items() if "/static/" in url}
        assert files == {"max-age=315360000, public, immutable"}, kept
