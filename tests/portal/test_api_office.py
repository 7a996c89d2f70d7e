"""Names, sites, agenda, calendar and public status by the API."""

from django.test import Client

from panggon.core.cases.procedure import State
from tests.portal.programs import Program, problem


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
