"""The ways back: returned to the OPD, sent back, refused, withdrawn, not accessible."""

from panggon.core.cases.procedure import Action, State
from panggon.sites import reports
from panggon.sites.models import Outcome, Purpose
from tests.portal.office import ALL_MET, DIGEST, MINUTE, REQUEST, refused


def test_returned_and_sent_again_moves_the_deadline_and_keeps_the_technician(office):
    case = office.bring_to(State.VERIFYING)
    due = case.due_at
    case = office.act(case, Action.RETURN_TO_APPLICANT, office.technician, missing={"contact": "Narahubung tidak ada"})
    assert [(row.item, row.reason) for row in case.corrections.all()] == [("contact", "Narahubung tidak ada")]
    assert {row.item: row.met for row in case.checklist.all()} == dict.fromkeys(ALL_MET, True) | {"contact": False}
    office.now += 29 * MINUTE
    case = office.act(case, Action.RESUBMIT, office.applicant, contact_phone="0812-0000-0002")
    assert (case.state, case.technician, case.contact_phone) == (State.VERIFYING, office.technician, "0812-0000-0002")
    assert case.corrections.filter(resolved_at=None).count() == 0
    # Half an hour after closing time on Wednesday is half an hour after opening on Thursday.
    assert (due.isoformat(), case.due_at.isoformat()) == ("2026-11-25T09:30:00+00:00", "2026-11-26T01:00:00+00:00")


def test_another_name_after_a_return_lets_the_first_go(office):
    case = office.bring_to(State.VERIFYING)
    office.act(case, Action.RETURN_TO_APPLICANT, office.technician, missing={"name": "Nama lain"})
    case = office.act(case, Action.RESUBMIT, office.applicant, label="layanan-dinsos")
    assert case.site.host == "layanan-dinsos.panggon.test"
    assert office.bring_to(State.SUBMITTED).site.host == "dinsos.panggon.test"


def test_nothing_is_approved_without_the_frozen_document(office):
    case = office.bring_to(State.AWAITING_APPROVAL)
    assert refused(office.act, case, Action.APPROVE, office.head) == [
        ("need.documents", ""),
        ("need.signature", "signature"),
    ]


def test_sent_back_a_new_round_needs_a_new_document(office):
    case = office.bring_to(State.AWAITING_APPROVAL)
    office.papers(case)
    case = office.act(case, Action.SEND_BACK, office.head, reasons="Periksa lagi")
    assert (case.state, case.events.last().note) == (State.REPORTED, "Periksa lagi")
    case = office.act(case, Action.REQUEST_APPROVAL, office.division_head)
    assert refused(office.act, case, Action.APPROVE, office.head) == [
        ("need.documents", ""),
        ("need.signature", "signature"),
    ]
    office.papers(case)
    assert office.act(case, Action.APPROVE, office.head).approved_at == office.now


def test_sent_back_to_preparing_asks_for_a_new_plan(office):
    case = office.bring_to(State.REPORTED)
    case = office.act(case, Action.SEND_BACK, office.division_head, reasons="Basis data kurang")
    assert case.state == State.PREPARING
    assert (case.site.wishes.last().purpose, case.site.wishes.last().generation) == ("plan", 2)


def test_cannot_access_runs_the_clock_again(office):
    case = office.bring_to(State.DELIVERED)
    assert office.act(case, Action.REPORT_NO_ACCESS, office.applicant, reasons="SFTP menolak").stopped_at is None
    case = office.act(case, Action.REPORT_FIXED, office.technician)
    assert (case.state, case.stopped_at) == (State.DELIVERED, office.now)


def test_a_changed_spec_repeats_the_steps_on_the_open_site(office):
    case = office.bring_to(State.DELIVERED)
    office.act(case, Action.REPORT_NO_ACCESS, office.applicant, reasons="Butuh satu pintu")
    assert office.node_reports(Outcome.VERIFIED).purpose == "look"
    case = office.act(
        case, Action.CHANGE_SPEC, office.technician, profile="front_controller", kind="php", database=True
    )
    wish = case.site.wishes.last()
    assert (wish.purpose, wish.spec["profile"], wish.spec["state"]) == ("plan", "front_controller", "open")
    assert office.prepare(case).state == State.PREPARED
    assert refused(office.act, case, Action.WITHDRAW, office.applicant) == [("need.never_approved", "")]


def test_refusing_parks_what_was_made(office):
    case = office.bring_to(State.PREPARED)
    assert refused(office.act, case, Action.REFUSE, office.head, reasons="Bukan pengguna jaringan") == [
        ("need.refusal_letter", "refusal_letter")
    ]
    case = office.act(
        case, Action.REFUSE, office.head, reasons="Bukan pengguna jaringan", refusal_letter=REQUEST["letter"]
    )
    wish = case.site.wishes.last()
    assert (case.state, wish.purpose, wish.spec["state"]) == (State.REFUSED, "park", "parked")
    assert case.stopped_at == office.now
    assert case.site.released_at == office.now


def test_withdrawing_lets_a_wish_that_was_begun_end_without_effect(office):
    case = office.bring_to(State.PREPARING)
    office.node_reports(Outcome.PLANNED)
    office.act(case, Action.PREPARE, office.technician, shown_digest=DIGEST)
    begun = reports.take_wish(office.node, at=office.later())
    case = office.act(case, Action.WITHDRAW, office.applicant)
    wish = office.node_reports(Outcome.APPLIED)
    assert wish.pk == begun.pk
    assert office.told(case, wish).state == State.WITHDRAWN
    assert office.node_reports(Outcome.APPLIED).purpose == Purpose.PARK


def test_an_opd_asks_only_for_kinds_that_need_nothing_else(office):
    assert refused(office.draft, kind="proxy") == [("site.kind_not_asked", "kind")]
    case = office.draft(kind="static", database_wish="postgresql")
    assert (case.kind, case.database, case.engine) == ("static", True, "postgresql")
    assert office.draft(database_wish="none").database is False
