"""Acting officials: terms of days, and who may be named when."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panggon.core.cases.vocabulary import Role
from panggon.core.people.acting import ActingKind, Term, acting_faults, acting_title

TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
WEEK = Term(TODAY, TODAY + 6 * DAY)
TERMS = st.tuples(st.integers(0, 30), st.integers(0, 30)).map(
    lambda pair: Term(TODAY + min(pair) * DAY, TODAY + max(pair) * DAY)
)


def faults(kind=ActingKind.PLH, term=WEEK, *, order=TODAY, incumbent=None, others=()):
    incumbent = kind is ActingKind.PLH if incumbent is None else incumbent
    found = acting_faults(kind, term, order_date=order, today=TODAY, incumbent=incumbent, others=others)
    return [(fault.code, fault.field) for fault in found]


@given(TERMS, TERMS)
def test_two_terms_overlap_when_a_day_is_of_both(one, other):
    days = [TODAY + number * DAY for number in range(31)]
    assert one.overlaps(other) == any(one.covers(day) and other.covers(day) for day in days)
    assert one.overlaps(other) == other.overlaps(one)


@pytest.mark.parametrize("kind", ActingKind)
def test_a_good_order_has_no_faults(kind):
    assert faults(kind) == []
    assert faults(kind, Term(TODAY, TODAY)) == []
    assert faults(kind, others=[Term(TODAY - 9 * DAY, TODAY - DAY), Term(TODAY + 7 * DAY, TODAY + 9 * DAY)]) == []


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"order": TODAY + DAY}, ("acting.order_in_future", "order_date")),
        ({"term": Term(TODAY, TODAY - DAY)}, ("acting.ends_before_it_begins", "last_day")),
        ({"term": Term(TODAY - 9 * DAY, TODAY - DAY)}, ("acting.over", "last_day")),
        ({"others": [Term(TODAY + 6 * DAY, TODAY + 9 * DAY)]}, ("acting.overlaps", "first_day")),
        ({"incumbent": False}, ("acting.plh_without_incumbent", "kind")),
        ({"kind": ActingKind.PLT, "incumbent": True}, ("acting.plt_with_incumbent", "kind")),
    ],
)
def test_what_is_wrong_with_an_order_is_said_at_its_field(options, fault):
    assert faults(**options) == [fault]


def test_titles_are_those_of_the_papers():
    assert acting_title(ActingKind.PLH, Role.HEAD) == "Plh. Kepala Dinas"
    assert acting_title(ActingKind.PLT, Role.DIVISION_HEAD) == "Plt. Kepala Bidang"
    assert acting_title(ActingKind.PLT, Role.DIVISION_HEAD, "Bidang INS") == "Plt. Kepala Bidang INS"
    assert acting_title(None, Role.TECHNICIAN, "Bidang INS") == "Petugas Teknis Bidang INS"
    assert acting_title(None, Role.HEAD) == "Kepala Dinas"
