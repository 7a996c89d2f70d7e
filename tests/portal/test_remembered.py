"""What is asked once in a request that only reads, and never kept longer."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from panggon.core.procedure import Role, State
from panggon.people import selectors as people
from panggon.remembered import remembered, remembering
from tests.portal.visitor import visitor


def test_an_answer_is_kept_within_the_block_only():
    answers = iter(range(9))
    with remembering():
        assert [remembered("a", lambda: next(answers)) for _ in range(3)] == [0, 0, 0]
        assert remembered("b", lambda: next(answers)) == 1
    assert [remembered("a", lambda: next(answers)) for _ in range(2)] == [2, 3]
    with remembering():
        assert remembered("a", lambda: next(answers)) == 4


def test_a_failure_is_not_kept():
    with remembering():
        with pytest.raises(ZeroDivisionError):
            remembered("a", lambda: 1 // 0)
        assert remembered("a", lambda: 1) == 1


@pytest.mark.parametrize("page", ["/beranda/", "/permohonan/", "/permohonan/{number}/"])
def test_a_page_asks_for_roles_and_calendar_at_most_once(office, page):
    case = office.bring_to(State.VERIFYING)
    browser = visitor(office.head)
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(page.format(number=case.number)).status_code == 200
    questions = [query["sql"] for query in asked]
    assert sum('FROM "schedule_holiday"' in words for words in questions) <= 1
    assert len([words for words in questions if "UNION" in words and "roleassignment" in words]) <= 2


def test_a_post_that_is_lost_is_lost_at_the_next_page(office):
    browser = visitor(office.head)
    assert browser.get("/laporan/").status_code == 200
    office.head.role_assignments.all().delete()
    assert browser.get("/laporan/").status_code == 403
    assert people.roles_of(office.head, now=office.now).isdisjoint({Role.HEAD})
