"""What the API shows of cases: what the pages show to the same person."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from panggon.core.cases.procedure import Action, State
from panggon.papers.contents import SIGNED_TOGETHER
from panggon.people.models import Agency
from tests.portal.office import LETTER
from tests.portal.programs import Program, faults, problem


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
    assert [paper["kind"] for paper in papers] == [*SIGNED_TOGETHER, "approval_request"]
    assert opd.get(f"/cases/{case.number}").json()["papers"] == []
    path = f"/cases/{case.number}/papers/{papers[0]['id']}"
    assert inside.get(path).content.startswith(b"%PDF")
    assert problem(opd.get(path)) == (404, "not_found")
    sent = opd.get(f"/cases/{case.number}/letter")
    assert (sent.headers["Content-Type"], sent.content) == ("application/pdf", LETTER)
