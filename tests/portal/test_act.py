"""The one door: what each action does, who may, and that it is all or nothing."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from panggon.cases import effects, jobs, selectors, services
from panggon.cases.models import Case, Event
from panggon.core.errors import InvalidError
from panggon.core.procedure import Action, Effect, Role, State
from panggon.papers.models import Counter
from panggon.people.models import Agency
from panggon.sites import services as sites
from panggon.sites.models import Outcome, Purpose, Wish
from tests.portal.office import ALL_MET, DIGEST, MINUTE, REQUEST


def refused(act, *arguments, **data) -> list[tuple[str, str]]:
    with pytest.raises(InvalidError) as raised:
        act(*arguments, **data)
    return [(fault.code, fault.field) for fault in raised.value.faults]


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
    assert selectors.broken_links(case) == ()


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
    assert selectors.case_for(other, case.number) is None
    assert selectors.case_for(office.applicant, case.number) == case


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


def test_returned_and_sent_again_moves_the_deadline_and_keeps_the_technician(office):
    case = office.bring_to(State.VERIFYING)
    due = case.due_at
    case = office.act(
        case, Action.RETURN_TO_APPLICANT, office.technician, reasons="Narahubung tidak ada", missing=["contact"]
    )
    assert [(row.item, row.reason) for row in case.corrections.all()] == [("contact", "Narahubung tidak ada")]
    assert {row.item: row.met for row in case.checklist.all()} == dict.fromkeys(ALL_MET, True) | {"contact": False}
    office.now += 29 * MINUTE
    case = office.act(case, Action.RESUBMIT, office.applicant, contact_phone="0812-1")
    assert (case.state, case.technician, case.contact_phone) == (State.VERIFYING, office.technician, "0812-1")
    assert case.corrections.filter(resolved_at=None).count() == 0
    # Half an hour after closing time on Wednesday is half an hour after opening on Thursday.
    assert (due.isoformat(), case.due_at.isoformat()) == ("2026-11-25T09:30:00+00:00", "2026-11-26T01:00:00+00:00")


def test_another_name_after_a_return_lets_the_first_go(office):
    case = office.bring_to(State.VERIFYING)
    office.act(case, Action.RETURN_TO_APPLICANT, office.technician, reasons="Nama lain", missing=["name"])
    case = office.act(case, Action.RESUBMIT, office.applicant, label="layanan-dinsos")
    assert case.site.host == "layanan-dinsos.panggon.test"
    assert office.bring_to(State.SUBMITTED).site.host == "dinsos.panggon.test"


def test_the_plan_that_was_shown_is_the_one_that_runs(office):
    case = office.bring_to(State.PREPARING)
    assert refused(office.act, case, Action.PREPARE, office.technician) == [
        ("need.plan", ""),
        ("need.no_wish_running", ""),
    ]
    office.node_reports(Outcome.PLANNED)
    assert refused(office.act, case, Action.PREPARE, office.technician, shown_digest="e" * 64) == [
        ("need.plan_shown", "shown_digest")
    ]
    office.act(case, Action.PREPARE, office.technician, shown_digest=DIGEST)
    assert refused(office.act, case, Action.PREPARE, office.technician, shown_digest=DIGEST) == [
        ("need.no_wish_running", "")
    ]


@pytest.mark.parametrize("outcome", [Outcome.STALE, Outcome.REFUSED, Outcome.RESTORED])
def test_a_failed_preparation_is_recorded_with_its_words_and_tried_again(office, outcome):
    case = office.bring_to(State.PREPARING)
    office.node_reports(Outcome.PLANNED)
    office.act(case, Action.PREPARE, office.technician, shown_digest=DIGEST)
    case = office.told(case, office.node_reports(outcome, problem="plan.foreign"))
    failure = case.events.last()
    assert (case.state, failure.action, failure.note) == (State.PREPARING, "record_failure", "plan.foreign happened")
    assert failure.data["problem"] == "plan.foreign"
    case = office.act(case, Action.RETRY, office.technician)
    assert case.site.wishes.last().purpose == Purpose.PLAN
    assert office.prepare(case).state == State.PREPARED


def test_applied_with_a_proof_that_does_not_hold_is_a_failure(office):
    case = office.bring_to(State.PREPARING)
    office.node_reports(Outcome.PLANNED)
    office.act(case, Action.PREPARE, office.technician, shown_digest=DIGEST)
    wish = office.node_reports(Outcome.APPLIED, proofs=[{"name": "web.body", "ok": False, "detail": "502"}])
    case = office.told(case, wish)
    assert (case.state, case.events.last().action) == (State.PREPARING, "record_failure")


def test_a_report_told_twice_is_one_event(office):
    case = office.bring_to(State.PREPARING)
    office.node_reports(Outcome.PLANNED)
    office.act(case, Action.PREPARE, office.technician, shown_digest=DIGEST)
    wish = office.node_reports(Outcome.APPLIED)
    case = office.told(office.told(case, wish), wish)
    assert case.events.filter(action=Action.RECORD_PREPARATION).count() == 1


def test_steps_5_6_and_7_are_three_persons(office):
    case = office.bring_to(State.REPORTED)
    both = office.technician
    both.role_assignments.create(role=Role.DIVISION_HEAD, division=office.division)
    assert refused(office.act, case, Action.REQUEST_APPROVAL, both) == [("need.not_in_step_5", "")]
    case = office.act(case, Action.REQUEST_APPROVAL, office.division_head)
    office.papers(case)
    office.division_head.role_assignments.create(role=Role.HEAD)
    assert refused(office.act, case, Action.APPROVE, office.division_head) == [("need.not_in_step_6", "")]


def test_nothing_is_approved_without_the_frozen_document(office):
    case = office.bring_to(State.AWAITING_APPROVAL)
    assert refused(office.act, case, Action.APPROVE, office.head) == [("need.hosting_document", "")]


def test_sent_back_a_new_round_needs_a_new_document(office):
    case = office.bring_to(State.AWAITING_APPROVAL)
    office.papers(case)
    case = office.act(case, Action.SEND_BACK, office.head, reasons="Periksa lagi")
    assert (case.state, case.events.last().note) == (State.REPORTED, "Periksa lagi")
    case = office.act(case, Action.REQUEST_APPROVAL, office.division_head)
    assert refused(office.act, case, Action.APPROVE, office.head) == [("need.hosting_document", "")]
    office.papers(case)
    assert office.act(case, Action.APPROVE, office.head).approved_at == office.now


def test_sent_back_to_preparing_asks_for_a_new_plan(office):
    case = office.bring_to(State.REPORTED)
    case = office.act(case, Action.SEND_BACK, office.division_head, reasons="Basis data kurang")
    assert case.state == State.PREPARING
    assert (case.site.wishes.last().purpose, case.site.wishes.last().generation) == ("plan", 2)


def test_delivery_needs_proof_of_the_open_site(office):
    case = office.bring_to(State.APPROVED)
    office.papers(case)
    assert refused(office.act, case, Action.DELIVER, office.registrar) == [
        ("need.evidence", ""),
        ("need.evidence_open", ""),
    ]
    case = office.told(case, office.node_reports(Outcome.RESTORED, problem="tls.refused"))
    assert (case.state, case.events.last().action) == (State.APPROVED, "record_failure")
    office.act(case, Action.RETRY, office.technician)
    assert office.deliver(case).state == State.DELIVERED


def test_cannot_access_runs_the_clock_again(office):
    case = office.bring_to(State.DELIVERED)
    assert office.act(case, Action.REPORT_NO_ACCESS, office.applicant, reasons="SFTP menolak").stopped_at is None
    case = office.act(case, Action.REPORT_FIXED, office.technician)
    assert (case.state, case.stopped_at) == (State.DELIVERED, office.now)


def test_a_changed_spec_repeats_the_steps_on_the_open_site(office):
    case = office.bring_to(State.DELIVERED)
    office.act(case, Action.REPORT_NO_ACCESS, office.applicant, reasons="Butuh satu pintu")
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
    begun = sites.take_wish(office.node, at=office.later())
    case = office.act(case, Action.WITHDRAW, office.applicant)
    wish = office.node_reports(Outcome.APPLIED)
    assert wish.pk == begun.pk
    assert office.told(case, wish).state == State.WITHDRAWN
    assert office.node_reports(Outcome.APPLIED).purpose == Purpose.PARK


def test_the_registrar_confirms_only_with_the_signed_sheet(office):
    case = office.bring_to(State.DELIVERED)
    assert refused(office.act, case, Action.CONFIRM, office.registrar) == [("need.signed_sheet", "signed_sheet")]
    case = office.act(case, Action.CONFIRM, office.registrar, signed_sheet=REQUEST["letter"])
    assert case.state == State.DONE
    assert case.files.get(kind="signed_sheet").sha256 == case.events.last().data["files"]["signed_sheet"]


def test_offers_are_what_the_table_says(office):
    case = office.bring_to(State.VERIFYING)
    assert [offer.action for offer in selectors.offers(case, office.technician)] == [
        Action.COMPLETE,
        Action.RETURN_TO_APPLICANT,
    ]
    colleague = office.person("rekan", Role.TECHNICIAN, division=office.division)
    assert selectors.offers(case, colleague) == ()
    assert [offer.action for offer in selectors.offers(case, office.applicant)] == [Action.WITHDRAW]
    assert [offer.action for offer in selectors.offers(case, office.head)] == [Action.REFUSE]


# -- All or nothing


def test_every_effect_of_the_procedure_is_carried_out():
    assert set(effects.PAPERS) | set(effects.WISHES) | effects.NOTICES == set(Effect)
    assert set(jobs.RECIPIENTS) == effects.NOTICES


def test_a_failing_effect_leaves_nothing(office, monkeypatch):
    case = office.bring_to(State.VERIFYING)
    before = (case.version, case.head, ProcrastinateJob.objects.count(), Wish.objects.count())

    def broken(*_arguments):
        raise RuntimeError("the last effect fails")

    last = {**effects.WISHES, Effect.WISH_PLAN: broken}
    monkeypatch.setattr(effects, "WISHES", last)
    with pytest.raises(RuntimeError):
        office.act(case, Action.COMPLETE, office.technician, checklist=ALL_MET)
    case = Case.objects.get(pk=case.pk)
    assert (case.version, case.head, ProcrastinateJob.objects.count(), Wish.objects.count()) == before
    assert (case.state, case.checklist.count()) == (State.VERIFYING, 0)


def test_a_refused_receipt_uses_no_agenda_number_up(office):
    case = office.bring_to(State.SUBMITTED)
    assert refused(office.act, case, Action.RECEIVE, office.head) == [("action.not_your_role", "")]
    assert not Counter.objects.filter(register="agenda").exists()
    assert office.act(case, Action.RECEIVE, office.registrar).agenda_number == "0001/2026"


def test_event_and_jobs_are_written_together(office):
    case = office.bring_to(State.SUBMITTED)
    office.act(case, Action.RECEIVE, office.registrar)
    event = case.events.last()
    wanted = ProcrastinateJob.objects.filter(args__event=event.pk).order_by("id")
    assert [(job.task_name, job.args, job.lock) for job in wanted] == [
        ("cases.make_paper", {"event": event.pk, "kind": "receipt"}, f"case-{case.pk}"),
        ("cases.notify", {"event": event.pk, "whom": "notify_applicant"}, None),
        ("cases.notify", {"event": event.pk, "whom": "notify_next"}, None),
    ]


@pytest.mark.django_db(transaction=True)
def test_two_officials_at_once_one_wins_and_the_other_is_told(office):
    case = office.bring_to(State.SUBMITTED)
    colleague = office.person("tu2", Role.REGISTRAR)
    at = office.later()
    start, outcomes = threading.Barrier(2), []

    def receive(actor):
        try:
            start.wait()
            services.act(case.pk, action=Action.RECEIVE, actor=actor, data={}, at=at, expected_version=case.version)
            outcomes.append((actor, None))
        except InvalidError as error:
            outcomes.append((actor, error.faults))
        finally:
            connection.close()

    threads = [threading.Thread(target=receive, args=(actor,)) for actor in (office.registrar, colleague)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ((winner, _),) = [row for row in outcomes if row[1] is None]
    ((_, (fault,)),) = [row for row in outcomes if row[1] is not None]
    assert (fault.code, fault.facts) == ("case.changed", {"action": "receive", "actor": winner.full_name, "at": at})
    assert Event.objects.filter(case=case, action="receive").count() == 1
    assert Case.objects.get(pk=case.pk).agenda_number == "0001/2026"


# -- Lists


def test_waiting_for_asks_the_same_number_of_questions_for_any_number_of_cases(office, django_assert_num_queries):
    office.bring_to(State.VERIFYING)
    with django_assert_num_queries(7):
        assert len(selectors.waiting_for(office.technician, now=office.now)) == 1
    for number in range(4):
        office.bring_to(State.VERIFYING, label=f"situs{number}")
    with django_assert_num_queries(7):
        assert len(selectors.waiting_for(office.technician, now=office.now)) == 5


def test_the_most_urgent_comes_first_and_the_resubmitted_before_all(office):
    old = office.bring_to(State.VERIFYING, label="lama")
    office.now += 60 * MINUTE
    young = office.bring_to(State.VERIFYING, label="muda")
    back = office.bring_to(State.VERIFYING, label="kembali")
    office.act(back, Action.RETURN_TO_APPLICANT, office.technician, reasons="Kurang")
    office.act(back, Action.RESUBMIT, office.applicant)
    rows = selectors.waiting_for(office.technician, now=office.now)
    assert [case.pk for case in rows] == [back.pk, old.pk, young.pk]
    assert rows[0].returned
    assert rows[1].clock.share > rows[2].clock.share > 0


def test_lists_hold_what_is_in_ones_hands(office):
    case = office.bring_to(State.RECEIVED)
    everybody = (office.applicant, office.registrar, office.head, office.division_head, office.technician)
    assert [selectors.waiting_for(person, now=office.now) == [case] for person in everybody] == [
        False,
        False,
        True,
        False,
        False,
    ]


def test_tracking_needs_number_and_token(office):
    case = office.bring_to(State.RECEIVED)
    status = selectors.public_status(case.number, case.token)
    assert (status.label, status.step, [state for _, state in status.steps]) == (
        "Diterima",
        2,
        [State.SUBMITTED, State.RECEIVED],
    )
    assert selectors.public_status(case.number, "x") is None
    assert selectors.public_status("HST-2026-9999", case.token) is None
    draft = office.draft()
    assert selectors.public_status(draft.number, draft.token) is None


def test_people_are_told_once(office):
    case = office.bring_to(State.RECEIVED)
    event = case.events.last()
    for _ in range(2):
        jobs.notify(event.pk, "notify_next")
        jobs.notify(event.pk, "notify_applicant")
    assert [(notice.recipient, notice.subject) for notice in office.head.notices.all()] == [
        (office.head, "HST-2026-0001: Diterima")
    ]
    assert office.applicant.notices.count() == 1
    assert office.registrar.notices.count() == 0
