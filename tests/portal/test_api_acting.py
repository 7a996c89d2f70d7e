"""Acting by the API: the rules and rights of the pages, for the programs of the same people."""

import pytest

from panggon.cases.acting import inputs as case_inputs
from panggon.cases.models import Case, File
from panggon.core.cases.procedure import State
from panggon.office.values import Group
from panggon.portal.api import inputs
from panggon.sites.models import Plan
from panggon.tokens.models import Scope
from tests.portal.office import ALL_MET, DIGEST, fill_in
from tests.portal.programs import ALL, Program, faults, problem
from tests.portal.visitor import letter

pytestmark = pytest.mark.usefixtures("office_time")  # of later years there is no calendar here

REQUEST = {
    "letter_source": "letter",
    "letter_number": "500.12/117/2026",
    "letter_date": "2026-11-20",
    "title": "Layanan Dinas Sosial",
    "label": "dinsos",
    "contact_name": "Sri Wahyuni",
    "contact_phone": "0812-0000-0001",
    "database": "false",
}


def renewed(case):
    return Case.objects.get(pk=case.pk)


def test_a_request_is_made_and_sent(office, opd):
    made = opd.post("/cases", **REQUEST)
    assert made.status_code == 201
    case = Case.objects.get()
    assert (made.json()["number"], made.json()["state"]) == (case.number, "draft")
    assert (case.agency, case.label, case.database, str(case.letter_date)) == (
        office.agency,
        "dinsos",
        False,
        "2026-11-20",
    )
    assert faults(opd.act(case, "submit")) == [("need.letter", "letter")]
    sent = opd.act(case, "submit", letter=letter())
    assert (sent.status_code, sent.json()["state"], sent.json()["version"]) == (200, "submitted", 2)
    assert case.files.get().kind == File.Kind.LETTER


def test_the_registrar_says_whose_letter_it_is(office):
    desk = Program(office.registrar)
    assert faults(desk.post("/cases", **REQUEST)) == [("field.invalid", "agency")]
    assert faults(desk.post("/cases", **REQUEST, agency="99")) == [("field.invalid", "agency")]
    assert desk.get("/agencies").json() == [{"id": office.agency.pk, "name": "Dinas Sosial", "short_name": "Dinsos"}]
    assert desk.post("/cases", **REQUEST, agency=office.agency.pk).status_code == 201
    assert problem(Program(office.head).post("/cases", **REQUEST)) == (403, "forbidden")


def test_every_step_of_the_dinas_is_done_by_its_own_program(office, opd):
    case = office.bring_to(State.SUBMITTED)
    steps = (
        (office.registrar, "receive", {}, "received"),
        (office.head, "dispose", {"division": office.division.pk, "instruction": "Selesaikan"}, "disposed"),
        (office.division_head, "assign", {"technician": office.technician.pk}, "verifying"),
        (office.technician, "complete", {"checklist": ALL_MET}, "preparing"),
    )
    for person, action, form, state in steps:
        done = Program(person).act(renewed(case), action, **form)
        assert (done.status_code, done.json()["state"]) == (200, state), done.content
    events = case.events.order_by("sequence")
    assert [event.actor for event in events][2:] == [person for person, *_ in steps]


def test_everything_that_is_chosen_from_rows_can_be_chosen_by_a_program():
    assert inputs.ROWS.keys() == set(case_inputs.ROWS)


def test_the_plan_of_a_site_is_chosen_by_a_program_too(office):
    plan = Plan.objects.create(name="Besar", is_offered=True, quota_mebibytes=4096)
    case, program = office.bring_to(State.VERIFYING), Program(office.technician)
    offered = {offer["action"]: offer["inputs"] for offer in program.get(f"/cases/{case.number}").json()["offers"]}
    (said,) = [field for field in offered["complete"] if field["name"] == "plan"]
    assert {"value": str(plan.pk), "label": str(plan)} in said["choices"]
    assert faults(program.act(case, "complete", checklist=ALL_MET, plan="99999")) == [("field.invalid", "plan")]
    assert program.act(case, "complete", checklist=ALL_MET, plan=plan.pk).status_code == 200
    assert renewed(case).plan == plan


def test_what_is_missing_is_said_by_a_program_too(office):
    case, program = office.bring_to(State.VERIFYING), Program(office.technician)
    assert faults(program.act(case, "return_to_applicant")) == [("need.reasons", "reasons")]
    answer = program.act(case, "return_to_applicant", reason_contact="Nomor HP salah")
    assert (answer.json()["state"], answer.json()["corrections"]) == ("incomplete", ["Nomor HP salah"])
    (correction,) = case.corrections.all()
    assert correction.item == "contact"


