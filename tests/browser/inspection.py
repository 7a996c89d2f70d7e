"""What must hold on every page: readable by everybody, fits a small screen, loads nothing from elsewhere."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, WebError

from demo.layout import REPOSITORY

AXE = (REPOSITORY / "node_modules" / "axe-core" / "axe.min.js").read_text()
PHONE, DESK, SMALLEST = (390, 844), (1280, 900), (320, 640)


@dataclass
class Watch:
    """Listens to a browser context for what no page may do."""

    portal: str
    faults: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        context.on("console", self._said)
        context.on("weberror", self._broke)
        context.on("request", self._asked)
        context.on("response", self._answered)

    def _said(self, message: ConsoleMessage) -> None:
        # A page that tells of a fault is answered with 404 or 422, and the browser remarks on it.
        own_page = message.text.startswith("Failed to load resource") and message.page
        if message.type in {"error", "warning"} and not (own_page and message.location["url"] == message.page.url):
            self.faults.append(f"console: {message.text}")

    def _broke(self, error: WebError) -> None:
        self.faults.append(f"script: {error.error}")

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.portal).netloc and not request.url.startswith("data:"):
            self.faults.append(f"request to another host: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500 or (response.status >= 400 and not response.request.is_navigation_request()):
            self.faults.append(f"{response.status}: {response.url}")


def faults_of(page: Page) -> list[str]:
    """What axe-core objects to at the widths of a phone and of a desk, and whether the page scrolls sideways."""
    kept = page.viewport_size or {"width": DESK[0], "height": DESK[1]}
    # Evaluated by the debugger, which the page's content security policy does not concern.
    page.evaluate(f"() => {{ {AXE} }}")
    found = [*_objections(page, PHONE), *_objections(page, DESK), *_at_night(page), *_overflow(page)]
    page.set_viewport_size(kept)
    return [f"{urlsplit(page.url).path} {words}" for words in found]


def _at_night(page: Page) -> list[str]:
    """Where somebody who prefers dark pages could not read."""
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")  # colours that still change are not judged
    found = _objections(page, DESK, rules="runOnly: ['color-contrast'], ")
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    return [f"at night {words}" for words in found]


def _objections(page: Page, size: tuple[int, int], *, rules: str = "") -> list[str]:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    found = page.evaluate(f"() => axe.run(document, {{{rules}resultTypes: ['violations']}})")
    return [
        f"at {size[0]} px: {rule['id']}: {node['html']} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def _overflow(page: Page) -> list[str]:
    page.set_viewport_size({"width": SMALLEST[0], "height": SMALLEST[1]})
    width = page.evaluate("() => document.documentElement.scrollWidth")
    return [f"at {SMALLEST[0]} px scrolls sideways: {width} px"] if width > SMALLEST[0] else []
