"""Every page of the URL configuration, in each role that may see it and in its main states, before a real browser
(`script/test-more`: it takes some minutes).
"""

import pytest
from django.utils import timezone
from playwright.sync_api import sync_playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.shown import Screen
from tests.browser.sights import Place, Sight, distinct
from tests.browser.walk import Walk
from tests.portal.conftest import office  # noqa: F401 (a fixture)
from tests.portal.office import Office

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1500)]


def test_every_page(office: Office, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config) -> None:  # noqa: F811
    monkeypatch.setattr(timezone, "now", lambda: office.now)
    walk = Walk(office)
    found = distinct(walk.everything())
    assert walk.unseen() == set()
    assert walk.titles_of_several() == {}
    pictures = pytestconfig.getoption("--pictures")
    # Only now: Django's database is not to be had while the browser's event loop runs.
    with sync_playwright() as playwright:
        screen = Screen(playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS))
        if pictures:
            screen.pictures(found, pictures)
        faults = [words for sight in found for words in screen.faults(sight)]
    assert not faults, "\n".join(faults)


def test_the_inspection_sees_what_is_wrong() -> None:
    """A page that is too wide, cut off and pale, on which the Tab key jumps about and something takes clicks only."""
    style = {
        "wide": "width: 700px",
        "cut": "width: 40px; overflow: hidden; white-space: nowrap",
        "pale": "color: #bbb; background: #fff",
        "clicks": "cursor: pointer",
        "last": "position: absolute; top: 0; left: 0",
    }
    rules = " ".join(f"#{name} {{ {words} }}" for name, words in style.items())
    body = '<main><h1>Salah</h1><p id="wide">a</p><p id="cut">dipotong di tengah</p><p id="pale">pucat</p></main>'
    body += '<p id="clicks">tekan</p><a href="/a">a</a><a id="last" href="/b">b</a>'
    head = f"<title>Salah</title><style>{rules}</style>"
    html = f'<!doctype html><html lang="id"><head>{head}</head><body>{body}</body></html>'
    sight = Sight("siapa saja", Place("salah", "/"), html)
    with sync_playwright() as playwright:
        screen = Screen(playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS))
        said = "\n".join(screen.faults(sight))
    for words in (
        "at 640 px scrolls sideways",
        "text is cut off",
        "color-contrast",
        "Tab goes up from",
        "no key comes",
    ):
        assert words in said
