"""The administrator's page over everything that was changed outside of the cases."""

import re
from datetime import timedelta

import pytest

from panggon.audit.services import record
from panggon.core.cases.procedure import Role
from tests.portal.office import MONDAY
from tests.portal.visitor import faults, text, visitor

PAGE = "/catatan/"


@pytest.fixture
def browser(office):
    return visitor(office.person("admin", Role.ADMINISTRATOR))


@pytest.fixture
def changes(office):
    record(
        "people.user:7", before={"active": True}, after={"active": False}, actor=office.head, at=MONDAY, reason="pindah"
    )
    record("schedule.holiday:2026-12-24", before=None, after={"name": "Cuti"}, actor=office.registrar, at=MONDAY)
    record("people.user:8", before=None, after={"name": "Ani"}, actor=None, at=MONDAY + timedelta(days=2))


def shown(response) -> list[str]:
    return re.findall(r'<strong class="break">([^<]+)</strong>', response.content.decode())


def test_it_says_who_changed_what_from_what_to_what(browser, changes):
    page = browser.get(PAGE)
    assert shown(page) == ["Orang 8", "Hari libur 2026-12-24", "Orang 7"]
    assert "Orang 7 1 Kadis · 23 November 2026, 09.00 pindah 1 isian berubah active ya tidak" in text(page)


@pytest.mark.parametrize(
    ("address", "subjects"),
    [
        ("?jenis=people.user", ["Orang 8", "Orang 7"]),
        ("?jenis=people.user&orang=kad", ["Orang 7"]),
        ("?orang=TU", ["Hari libur 2026-12-24"]),
        ("?dari=2026-11-24", ["Orang 8"]),
        ("?sampai=2026-11-23", ["Hari libur 2026-12-24", "Orang 7"]),
        ("?dari=2026-11-24&sampai=2026-11-24", []),
        ("?sesudah=3", ["Hari libur 2026-12-24", "Orang 7"]),
    ],
)
def test_the_address_says_what_is_shown(browser, changes, address, subjects):
    assert shown(browser.get(PAGE + address)) == subjects


def test_what_the_address_cannot_mean_is_said_at_its_field(browser, changes):
    page = browser.get(f"{PAGE}?jenis=entah&dari=kemarin&orang=a%00b")
    assert page.status_code == 422
    assert faults(page).keys() == {"jenis", "dari", "orang"}
    assert shown(page) == []


def test_the_number_of_queries_does_not_grow(office, browser, django_assert_max_num_queries, changes):
    with django_assert_max_num_queries(12) as few:
        browser.get(PAGE)
    for number in range(20):
        record(f"people.user:{number}", before=None, after={"n": number}, actor=office.head, at=MONDAY)
    with django_assert_max_num_queries(12) as many:
        browser.get(PAGE)
    assert len(few) == len(many)


def test_it_is_the_administrators_alone(office):
    for person in (office.applicant, office.head, office.registrar):
        assert visitor(person).get(PAGE).status_code == 403
