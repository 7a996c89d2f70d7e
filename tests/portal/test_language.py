"""Indonesian whatever the browser asks for; English for who chooses it, on every page from then on."""

import re
import subprocess

import pytest
from django.test import Client

from demo.layout import REPOSITORY
from panggon.papers import contents
from tests.portal.visitor import OWN_PAGE, text, visitor


def choose(client, language, page="/lacak/"):
    return client.post("/bahasa/", {"language": language, "page": page}, headers=OWN_PAGE)


def test_the_browser_does_not_decide(db):
    page = Client(HTTP_ACCEPT_LANGUAGE="en-US,en;q=0.9").get("/lacak/")
    assert page.headers["Content-Language"] == "id"
    assert '<html lang="id"' in page.content.decode()
    assert "Lacak permohonan" in text(page)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site", "origin": "http://testserver"},
        {"sec-fetch-site": "same-site"},  # a neighbour below the city's domain
        {"origin": "https://dinsos.testserver"},
        {"origin": "null"},
        {},
    ],
)
def test_no_other_page_chooses(db, client, headers):
    refused = client.post("/bahasa/", {"language": "en", "page": "/lacak/"}, headers=headers)
    assert (refused.status_code, refused.templates[0].name, dict(refused.cookies)) == (403, "403_csrf.html", {})


def test_a_browser_of_before_says_its_origin_only(db, client):
    chosen = client.post("/bahasa/", {"language": "en", "page": "/lacak/"}, headers={"origin": "http://testserver"})
    assert (chosen.status_code, chosen.cookies["bahasa"].value) == (302, "en")


def test_a_visitor_chooses_and_comes_back_to_the_same_page(db, client):
    assert choose(client, "en", "/lacak/?nomor=1&kode=2").headers["Location"] == "/lacak/?nomor=1&kode=2"
    page = client.get("/lacak/")
    assert '<html lang="en"' in page.content.decode()
    assert "Track a request" in text(page)
    choose(client, "id")
    assert "Lacak permohonan" in text(client.get("/lacak/"))


def test_the_choice_of_a_person_goes_along_to_other_devices(office):
    choose(visitor(office.head), "en")
    assert "Waiting for me" in text(visitor(office.head).get("/beranda/"))
    assert "Menunggu saya" in text(visitor(office.technician).get("/beranda/"))


@pytest.mark.parametrize("page", ["//evil.example/", "https://evil.example/", "javascript:alert(1)", ""])
def test_nobody_is_sent_elsewhere(db, client, page):
    assert choose(client, "en", page).headers["Location"] == "/"


def test_a_language_that_is_none_changes_nothing(db, client):
    choose(client, "xx")
    assert client.get("/lacak/").headers["Content-Language"] == "id"


def test_every_word_has_its_english():
    """`script/messages` gathers them; what it would change or finds untranslated stands in its output."""
    done = subprocess.run([REPOSITORY / "script" / "messages", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_nature_of_a_letter_is_chosen_in_ones_own_language_and_kept_as_papers_print_it(office):
    case = office.bring_to("received")
    english = visitor(office.head)
    choose(english, "en")
    address = f"/permohonan/{case.number}/terbitkan-disposisi/"
    page = english.get(address)
    assert "Priority class, deadline and notes · Ordinary" in text(page)
    assert re.findall('name="nature" value="([^"]+)"', page.content.decode()) == list(contents.NATURES)
    assert "Ordinary Urgent Very urgent Confidential" in text(page)
    assert "Segera" not in text(page)


def test_the_words_of_the_procedure_follow_the_choice(office):
    case = office.bring_to("received")
    english = visitor(office.head)
    choose(english, "en")
    page = text(english.get(f"/permohonan/{case.number}/"))
    assert "Terbitkan Disposisi" not in page
    for words in ("Received", "Issue Disposition", "The Head of Agency issues a disposition."):
        assert words in page
