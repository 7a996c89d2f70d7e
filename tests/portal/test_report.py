"""The report: figures by hand, and every figure is the length of the list that it leads to."""

import re
from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from panggon.cases.filters import Days
from panggon.cases.lists.reports import months_of
from panggon.cases.models import Case
from panggon.charts import HEIGHT, WIDTH, grouped_bars, nice_step
from panggon.core.cases.procedure import Action, Role, State
from panggon.people.models import Agency, Division
from tests.portal.office import MINUTE
from tests.portal.once import made_once
from tests.portal.visitor import text, visitor

REPORT = "/laporan/"
LINK = re.compile(r'<strong><a href="(/permohonan/\?[^"]*)">([\d.]+)</a></strong>')


@pytest.fixture(autouse=True)
def clock(office, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: office.now)


@pytest.fixture
@made_once
def month(office):
    """A Monday and the week after it: what was served in time and late, what waits, what ended otherwise."""
    office.bring_to(State.DONE, label="selesai")
    slow = office.bring_to(State.APPROVED, label="lambat")
    paused = office.bring_to(State.VERIFYING, label="jeda")
    office.act(paused, Action.RETURN_TO_APPLICANT, office.technician, reasons="Kurang")
    office.bring_to(State.VERIFYING, label="lama")
    office.act(office.bring_to(State.SUBMITTED, label="batal"), Action.WITHDRAW, office.applicant)
    office.now += timedelta(days=7)
    office.deliver(slow)
    office.bring_to(State.RECEIVED, label="baru")
    office.draft(label="draf")


def report(office, user, **asked):
    return visitor(user).get(REPORT, asked)


def test_the_figures(office, month):
    found = report(office, office.head).context["report"]
    assert (found.received.count, found.withdrawn.count, found.refused.count) == (6, 1, 0)
    assert (found.open.count, found.late.count, found.soon.count) == (3, 1, 0)
    served = found.served
    assert (served.all.count, served.within.count, served.beyond.count, served.percent_within) == (2, 1, 1, 50)


def test_the_middle_and_the_ninth_decile_of_the_working_time(office, month):
    served = Case.objects.filter(state__in=[State.DONE, State.DELIVERED]).order_by("pk")
    for case, hours in zip(served, (2, 12), strict=True):
        Case.objects.filter(pk=case.pk).update(working_seconds=hours * 3600)
    page = report(office, office.head)
    found = page.context["report"].served
    assert (found.median_seconds, found.ninth_decile_seconds) == (7 * 3600, 11 * 3600)
    assert "7,0 jam kerja" in text(page)
    assert "11,0 jam kerja" in text(page)


def test_where_they_wait(office, month):
    found = report(office, office.head).context["report"]
    assert [(place.words, place.all.count, place.late.count) for place in found.by_state] == [
        ("Diterima", 1, 0),
        ("Verifikasi Kelengkapan", 1, 1),
        ("Perlu Dilengkapi", 1, 0),
    ]
    assert [(place.words, place.all.count, place.late.count) for place in found.by_holder] == [
        ("Teknis", 1, 1),
        ("Kepala Dinas", 1, 0),
        ("OPD Pemohon", 1, 0),
    ]


def test_months_and_agencies(office, month):
    found = report(office, office.head, dari="2026-10-15", sampai="2026-12-31").context["report"]
    assert [(row.first, row.received.count, row.served.count, row.within.count) for row in found.months] == [
        (date(2026, 10, 15), 0, 0, 0),
        (date(2026, 11, 1), 6, 2, 1),
        (date(2026, 12, 1), 0, 0, 0),
    ]
    (agency,) = found.agencies
    assert (agency.name, agency.received.count, agency.served.all.count) == ("Dinas Sosial", 6, 2)


