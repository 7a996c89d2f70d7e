"""The one door: what each action does, and who may."""

from datetime import UTC, datetime

import pytest

from panggon.cases import selectors, services
from panggon.cases.archive import log
from panggon.cases.models import Case
from panggon.core.cases.procedure import Action, Role, State
from panggon.core.errors import InvalidError
from panggon.people.models import Agency
from panggon.sites.models import Wish
from tests.portal.office import DIGEST, REQUEST, refused


def test_the_straight_way_through_all_nine_steps(office):
    case = office.bring_to(State.DONE)
    assert [(event.action, event.target) for event in case.events.all()] == [
        ("save_draft", "draft"),
        ("submit", "submitted"),
        ("receive", "received"),
        ("dispose", "disposed"),
        ("assign", "verifying"),
        ("complete", "preparing"),
        ("prepare", "preparing"),
        ("record_preparation", "prepared"),
        ("report", "reported"),
        ("request_approval", "awaiting_approval"),
        ("approve", "approved"),
        ("record_opening", "approved"),
        ("deliver", "delivered"),
        ("confirm", "done"),
    ]
    assert case.number == "HST-2026-0001"
    assert case.agenda_number == "0001/2026"
    assert case.version == 14
    assert case.due_at.isoformat() == "2026-11-25T09:30:00+00:00"  # Wednesday 16.30
    assert case.stopped_at == case.events.get(action="deliver").at
    assert (case.site.host, case.site.identifier, case.site.state) == ("dinsos.panggon.test", "s900001", "open")
    assert {event.role for event in case.events.filter(actor=None)} == {"system"}
    assert log.broken_links(case) == ()


def test_the_wishes_of_the_straight_way(office):
    case = office.bring_to(State.DELIVERED)
    assert [
        (wish.purpose, wish.spec["state"], wish.generation, wish.approved_digest) for wish in case.site.wishes.all()
    ] == [
        ("plan", "prepared", 1, ""),
        ("prepare", "prepared", 1, DIGEST),
        ("open", "open", 2, ""),
    ]


def test_what_the_sk_requires_is_refused_all_at_once(office):
    nothing = dict.fromkeys(REQUEST, "") | {"letter_date": None}
    case = services.create_draft(office.agency, office.applicant, nothing, at=office.later())
    assert refused(office.act, case, Action.SUBMIT, office.applicant) == [
        ("need.letter", "letter"),
        ("need.name", "label"),
        ("need.contact", "contact"),
    ]
    assert Case.objects.get(pk=case.pk).state == State.DRAFT


def test_every_fault_of_a_name_is_said(office):
    case = office.draft(label="xn--Judi-")
    assert refused(office.act, case, Action.SUBMIT, office.applicant) == [
        ("label.punycode", "label"),
        ("label.trailing_hyphen", "label"),
        ("label.gambling", "label"),
    ]


def test_a_deadline_in_a_year_without_a_calendar_is_refused_and_names_the_year(office):
    office.now = datetime(2026, 12, 30, 3, 0, tzinfo=UTC)
    case = office.draft()
    with pytest.raises(InvalidError) as raised:
        office.act(case, Action.SUBMIT, office.applicant)
    assert [(fault.code, fault.facts) for fault in raised.value.faults] == [("calendar.missing", {"year": 2027})]
    assert Case.objects.get(pk=case.pk).site is None


def test_what_was_told_at_the_desk_needs_no_file(office):
    case = office.draft(letter=None, letter_source="desk", letter_subject="Minta hosting untuk dinsos")
    assert office.act(case, Action.SUBMIT, office.registrar).state == State.SUBMITTED


def test_a_letter_that_is_no_pdf_changes_nothing(office):
    case = office.draft(letter=None)
    assert refused(office.act, case, Action.SUBMIT, office.applicant, letter=b"MZ") == [("letter.not_pdf", "letter")]
    assert case.files.count() == 0


def test_another_agency_may_nothing(office):
    other = office.person("lain", agency=Agency.objects.create(name="Dinas Kesehatan", short_name="Dinkes"))
    case = office.draft()
    assert refused(office.act, case, Action.SUBMIT, other) == [("need.own_agency", "")]
    assert selectors.case_for(other, case.number, now=office.now) is None
    assert selectors.case_for(office.applicant, case.number, now=office.now) == case


def test_no_step_is_skipped(office):
    case = office.bring_to(State.RECEIVED)
    assert refused(office.act, case, Action.APPROVE, office.head) == [("action.not_from_this_state", "")]
    assert refused(office.act, case, Action.DISPOSE, office.registrar, division=office.division) == [
        ("action.not_your_role", "")
    ]


def test_a_name_is_one_cases_from_submission_until_withdrawal(office):
    first, second = office.draft(), office.draft()
    first = office.act(first, Action.SUBMIT, office.applicant)
    assert refused(office.act, second, Action.SUBMIT, office.applicant) == [("label.taken", "label")]
    first = office.act(first, Action.WITHDRAW, office.applicant)
    assert first.stopped_at == office.now
    second = office.act(second, Action.SUBMIT, office.applicant)
    assert second.site.host == first.site.host
    assert second.site.identifier == "s900002"
    assert Wish.objects.count() == 0  # nothing was made, so nothing is parked


def test_a_technician_of_another_division_cannot_be_assigned(office):
    case = office.bring_to(State.DISPOSED)
    assert refused(office.act, case, Action.ASSIGN, office.division_head, technician=office.registrar) == [
        ("technician.of_another_division", "technician")
    ]


def test_an_agenda_number_is_given_once(office):
    first = office.act(office.bring_to(State.SUBMITTED), Action.RECEIVE, office.registrar, agenda_number="77/TU")
    assert first.agenda_number == "77/TU"
    second = office.bring_to(State.SUBMITTED, label="layanan")
    assert refused(office.act, second, Action.RECEIVE, office.registrar, agenda_number="77/TU") == [
        ("agenda_number.taken", "agenda_number")
    ]


def test_the_registrar_confirms_only_with_the_signed_sheet(office):
    case = office.bring_to(State.DELIVERED)
    assert refused(office.act, case, Action.CONFIRM, office.registrar) == [("need.signed_sheet", "signed_sheet")]
    case = office.act(case, Action.CONFIRM, office.registrar, signed_sheet=REQUEST["letter"])
    assert case.state == State.DONE
    assert case.files.get(kind="signed_sheet").sha256 == case.events.last().data["files"]["signed_sheet"]


def test_offers_are_what_the_table_says(office):
    case = office.bring_to(State.VERIFYING)
    assert [offer.action for offer in selectors.offers(case, office.technician, now=office.now)] == [
        Action.COMPLETE,
        Action.RETURN_TO_APPLICANT,
    ]
    colleague = office.person("rekan", Role.TECHNICIAN, division=office.division)
    assert selectors.offers(case, colleague, now=office.now) == ()
    assert [offer.action for offer in selectors.offers(case, office.applicant, now=office.now)] == [Action.WITHDRAW]
    assert [offer.action for offer in selectors.offers(case, office.head, now=office.now)] == [Action.REFUSE]
