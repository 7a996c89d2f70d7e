"""The API: the rules and rights of the pages, for the programs of the same people."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from panggon.cases import inputs as case_inputs
from panggon.cases.models import Case, File
from panggon.core.procedure import Action, State
from panggon.people.models import Agency
from panggon.portal.api import inputs
from panggon.portal.api.application import api, scopes
from panggon.sites.models import Plan
from panggon.tokens import services
from panggon.tokens.models import Scope, Token
from tests.portal.office import ALL_MET, DIGEST, LETTER
from tests.portal.programs import ALL, Program, faults, problem
from tests.portal.visitor import letter, visitor

PUBLIC = {"public_status"}
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


@pytest.fixture(autouse=True)
def _no_brake_of_another_test():
    cache.clear()


@pytest.fixture
def opd(office):
    return Program(office.applicant)


def renewed(case):
    return Case.objects.get(pk=case.pk)


# -- Who may call


def test_every_operation_declares_its_scope():
    declared = scopes()
    assert {name for name, scope in declared.items() if not scope} == PUBLIC
    assert set(declared.values()) - {""} <= set(Scope)
    for methods in api.get_openapi_schema()["paths"].values():
        for said in methods.values():
            wanted = [{"Bearer": [declared[said["operationId"]]]}] if declared[said["operationId"]] else None
            assert said.get("security") == wanted


def test_an_operation_without_a_declaration_is_for_nobody():
    assert api.auth[0](None) is None


ARGUMENTS = {"number": "HST-2026-0001", "paper": "0" * 32, "action": "submit", "label": "x", "year": 2026}
ADDRESSES = [
    (
        method,
        path.replace("/api/v1", "").format(
            number="HST-2026-0001", paper="0" * 32, action="submit", label="x", year=2026
        ),
    )
    for path, methods in api.get_openapi_schema()["paths"].items()
    for method, said in methods.items()
    if said["operationId"] not in PUBLIC
]


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
def test_nothing_answers_without_a_token_and_cookies_do_not_help(office, method, path):
    browser = visitor(office.registrar)
    for client in (Client(), browser):
        response = getattr(client, method)(f"/api/v1{path}")
        assert problem(response) == (401, "token")
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="panggon"'


@pytest.mark.parametrize("secret", ["", "pgn_falsch", "pgn_" + "0" * 43, "\u00e9", "x" * 5000])
def test_an_unknown_token_opens_nothing(office, secret):
    assert problem(Client().get("/api/v1/cases", headers={"Authorization": f"Bearer {secret}"})) == (401, "token")


def test_an_expired_a_withdrawn_and_a_left_ones_token_open_nothing(office, opd):
    assert opd.get("/cases").status_code == 200
    Token.objects.update(expires_at=timezone.now())
    assert problem(opd.get("/cases")) == (401, "token")
    other = Program(office.applicant)
    services.withdraw(office.applicant, other.token.pk, at=timezone.now())
    assert problem(other.get("/cases")) == (401, "token")
    third = Program(office.applicant)
    office.applicant.is_active = False
    office.applicant.save()
    assert problem(third.get("/cases")) == (401, "token")


@pytest.mark.parametrize("scope", Scope)
def test_a_token_opens_only_what_its_scope_says(office, scope, settings):
    settings.PANGGON_API_DECIDES = True
    program = Program(office.registrar, scope)
    answers = {
        Scope.CASES_READ: program.get("/cases").status_code,
        Scope.CASES_ACT: program.post("/cases/HST-2026-0001/actions/receive").status_code,
        Scope.SITES_READ: program.get("/sites").status_code,
        Scope.SCHEDULE_READ: program.get("/calendar/2026").status_code,
    }
    assert {name for name, status in answers.items() if status != 403} == {scope} & set(answers)


def test_a_token_has_a_rate_of_its_own(office, opd, settings):
    settings.PANGGON_API_RATE = 3
    assert [opd.get("/cases").status_code for _ in range(3)] == [200, 200, 200]
    refused = opd.get("/cases")
    assert (problem(refused), refused.headers["Retry-After"]) == ((429, "rate"), "60")
    assert Program(office.applicant).get("/cases").status_code == 200


def test_the_last_use_is_kept_to_the_hour(opd):
    opd.get("/cases")
    first = Token.objects.get().last_used_at
    opd.get("/cases")
    assert Token.objects.get().last_used_at == first
    Token.objects.update(last_used_at=first - timedelta(hours=2))
    opd.get("/cases")
    assert Token.objects.get().last_used_at > first


# -- Reading


def test_one_sees_what_the_pages_show(office, opd):
    mine = office.bring_to(State.VERIFYING)
    stranger = office.person("lain", agency=Agency.objects.create(name="Dinas Kesehatan", short_name="Dinkes"))
    assert [case["number"] for case in opd.get("/cases").json()["items"]] == [mine.number]
    assert Program(stranger).get("/cases").json() == {"items": [], "next": ""}
    for path in ("", "/events", "/letter"):
        assert problem(Program(stranger).get(f"/cases/{mine.number}{path}")) == (404, "not_found")


def test_a_list_comes_in_pages_that_lose_nothing(office, opd):
    numbers = [office.draft(label=f"nama{count}").number for count in range(5)]
    seen, after = [], ""
    for _ in range(3):
        page = opd.get("/cases", limit=2, after=after, order="terlama").json()
        seen += [case["number"] for case in page["items"]]
        after = page["next"]
    assert (seen, after) == (numbers, "")


def test_a_list_can_be_filtered(office, opd):
    office.draft(label="satu")
    sent = office.bring_to(State.SUBMITTED, label="dua")
    assert [case["number"] for case in opd.get("/cases", standing="submitted").json()["items"]] == [sent.number]
    assert [case["number"] for case in opd.get("/cases", words="dua").json()["items"]] == [sent.number]
    waiting = Program(office.registrar).get("/cases", waiting_for_me="true").json()["items"]
    assert [case["number"] for case in waiting] == [sent.number]
    assert faults(opd.get("/cases", standing="entah")) == [("parameter.value_error", "standing")]
    assert faults(opd.get("/cases", step=12, limit=0)) == [
        ("parameter.less_than_equal", "step"),
        ("parameter.greater_than_equal", "limit"),
    ]


def test_the_number_of_queries_does_not_grow(office, opd):
    def queries(cases: int) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert len(opd.get("/cases").json()["items"]) == cases
        return len(seen)

    office.draft(label="satu")
    opd.get("/cases")
    few = queries(1)
    for count in range(4):
        office.draft(label=f"nama{count}")
    assert queries(5) == few


def test_a_case_says_what_may_be_done_and_what_it_takes(office):
    case = office.bring_to(State.DISPOSED)
    said = Program(office.division_head).get(f"/cases/{case.number}").json()
    assert (said["number"], said["version"], said["state"], said["step"]) == (case.number, 4, "disposed", 3)
    assert (said["holder"], said["due_at"]) == ("Kepala Bidang INS", case.due_at.isoformat().replace("+00:00", "Z"))
    (offer,) = said["offers"]
    assert (offer["action"], offer["target"], offer["scope"]) == ("assign", "verifying", "cases:act")
    assert offer["asks"] == [{"need": "technician", "field": "technician", "detail": "Petugas teknis belum dipilih."}]
    (technician, note) = offer["inputs"]
    assert technician["choices"] == [{"value": str(office.technician.pk), "label": "Teknis"}]
    assert (note["name"], note["kind"], note["most"]) == ("note", "text", 2000)


def test_an_offer_that_is_blocked_says_why(office):
    case = office.bring_to(State.PREPARING)
    said = Program(office.technician).get(f"/cases/{case.number}").json()
    prepare = next(offer for offer in said["offers"] if offer["action"] == "prepare")
    assert {blocker["code"] for blocker in prepare["blockers"]} == {"need.plan", "need.no_wish_running"}


def test_what_the_dinas_says_to_itself_is_not_for_the_opd(office, opd):
    case = office.bring_to(State.DISPOSED)
    case = office.act(case, Action.ASSIGN, office.division_head, technician=office.technician, note="Kerjakan cepat")
    inside = Program(office.head).get(f"/cases/{case.number}/events").json()
    outside = opd.get(f"/cases/{case.number}/events").json()
    assert (inside[-1]["words"], outside[-1]["words"]) == ("Kerjakan cepat", "")
    assert [event["digest"] for event in outside] == [event.digest for event in case.events.order_by("sequence")]
    assert opd.get(f"/cases/{case.number}").json()["division"] is None


def test_papers_and_letter_are_the_pages_own(office, opd):
    case = office.bring_to(State.AWAITING_APPROVAL)
    office.papers(case)
    inside = Program(office.head)
    papers = inside.get(f"/cases/{case.number}").json()["papers"]
    assert [paper["kind"] for paper in papers] == ["hosting_document", "approval_request"]
    assert opd.get(f"/cases/{case.number}").json()["papers"] == []
    path = f"/cases/{case.number}/papers/{papers[0]['id']}"
    assert inside.get(path).content.startswith(b"%PDF")
    assert problem(opd.get(path)) == (404, "not_found")
    sent = opd.get(f"/cases/{case.number}/letter")
    assert (sent.headers["Content-Type"], sent.content) == ("application/pdf", LETTER)


# -- Acting


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
def test_deciding_wants_its_own_scope_and_the_installations_leave(office, settings, allowed, scopes, answer):
    settings.PANGGON_API_DECIDES = allowed
    case = office.bring_to(State.AWAITING_APPROVAL)
    office.papers(case)
    assert Program(office.head, *scopes).act(case, "approve").status_code == answer
    assert renewed(case).state == (State.APPROVED if answer == 200 else State.AWAITING_APPROVAL)


def test_a_form_that_cannot_be_read_is_no_failure_of_ours(opd):
    headers = {"Authorization": f"Bearer {opd.secret}"}
    broken = opd.client.post("/api/v1/cases", b"x", content_type="multipart/form-data", headers=headers)
    assert problem(broken) == (400, "request")


# -- The office


def test_a_name_is_judged_as_the_form_does(office, opd):
    office.bring_to(State.SUBMITTED, label="dinsos")
    assert opd.get("/names/perpus").json() == {"host": "perpus.panggon.test", "free": True, "faults": []}
    taken = opd.get("/names/Dinsos").json()
    assert (taken["free"], taken["faults"]) == (
        False,
        [{"code": "label.taken", "detail": "Nama “dinsos” sudah dipakai. Silakan pilih nama lain."}],
    )


def test_sites_and_agenda(office, opd):
    case = office.bring_to(State.RECEIVED)
    (site,) = opd.get("/sites").json()["items"]
    assert (site["site"], site["host"], site["case"], site["state"]) == (
        "s900001",
        "dinsos.panggon.test",
        case.number,
        "prepared",
    )
    second = office.bring_to(State.RECEIVED, label="dua")
    desk = Program(office.registrar)
    page = desk.get("/agenda", year=2026, limit=1).json()
    assert ([row["agenda_number"] for row in page["items"]], page["next"]) == (["0001/2026"], case.number)
    page = desk.get("/agenda", year=2026, limit=1, after=page["next"]).json()
    assert ([row["case"] for row in page["items"]], page["next"]) == ([second.number], "")
    assert desk.get("/agenda", year=2025).json() == {"items": [], "next": ""}
    assert problem(opd.get("/agenda", year=2026)) == (403, "forbidden")


def test_the_calendar(opd):
    said = opd.get("/calendar/2026").json()
    assert said["known"] is True
    assert {"day": "2026-08-17", "name": "Hari Kemerdekaan Republik Indonesia"} in said["holidays"]
    assert ["07:30", "12:00"] in said["hours"][0]["week"][0] or said["hours"][0]["week"][0]
    assert opd.get("/calendar/2031").json() == {
        "year": 2031,
        "known": False,
        "hours": [said["hours"][0]],
        "holidays": [],
        "closings": [],
    }


def test_anybody_may_follow_a_case_by_number_and_code(office):
    case = office.bring_to(State.VERIFYING)
    client = Client()
    said = client.get("/api/v1/status", {"number": case.number, "token": case.token}).json()
    assert (said["state"], said["step"], len(said["moves"])) == ("verifying", 4, 4)
    assert "Sri" not in str(said)
    assert problem(client.get("/api/v1/status", {"number": case.number, "token": "falsch"})) == (404, "not_found")
    for _ in range(20):
        last = client.get("/api/v1/status", {"number": case.number, "token": "falsch"})
    assert problem(last) == (429, "rate")


def test_the_description_reads_as_a_page_and_as_a_schema(db):
    schema = Client().get("/api/v1/openapi.json").json()
    assert (schema["openapi"], schema["info"]["title"]) == ("3.1.0", "Panggon")
    assert all(said["summary"] and said["description"] for said in every(schema))
    assert all(
        "application/problem+json" in answer["content"]
        for said in every(schema)
        for status, answer in said["responses"].items()
        if int(status) >= 400
    )
    page = Client().get("/api/").content.decode()
    assert all(f'id="op-{said["operationId"]}"' in page for said in every(schema))
    assert "//cdn" not in page


def every(schema):
    return [said for methods in schema["paths"].values() for said in methods.values()]