def test_every_figure_is_the_length_of_its_list(office, month):
    """Also for the head of a division, and in days that cut the data in two."""
    for user, asked in (
        (office.head, {}),
        (office.division_head, {}),
        (office.head, {"dari": "2026-11-24", "sampai": "2026-11-30"}),
    ):
        browser = visitor(user)
        links = LINK.findall(browser.get(REPORT, asked).content.decode())
        assert len(links) >= 12
        for address, count in links:
            listed = browser.get(address.replace("&amp;", "&"))
            assert (address, listed.context["total"]) == (address, int(count))


def test_the_head_of_a_division_sees_the_own_division(office, month):
    other = Division.objects.create(name="Bidang Lain")
    stranger = office.person("lain", Role.DIVISION_HEAD, division=other)
    assert report(office, stranger).context["report"].received.count == 0
    assert report(office, office.division_head).context["report"].received.count == 4
    assert report(office, office.division_head, bidang=other.pk).status_code == 422
    assert report(office, office.head, bidang=office.division.pk).context["report"].received.count == 4


@pytest.mark.parametrize("who", ["applicant", "registrar", "technician"])
def test_the_report_is_for_those_who_lead(office, who):
    assert report(office, getattr(office, who)).status_code == 403


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"dari": "2026-11-02", "sampai": "2026-11-01"}, "sampai"),
        ({"dari": "2001-01-01", "sampai": "2026-11-01"}, "sampai"),
        ({"dari": "kemarin"}, "dari"),
        ({"dari": ""}, "dari"),
        ({"bidang": "0"}, "bidang"),
    ],
)
def test_days_that_cannot_be(office, asked, field):
    answer = report(office, office.head, **asked)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])


def test_an_empty_office_has_a_report(office):
    words = text(report(office, office.head))
    assert "Tidak ada yang menunggu." in words
    assert "Tidak ada permohonan masuk dalam masa laporan." in words


def test_the_report_asks_the_same_number_of_questions_for_any_number_of_cases(office, month, django_assert_num_queries):
    browser = visitor(office.head)
    browser.get(REPORT)
    with CaptureQueriesContext(connection) as few:
        browser.get(REPORT)
    for number in range(4):
        agency = Agency.objects.create(name=f"OPD {number}", short_name=f"OPD{number}")
        office.agency, office.applicant = agency, office.person(f"orang{number}", agency=agency)
        office.bring_to(State.DELIVERED, label=f"situs{number}")
        office.now += MINUTE
    with django_assert_num_queries(len(few)):
        browser.get(REPORT)


# -- Months and bars, as values

DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@given(DAYS, st.integers(0, 2000))
def test_months_hold_every_day_once(first, length):
    last = first + timedelta(days=length)
    parts = months_of(Days(first, last))
    days = [day for part in parts for day in range(part.first.toordinal(), part.last.toordinal() + 1)]
    assert days == list(range(first.toordinal(), last.toordinal() + 1))
    assert all((part.first.year, part.first.month) == (part.last.year, part.last.month) for part in parts)


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1, max_size=40))
def test_bars_stay_in_the_chart_and_keep_their_order(pairs):
    chart = grouped_bars(*zip(*pairs, strict=True), labels=[""] * len(pairs))
    assert all(bar.x >= 0 and bar.x + bar.width <= WIDTH + 0.2 for bar in chart.bars)
    assert all(bar.y >= 0 and abs(bar.y + bar.height - HEIGHT) <= 0.2 for bar in chart.bars)
    values = [value for series in zip(*pairs, strict=True) for value in series]
    by_value = sorted(zip(values, chart.bars, strict=True), key=lambda pair: pair[0])
    assert all(first[1].height <= second[1].height for first, second in pairwise(by_value))


@pytest.mark.parametrize(
    ("most", "step"), [(0, 1), (1, 1), (5, 1), (6, 2), (11, 5), (26, 10), (260, 100), (5_000, 1_000)]
)
def test_lines_stand_at_round_numbers(most, step):
    assert nice_step(most) == step
