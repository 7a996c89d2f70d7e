"""Every page of the portal as each role sees it: made by Django's test client, to be shown by a browser afterwards."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

from django.db import transaction
from django.http import HttpResponse
from django.test import Client

SECRETS = re.compile(r'(csrfmiddlewaretoken|name="page"|name="version")[^>]*')
HIDDEN_FIELDS = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
FAULTY = "salah"


@dataclass(frozen=True)
class Place:
    """Where to look: the view's name, its address, which state of the page it shows, and which of the view's kinds."""

    page: str
    path: str
    state: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Sight:
    """A page as somebody sees it."""

    role: str
    place: Place
    html: str

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.place.page.replace(":", "-"), self.place.kind, self.place.state, self.role)))

    @property
    def is_faulty(self) -> bool:
        return self.place.state.endswith(FAULTY)

    @property
    def title(self) -> str:
        found = TITLE.search(self.html)
        return found[1].strip() if found else ""


class Walker:
    """One person who opens pages; `answered` notes by the view's name what came, for whoever wants to know it."""

    def __init__(self, role: str, client: Client, answered: Callable[[str, HttpResponse], None]) -> None:
        self.role, self._client, self._answered = role, client, answered

    def sights(self, places: Iterable[Place]) -> Iterator[Sight]:
        """What this person sees at each place; nothing where there is no page for them."""
        for place in places:
            with _undone():
                answer = self._client.get(place.path)
            self._answered(place.page, answer)
            if is_page(answer):
                yield Sight(self.role, place, answer.content.decode())

    def faulty(self, seen: Iterable[Sight]) -> Iterator[Sight]:
        """The same pages after their form was sent empty, where that is refused."""
        for sight in seen:
            main, place = _main(sight.html), sight.place
            if 'method="post"' not in main:
                continue
            with _undone():
                answer = self._client.post(place.path, dict(HIDDEN_FIELDS.findall(main)))
            if answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY and is_page(answer):
                state = " ".join(filter(None, (place.state, FAULTY)))
                yield Sight(self.role, Place(place.page, place.path, state, place.kind), answer.content.decode())


def is_page(answer: HttpResponse) -> bool:
    """Not a redirect, a file, or a part that htmx asks for."""
    return (
        answer.status_code not in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
        and answer.headers.get("Content-Type", "").startswith("text/html")
        and b"<!doctype html>" in answer.content[:100].lower()
    )


def distinct(found: Iterable[Sight]) -> list[Sight]:
    """One of each: what two roles see alike is looked at once."""
    return list({(sight.place.page, SECRETS.sub("", _main(sight.html))): sight for sight in found}.values())


def _main(html: str) -> str:
    return html[html.find("<main") : html.find("</main>")]


@contextmanager
def _undone() -> Iterator[None]:
    """Whatever is done meanwhile is undone."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
