"""Light, dark, or as the device wishes: chosen with a button, by whoever reads, without a script."""

import re

import pytest
from django.test import Client

from tests.portal.visitor import OWN_PAGE, visitor

NIGHT = re.compile(r'<link rel="stylesheet" href="[^"]*night[^"]*" media="([^"]*)">')


def choose(client, theme, page="/lacak/"):
    return client.post("/tampilan/", {"theme": theme, "page": page}, headers=OWN_PAGE)


def looks(client, path="/lacak/"):
    """Which colours the browser may draw its own parts in, and for which screens the dark ones are linked."""
    page = client.get(path).content.decode()
    return re.search(r'name="color-scheme" content="([^"]*)"', page)[1], NIGHT.findall(page)


def test_without_a_choice_the_device_decides(db, client):
    assert looks(client) == ("light dark", ["screen and (prefers-color-scheme: dark)"])


@pytest.mark.parametrize(("theme", "expected"), [("dark", ("dark", ["screen"])), ("light", ("light", []))])
def test_a_visitors_choice_stays_in_the_browser(db, client, theme, expected):
    assert choose(client, theme, "/lacak/?nomor=1").headers["Location"] == "/lacak/?nomor=1"
    assert looks(client) == expected
    choose(client, "system")
    assert looks(client)[0] == "light dark"


def test_the_choice_of_a_person_goes_along_to_other_devices(office):
    choose(visitor(office.head), "dark")
    assert looks(visitor(office.head), "/beranda/") == ("dark", ["screen"])
    assert looks(visitor(office.technician), "/beranda/")[0] == "light dark"


def test_what_is_no_choice_changes_nothing(db, client):
    assert choose(client, "neon", "//evil.example/").headers["Location"] == "/"
    client.cookies["tampilan"] = "neon"
    assert looks(client)[0] == "light dark"


def test_the_page_marks_what_is_chosen(db):
    client = Client()
    choose(client, "dark")
    page = client.get("/lacak/").content.decode()
    assert re.findall(r'name="theme" value="(\w+)" aria-current="true"', page) == ["dark"]
