"""A person at a browser without JavaScript: opens pages, fills forms in, presses buttons. Knows no portal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Self

import httpx


class DemoError(Exception):
    """The demonstration cannot go on; the words are for the person who started it."""


@dataclass
class Form:
    """One form of a page: where it goes, and what it holds already."""

    action: str = ""
    method: str = "get"
    fields: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    choices: dict[str, list[str]] = field(default_factory=dict)  # what check boxes and radio buttons offer
    buttons: list[tuple[str, str]] = field(default_factory=list)


Values = Mapping[str, str | list[str]]


class Page(HTMLParser):
    """A page as a person sees it: its forms, its links and its words."""

    def __init__(self, address: str, html: str, *, status: int) -> None:
        super().__init__()
        self.address, self.html, self.status = address, html, status
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []  # words, address
        self.words: list[str] = []
        self._hidden = 0
        self._textarea = ""
        self._select = ""
        self._link = ""
        self._link_words = ""
        self.feed(html)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def link(self, words: str) -> str | None:
        """Where the link or button with exactly these words leads; None when the page has none."""
        return next((address for text, address in self.links if text == words), None)

    def form(self, *names: str) -> Form:
        """The form that has all these fields. Raises DemoError when the page has none."""
        for form in self.forms:
            if form.names.issuperset(names):
                return form
        raise DemoError(f"{self.address}: tidak ada formulir dengan isian {', '.join(names)}\n{self.text[:600]}")

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in pairs}
        if tag in ("script", "style"):
            self._hidden += 1
        if tag == "a" and "href" in attributes:
            self._link = attributes["href"]
            self._link_words = ""
        if tag == "form":
            self.forms.append(Form(attributes.get("action", ""), attributes.get("method", "get").lower()))
        if self.forms:
            self._field(tag, attributes)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._hidden -= 1
        if tag == "a" and self._link:
            self.links.append((" ".join(self._link_words.split()), self._link))
            self._link = ""
        if tag == "textarea":
            self._textarea = ""
        if tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        if self._textarea and self.forms:
            self.forms[-1].fields[self._textarea] += data.removeprefix("\n") if data.startswith("\n") else data
        if not self._hidden:
            self.words.append(data)
            self._link_words += data

    def _field(self, tag: str, attributes: dict[str, str]) -> None:
        form, name = self.forms[-1], attributes.get("name", "")
        if tag == "button" or (tag == "input" and attributes.get("type") == "submit"):
            form.buttons.append((name, attributes.get("value", "")))
        elif tag == "input" and name:
            self._input(form, name, attributes)
        elif tag == "textarea" and name:
            self._textarea = name
            form.names.add(name)
            form.fields[name] = ""
        elif tag == "select" and name:
            self._select = name
            form.names.add(name)
        elif tag == "option" and self._select and ("selected" in attributes or self._select not in form.fields):
            form.fields[self._select] = attributes.get("value", "")

    def _input(self, form: Form, name: str, attributes: dict[str, str]) -> None:
        form.names.add(name)
        kind = attributes.get("type", "text")
        if kind in ("checkbox", "radio"):
            form.choices.setdefault(name, []).append(attributes.get("value", "on"))
            if "checked" in attributes:
                form.fields[name] = attributes.get("value", "on")
        elif kind != "file":
            form.fields[name] = attributes.get("value", "")


class Browser:
    """Keeps cookies and follows redirects, as a browser does."""

    def __init__(self, base: str) -> None:
        self.base = base.rstrip("/")
        self._client = httpx.Client(follow_redirects=True, timeout=60, headers={"Accept-Language": "id"})

    def __enter__(self) -> Self:
        return self

    @property
    def cookies(self) -> dict[str, str]:
        return dict(self._client.cookies)

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def open(self, address: str) -> Page:
        return self._page(self._client.get(self._absolute(address)))

    def submit(
        self, page: Page, form: Form, values: Values, *, files: dict[str, tuple[str, bytes, str]] | None = None
    ) -> Page:
        """Send the form with these values over what it held; unknown field names are an error, not a guess."""
        unknown = set(values) - form.names - {name for name, _ in form.buttons}
        if unknown:
            raise DemoError(f"{page.address}: isian {', '.join(sorted(unknown))} tidak ada, hanya {sorted(form.names)}")
        target = str(httpx.URL(page.address).join(form.action or page.address))
        data = {**form.fields, **values}
        if form.method == "get":
            return self._page(self._client.get(target, params=data))
        headers = {"Referer": page.address}
        return self._page(self._client.post(target, data=data, files=files or None, headers=headers))

    def download(self, address: str) -> bytes:
        answer = self._client.get(self._absolute(address))
        answer.raise_for_status()
        return answer.content

    def _absolute(self, address: str) -> str:
        return address if address.startswith("http") else self.base + address

    @staticmethod
    def _page(answer: httpx.Response) -> Page:
        if answer.status_code >= 500:
            raise DemoError(f"{answer.url}: portal menjawab {answer.status_code}\n{answer.text[:800]}")
        return Page(str(answer.url), answer.text, status=answer.status_code)
