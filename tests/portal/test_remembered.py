"""What is asked once in a request that only reads, and never kept longer."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from panggon.core.cases.procedure import Action, Role, State
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


# By page and reader. Session, account, posts, settings and unread notices belong to every page, and for officials the
# second factor, complaints, incidents and sites, for technicians the machines.
QUESTIONS = {
    ("/beranda/", "head"): 16,
    ("/beranda/menunggu/", "head"): 9,
    ("/permohonan/{number}/", "technician"): 18,
    ("/permohonan/{number}/", "head"): 17,
    ("/permohonan/{number}/", "applicant"): 12,
    ("/permohonan/?q=dinas", "head"): 10,
    ("/permohonan/?keadaan=verifying", "head"): 12,
    ("/lacak/?nomor={number}&kode={token}", ""): 4,
}


PAST = ("FROM office_setting", 'FROM "cases_event"', 'FROM "sites_wish"')


@pytest.mark.parametrize(("state", "more"), [(State.VERIFYING, 0), (State.AWAITING_APPROVAL, 2)])
def test_how_many_questions_a_page_asks(office, state, more):
    """Whatever is in the database; `more`: who had the signer's post when the document was frozen."""
    office.bring_to(State.VERIFYING, label="lain")
    office.bring_to(State.AWAITING_APPROVAL, label="ini-juga")
    case, asked = office.bring_to(state), {}
    for page, who in QUESTIONS:
        browser, address = visitor(getattr(office, who)) if who else Client(), page.format_map(vars(case))
        browser.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(address).status_code == 200
        asked[page, who] = len(queries) - (more if "{number}/" in page else 0)
    assert asked == QUESTIONS


def test_an_act_asks_for_settings_and_for_the_past_of_its_case_once(office):
    """What it decides by; the site's wishes are not asked for twice either."""
    case = office.bring_to(State.PREPARED)
    with CaptureQueriesContext(connection) as queries:
        office.act(case, Action.REPORT, office.technician)
    asked = [query["sql"] for query in queries]
    assert [sum(begin in sql for sql in asked) for begin in PAST] == [1, 1, 1]


def test_a_post_that_is_lost_is_lost_at_the_next_page(office):
    browser = visitor(office.head)
    assert browser.get("/laporan/").status_code == 200
    office.head.role_assignments.all().delete()
    assert browser.get("/laporan/").status_code == 403
    assert people.roles_of(office.head, now=office.now).isdisjoint({Role.HEAD})
