"""Every address of the pages has a declared permission, and what is not public asks for a sign-in."""

import uuid
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from panggon.core.cases.procedure import Action
from panggon.office.values import Group
from panggon.people.permissions import Permission, permission_of, signed_in
from tests.portal.visitor import BACKEND

ARGUMENTS = {
    "group": Group.CONTACTS,
    "edition": 1,
    "procedure": "hosting",
    "name": "naskah.typ",
    "sample": "receipt",
    "version": 1,
    "plan": 1,
    **dict.fromkeys(("user", "agency", "division", "acting", "invitation", "post"), 1),
    "node": 1,
    "sha256": "0" * 64,
    "number": "HST-2026-0001",
    "action": Action.SUBMIT,
    "notice": 1,
    "message": 1,
    "paper": uuid.UUID(int=1),
    "hold": 1,
    "year": 2026,
    "month": 11,
    "pk": 1,
    "day": "2026-12-25",
    "endpoint": 1,
    "job": 1,
    "delivery": uuid.UUID(int=1),
    "token": 1,
    "answer": 1,
    "improvement": 1,
    "attachment": 1,
    "mail": 1,
    "decision": "buang",
    "table": "permohonan",
    "ticket": "PGD-2026-0001",
    "site": "s900001",
    "site_action": "suspend",
    "change": 1,
    "request_key": 1,
    "incident": "INS-2026-0001",
    "evidence": 1,
    "label": "dinsos",
    "provider_id": "kota",
    "uidb36": "1",
    "key": "k",
    "kind": "cover_letter",
    "person": 1,
    "section": "surat",
    "reading": uuid.UUID(int=1),
}
OPEN = (Permission.PUBLIC, Permission.PROGRAM)  # what programs may call has tests of its own: test_api


def patterns(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry, f"{entry.namespace}:" if entry.namespace else namespace)
        else:
            yield f"{namespace}{entry.name}", entry


PAGES = dict(patterns(get_resolver()))


def address(name: str, arguments: dict[str, object] = ARGUMENTS) -> str:
    return reverse(name, kwargs={word: arguments[word] for word in PAGES[name].pattern.regex.groupindex})


def test_there_are_pages_to_look_at():
    assert {"cases:home", "cases:step", "public:track", "account_login", "mfa_authenticate"} <= PAGES.keys()


@pytest.mark.parametrize("name", PAGES)
def test_every_page_declares_who_may_call_it(name):
    assert permission_of(PAGES[name].callback) in Permission


def test_a_page_without_a_declaration_is_noticed():
    assert permission_of(lambda request: None) is None


@pytest.mark.parametrize("name", [name for name in PAGES if permission_of(PAGES[name].callback) not in OPEN])
def test_a_stranger_is_asked_to_sign_in(name, db, client):
    response = client.get(address(name))
    assert (response.status_code, response.headers["Location"].split("?")[0]) == (302, "/masuk/")


def test_the_declaration_stays_through_a_decorator():
    assert permission_of(signed_in(lambda request: None)) == "signed_in"


WITHOUT_COOKIES = {"public:unfollow"}  # called by mail programs; its token is the proof, as with the API


def test_no_page_of_somebody_else_can_make_a_browser_act(office):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(office.applicant, backend=BACKEND)
    for name in {name for name in PAGES if not name.startswith("api:")} - WITHOUT_COOKIES:
        forged = {"_method": "GET", "csrfmiddlewaretoken": "x" * 64}
        answer = browser.post(address(name), forged, headers={"x-http-method-override": "GET"})
        assert (answer.status_code, answer.templates[0].name) == (403, "403_csrf.html"), name
