"""Shows pages that are there already to a browser, and says what is wrong with them."""

import mimetypes
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from playwright.sync_api import Browser, ConsoleMessage, Route

from tests.browser.inspection import AXE, DESK, PHONE, SMALLEST
from tests.browser.sights import Sight

HOST = "http://portal.test"
OWN = (Path(__file__).parent / "inspecting.js").read_text()
ZOOMED = (640, 450)  # a desk's screen at 200 % has half of its CSS pixels
# Rules of axe-core: all, with what WCAG 2.2 adds; what depends on the width; what depends on the colours.
EVERYTHING = "rules: {'target-size': {enabled: true}}"
NARROW = "runOnly: ['target-size', 'scrollable-region-focusable'], rules: {'target-size': {enabled: true}}"
TABS_MOST = 400
CONTRAST = "runOnly: ['color-contrast']"


class Screen:
    """One tab whose every request is answered from here."""

    def __init__(self, browser: Browser) -> None:
        self.page = browser.new_page(reduced_motion="reduce", locale="id-ID")
        self.page.route("**/*", self._answer)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self._faults.append(f"script: {error}"))
        self._html = ""
        self._faults: list[str] = []
        self._known: set[tuple[str, str]] = set()  # kinds of pages that were looked at closely

    def faults(self, sight: Sight) -> list[str]:
        """What is wrong with a page: the first of its kind is looked at closely, its other states for what is new."""
        self._show(sight)
        # Evaluated by the debugger, which the page's content security policy does not concern.
        self.page.evaluate(f"() => {{ {AXE}; {OWN} }}")
        kind = (sight.place.page, sight.place.kind)
        is_first = not sight.is_faulty and kind not in self._known
        self._known.add(kind)
        found = [*self._faults, *(self._closely() if is_first else self._quickly())]
        return [f"{sight.name}: {words}" for words in dict.fromkeys(found)]

    def pictures(self, found: Iterable[Sight], place: Path) -> None:
        """Of every page at the widths of a phone and of a desk."""
        place.mkdir(parents=True, exist_ok=True)
        for sight in found:
            self._show(sight)
            for size in (PHONE, DESK):
                self._resize(size)
                name = re.sub(r"[^\w-]", "_", sight.name)
                self.page.screenshot(path=place / f"{name}-{size[0]}.png", full_page=True)

    def _closely(self) -> Iterator[str]:
        for size in (SMALLEST, ZOOMED):
            yield from self._fits(size)
        yield from self._fits(PHONE)
        yield from self._objections(NARROW)
        yield from self._fits(DESK)
        yield from self._objections(EVERYTHING)
        self.page.keyboard.press("Tab")
        yield from self.page.evaluate("() => panggon.focus()")
        yield from self._by_tab(DESK)
        yield from self._by_tab(PHONE)
        yield from self._at_night()

    def _quickly(self) -> Iterator[str]:
        yield from self._fits(SMALLEST)
        yield from self._objections(EVERYTHING)

    def _by_tab(self, size: tuple[int, int]) -> list[str]:
        """By the key alone, once around the page; a field for a date takes it several times."""
        self._resize(size)
        self.page.evaluate("() => panggon.startAgain()")
        for _ in range(TABS_MOST):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("() => panggon.isOnceAround()"):
                break
        return [f"at {size[0]} px {words}" for words in self.page.evaluate("() => panggon.tabs()")]

    def _at_night(self) -> Iterator[str]:
        self.page.emulate_media(color_scheme="dark")
        yield from (f"at night {words}" for words in self._objections(CONTRAST))
        self.page.emulate_media(color_scheme="light")

    def _fits(self, size: tuple[int, int]) -> list[str]:
        self._resize(size)
        return [f"at {size[0]} px {words}" for words in self.page.evaluate("() => panggon.fits()")]

    def _objections(self, rules: str) -> list[str]:
        found = self.page.evaluate(f"() => axe.run(document, {{{rules}, resultTypes: ['violations']}})")
        return [
            f"{rule['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]

    def _show(self, sight: Sight) -> None:
        self._html, self._faults = sight.html, []
        self.page.goto(HOST + sight.place.path)

    def _resize(self, size: tuple[int, int]) -> None:
        self.page.set_viewport_size({"width": size[0], "height": size[1]})

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._faults.append(f"console: {message.text}")

    def _answer(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        if not route.request.url.startswith(HOST):
            self._faults.append(f"request to another host: {route.request.url}")
            route.abort()
        elif route.request.is_navigation_request():
            route.fulfill(body=self._html, content_type="text/html; charset=utf-8")
        elif path.startswith(settings.STATIC_URL):
            body, kind = _static(path.removeprefix(settings.STATIC_URL))
            route.fulfill(body=body, content_type=kind)
        else:
            route.fulfill(status=204)


@cache
def _static(path: str) -> tuple[bytes, str]:
    found = finders.find(path)
    assert found, path
    return Path(found).read_bytes(), mimetypes.guess_type(path)[0] or "application/octet-stream"
