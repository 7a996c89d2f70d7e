"""Finding cases: what waits, by its urgency; the words that one searches by; pages by key."""

from datetime import timedelta

import pytest

from panggon.cases import selectors
from panggon.cases.filters import Filter
from panggon.cases.lists.paging import Order, page_of
from panggon.cases.models import Case
from panggon.core.cases.procedure import Action, State
from panggon.people.models import Agency
from tests.portal.office import MINUTE


@pytest.fixture
def dinkes(office):
    """Another agency, with one person."""
    return office.person("wati", agency=Agency.objects.create(name="Dinas Kesehatan", short_name="Dinkes"))


def found(user, office, **meant):
    return {case.number for case in selectors.found(user, Filter(**meant), now=office.now)}


# -- What waits


def test_of_many_that_wait_only_the_most_urgent_are_read(office):
    cases = [office.bring_to(State.SUBMITTED, label=f"situs{number}") for number in range(4)]
    shown = selectors.waiting_for(office.registrar, now=office.now, most=2)
    assert [case.pk for case in shown] == [case.pk for case in cases[:2]]
    assert all(case.clock.running for case in shown)


def test_all_that_waits_is_counted(office):
    office.bring_to(State.VERIFYING, label="satu")
    back = office.bring_to(State.VERIFYING, label="dua")
    office.act(back, Action.RETURN_TO_APPLICANT, office.technician, reasons="Kurang")
    office.act(back, Action.RESUBMIT, office.applicant)
    office.bring_to(State.RECEIVED, label="tiga")
    counts = selectors.waiting_counts(office.technician, now=office.now)
    assert (counts.total, counts.returned, counts.late) == (2, 1, 0)
    later = selectors.waiting_counts(office.technician, now=office.now + timedelta(days=7))
    assert (later.total, later.late) == (2, 2)


def test_what_was_sent_again_is_so_until_somebody_goes_on(office):
    case = office.bring_to(State.VERIFYING)
    case = office.act(case, Action.RETURN_TO_APPLICANT, office.technician, reasons="Kurang")
    assert not case.returned
    case = office.act(case, Action.RESUBMIT, office.applicant)
    assert case.returned
    assert not office.act(
        case, Action.COMPLETE, office.technician, checklist=["letter", "agency", "name", "contact"]
    ).returned


def test_the_working_time_is_kept_when_the_clock_stops(office):
    case = office.bring_to(State.SUBMITTED)
    assert case.working_seconds is None
    office.now += 90 * MINUTE
    case = office.act(case, Action.WITHDRAW, office.applicant)
    assert case.working_seconds == 91 * 60


# -- The words


@pytest.mark.parametrize(
    "words",
    ["HST-2026-0001", "0001/2026", "dinas sosial", "Dinsos", "117/2026", "permohonan hosting", "SRI wahyuni", "teknis"],
)
def test_a_case_is_found_by(office, words):
    case = office.bring_to(State.VERIFYING, label="layanan")
    assert found(office.registrar, office, words=words) == {case.number}


def test_every_word_must_be_found(office):
    office.bring_to(State.SUBMITTED)
    assert found(office.registrar, office, words="dinsos wahyuni") == {"HST-2026-0001"}
    assert found(office.registrar, office, words="dinsos bambang") == set()


@pytest.mark.parametrize("words", ["%", "_", "\\", "'", "100%"])
def test_signs_of_the_database_are_letters_like_others(office, words):
    office.bring_to(State.SUBMITTED)
    assert found(office.registrar, office, words=words) == set()


def test_a_renamed_agency_and_person_are_found_by_the_new_name_only(office):
    case = office.bring_to(State.VERIFYING, label="layanan")
    office.agency.short_name, office.agency.name = "Dinsosdalduk", "Dinas Sosial dan Pengendalian Penduduk"
    office.agency.save()
    office.technician.full_name = "Agus Setiawan"
    office.technician.save()
    for words in ("dinsosdalduk", "pengendalian", "agus"):
        assert found(office.head, office, words=words) == {case.number}
    assert found(office.head, office, words="teknis") == set()


def test_erased_words_are_found_no_more(office):
    case = office.bring_to(State.SUBMITTED)
    Case.objects.filter(pk=case.pk).update(contact_name="")
    assert found(office.registrar, office, words="wahyuni") == set()


def test_nobody_finds_what_is_not_for_the_own_eyes(office, dinkes):
    sent, draft = office.bring_to(State.SUBMITTED), office.draft(label="rencana")
    assert found(dinkes, office) == set()
    assert found(office.applicant, office) == {sent.number, draft.number}
    assert found(office.head, office) == {sent.number}


# -- Pages


@pytest.mark.parametrize("order", Order)
def test_pages_hold_every_row_once_and_in_order(office, order):
    for number in range(7):
        office.bring_to(State.DRAFT if number % 3 == 0 else State.SUBMITTED, label=f"situs{number}")
    Case.objects.update(created_at=office.now)  # all alike: only the last key tells them apart
    cases = selectors.visible_to(office.applicant, now=office.now)
    whole = [case.pk for case in page_of(cases, order, after=None, size=100).rows]
    seen, after = [], None
    for _ in range(4):
        page = page_of(cases, order, after=after, size=2)
        seen += [case.pk for case in page.rows]
        after = page.rows[-1]
    assert (seen, page.after) == (whole, "")
    assert len(set(whole)) == 7