def test_a_right_that_the_owner_does_not_have_the_token_has_not(office, opd):
    case = office.bring_to(State.SUBMITTED)
    assert faults(opd.act(case, "receive")) == [("action.not_your_role", "")]
    assert faults(Program(office.technician).act(case, "receive")) == [("action.not_your_role", "")]
    assert faults(Program(office.registrar).act(case, "complete")) == [("action.not_from_this_state", "")]
    assert renewed(case).version == case.version


def test_the_version_that_was_seen_is_required(office):
    case, desk = office.bring_to(State.SUBMITTED), Program(office.registrar)
    for said in ("", "eins", "-1", "1" * 12):
        assert faults(desk.act(case, "receive", expected_version=said)) == [("field.invalid", "expected_version")]
    assert problem(desk.act(case, "receive", expected_version=9)) == (409, "changed")


def test_whoever_was_slower_is_told_what_the_other_did(office):
    case, desk = office.bring_to(State.SUBMITTED), Program(office.registrar)
    assert desk.act(case, "receive").status_code == 200
    second = desk.act(case, "receive")
    assert problem(second) == (409, "changed")
    (change,) = second.json()["changes"]
    assert (change["sequence"], change["action"], change["label"], change["actor"]) == (
        3,
        "receive",
        "Terima Surat",
        "Tu",
    )
    assert case.events.count() == 3


def test_every_fault_comes_at_once_and_at_its_field(office, opd):
    form = {**REQUEST, "letter_date": "gestern", "label": "-x", "contact_email": "kein", "title": "a\0b", "zzz": "1"}
    assert sorted(faults(opd.post("/cases", **form))) == [("field.invalid", "title"), ("field.invalid", "zzz")]
    del form["title"], form["zzz"]
    assert sorted(faults(opd.post("/cases", **form))) == [
        ("field.invalid", "contact_email"),
        ("field.invalid", "letter_date"),
    ]
    assert not Case.objects.exists()


def test_a_file_that_is_no_pdf_is_refused(office, opd):
    case = office.draft()
    assert faults(opd.act(case, "submit", letter=letter(b"MZ"))) == [("letter.not_pdf", "letter")]


def test_a_file_that_is_too_large_is_refused(office, opd, monkeypatch):
    monkeypatch.setattr("panggon.portal.uploads.LIMIT_BYTES", 10)
    assert faults(opd.act(office.draft(), "submit", letter=letter())) == [("letter.too_large", "letter")]


def test_the_plan_that_is_accepted_is_the_one_that_was_shown(office):
    case = office.bring_to(State.PREPARING)
    office.node_reports("planned")
    program = Program(office.technician)
    said = program.get(f"/cases/{case.number}").json()
    assert said["plan"]["digest"] == DIGEST
    (shown,) = [
        field["value"] for offer in said["offers"] for field in offer["inputs"] if field["name"] == "shown_digest"
    ]
    assert faults(program.act(case, "prepare", shown_digest="0" * 64)) == [("need.plan_shown", "shown_digest")]
    assert program.act(case, "prepare", shown_digest=shown).status_code == 200


@pytest.mark.parametrize(
    ("allowed", "scopes", "answer"),
    [(False, (*ALL, Scope.CASES_DECIDE), 403), (True, ALL, 403), (True, (*ALL, Scope.CASES_DECIDE), 200)],
)
def test_deciding_wants_its_own_scope_and_the_installations_leave(office, allowed, scopes, answer):
    fill_in(Group.PROGRAMS, decide=allowed)
    case = office.bring_to(State.AWAITING_APPROVAL)
    reasons = {"reasons": "Di luar kewenangan", "refusal_letter": letter()}
    assert Program(office.head, *scopes).act(case, "refuse", **reasons).status_code == answer
    assert renewed(case).state == (State.REFUSED if answer == 200 else State.AWAITING_APPROVAL)


def test_no_program_signs_for_an_official(office):
    fill_in(Group.PROGRAMS, decide=True)
    case = office.bring_to(State.AWAITING_APPROVAL)
    office.papers(case)
    answer = Program(office.head, *ALL, Scope.CASES_DECIDE).act(case, "approve")
    assert faults(answer) == [("need.signature", "signature")]
    assert renewed(case).state == State.AWAITING_APPROVAL


def test_a_form_that_cannot_be_read_is_no_failure_of_ours(opd):
    headers = {"Authorization": f"Bearer {opd.secret}"}
    broken = opd.client.post("/api/v1/cases", b"x", content_type="multipart/form-data", headers=headers)
    assert problem(broken) == (400, "request")
