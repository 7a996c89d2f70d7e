"""The home page: what waits, most urgent first, in sections, with the one thing to do."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from panggon.cases.views.buttons import next_action
from panggon.core.cases.procedure import TABLE, Action, Role, State, waits_for
from panggon.people import services as people
from panggon.people.models import Agency
from panggon.sites.models import Outcome
from tests.portal.visitor import at, text

pytestmark = pytest.mark.usefixtures("office_time")
LIST = "/beranda/menunggu/"


def sections(office, who):
    shown = at(office, who).get("/beranda/").context["sections"]
    return {section.name: [row.host.partition(".")[0] for row in section.rows] for section in shown}


def test_sections_as_a_busy_head_reads_them(office):
    office.bring_to(State.VERIFYING, label="lama")
    back = office.bring_to(State.VERIFYING, label="kembali")
    office.act(back, Action.RETURN_TO_APPLICANT, office.technician, reasons="Kurang")
    office.act(back, Action.RESUBMIT, office.applicant)
    assert sections(office, "technician") == {"returned": ["kembali"], "later": ["lama"]}
    shown = text(at(office, "technician").get("/beranda/"))
    assert "Tidak jatuh tempo hari ini 1" in shown  # it waits now, whenever it is due
    office.now += timedelta(days=2)  # Wednesday morning, the day of the deadline
    assert sections(office, "technician") == {"returned": ["kembali"], "today": ["lama"]}
    office.now += timedelta(hours=8)
    office.bring_to(State.VERIFYING, label="baru")
    assert sections(office, "technician") == {"returned": ["kembali"], "late": ["lama"], "later": ["baru"]}
    shown = text(at(office, "technician").get("/beranda/"))
    assert "3 permohonan menunggu tindakan Anda 1 terlambat" in shown
    assert "Lewat batas hari ini 16.30" in shown


def test_an_agency_sees_what_it_has_to_mend_first_and_its_drafts_last(office):
    office.draft(label="konsep")
    case = office.bring_to(State.VERIFYING, label="kurang")
    office.act(case, Action.RETURN_TO_APPLICANT, office.technician, reasons="Kurang")
    office.bring_to(State.DELIVERED, label="jadi")
    assert sections(office, "applicant") == {"incomplete": ["kurang"], "later": ["jadi"], "draft": ["konsep"]}


@pytest.mark.parametrize("state", [state for state in State if waits_for(state)])
def test_each_state_has_one_thing_to_do_for_whoever_has_it(state):
    action = next_action(state)
    assert action is not None
    assert waits_for(state) in TABLE.row(state, action).roles


@pytest.mark.parametrize("state", [State.DONE, State.WITHDRAWN, State.REFUSED])
def test_what_is_over_has_nothing_to_do(state):
    assert next_action(state) is None


def test_the_row_leads_straight_to_the_page_of_the_step(office):
    case = office.bring_to(State.RECEIVED)
    shown = at(office, "head").get("/beranda/").content.decode()
    assert f'href="/permohonan/{case.number}/terbitkan-disposisi/"' in shown


def test_while_a_machine_works_there_is_nothing_to_press_but_to_look(office):
    case = office.bring_to(State.PREPARING)
    shown = at(office, "technician").get("/beranda/")
    assert "Lihat kemajuan" in text(shown)
    assert f'href="/permohonan/{case.number}/siapkan/"' not in shown.content.decode()
    office.node_reports(Outcome.PLANNED)
    assert f'href="/permohonan/{case.number}/siapkan/"' in at(office, "technician").get("/beranda/").content.decode()


def test_how_long_it_waits_and_how_much_of_its_time_is_used(office):
    office.bring_to(State.SUBMITTED)
    office.now += timedelta(hours=2)  # of which the break at noon is none
    shown = text(at(office, "registrar").get("/beranda/"))
    assert "Di tangan Anda: 2 jam" in shown
    assert "Batas Rab, 25 Nov, 16.30" in shown


def test_what_is_kept_of_a_row_is_shown_only_while_it_is_true(office):
    case = office.bring_to(State.SUBMITTED)
    registrar, head = at(office, "registrar"), at(office, "head")

    def row(client):
        found = re.search(
            rf'<li class="todo">(?:(?!</li>).)*{case.number}.*?</li>', client.get("/beranda/").content.decode(), re.S
        )
        return " ".join(re.sub("<[^>]*>", " ", found[0].replace("<wbr>", "")).split()) if found else ""

    def shown(agency: str, waited: str, percent: int, action: str) -> str:
        title, time = "Layanan Dinas Sosial", f"Batas Rab, 25 Nov, 16.30 {percent}% {percent}% waktu terpakai"
        return (
            f"{title} {case.number} · {agency} · dinsos.panggon.test Di tangan Anda: {waited} {time} {action} {title}"
        )

    for _again in range(2):
        assert row(registrar) == shown("Dinsos", "baru saja", 0, "Terima Surat")
        assert row(head) == ""
    office.now += timedelta(minutes=15)
    Agency.objects.update(short_name="Dinsos P2KB")
    assert row(registrar) == shown("Dinsos P2KB", "15 menit", 1, "Terima Surat")
    people.choose_language(office.registrar, "en")
    assert "In your hands: 15 minutes" in row(registrar)
    office.act(case, Action.RECEIVE, office.registrar)
    assert row(registrar) == ""
    assert row(head) == shown("Dinsos P2KB", "baru saja", 1, "Terbitkan Disposisi")


def test_a_page_that_is_open_learns_of_changes_and_of_nothing_else(office):
    case = office.bring_to(State.SUBMITTED)
    client = at(office, "registrar")
    version = client.get("/beranda/").context["version"]
    unchanged = client.get(LIST, {"versi": version})
    assert (unchanged.status_code, unchanged.content) == (204, b"")
    office.act(case, Action.RECEIVE, office.registrar)
    changed = client.get(LIST, {"versi": version})
    assert changed.status_code == 200
    assert "Tidak ada permohonan yang menunggu Anda." in text(changed)
    assert client.get(LIST, {"versi": changed.context["version"]}).status_code == 204


def test_an_open_page_learns_when_one_case_takes_the_place_of_another(office):
    first = office.bring_to(State.SUBMITTED, label="satu")
    client = at(office, "registrar")
    version = client.get("/beranda/").context["version"]
    office.act(first, Action.RECEIVE, office.registrar)
    office.bring_to(State.SUBMITTED, label="dua")
    assert client.get(LIST, {"versi": version}).status_code == 200


def test_an_open_page_learns_that_the_machine_is_ready(office):
    office.bring_to(State.PREPARING)
    client = at(office, "technician")
    version = client.get("/beranda/").context["version"]
    office.node_reports(Outcome.PLANNED)
    assert client.get(LIST, {"versi": version}).status_code == 200


def test_time_alone_moves_a_case_to_another_section(office):
    office.bring_to(State.SUBMITTED)
    client = at(office, "registrar")
    version = client.get("/beranda/").context["version"]
    office.now += timedelta(minutes=15)
    assert client.get(LIST, {"versi": version}).status_code == 200


def test_asking_whether_anything_changed_is_cheap(office):
    office.bring_to(State.SUBMITTED)
    client = at(office, "registrar")
    version = client.get("/beranda/").context["version"]
    with CaptureQueriesContext(connection) as queries:
        assert client.get(LIST, {"versi": version}).status_code == 204
    assert len([query for query in queries if "cases_" in query["sql"]]) == 1


def test_any_number_of_cases_is_the_same_number_of_questions(office):
    counts = []
    for batch in range(2):
        for number in range(1 + 3 * batch):
            office.bring_to(State.VERIFYING, label=f"situs-{batch}-{number}")
        client = at(office, "technician")
        with CaptureQueriesContext(connection) as queries:
            client.get("/beranda/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_more_than_fit_are_counted(office):
    for number in range(3):
        office.bring_to(State.SUBMITTED, label=f"situs-{number}")
    assert at(office, "registrar").get("/beranda/").context["more"] == 0


def test_nothing_waits_and_the_page_says_so_kindly(office):
    office.rest = office.person("santai", Role.ADMINISTRATOR)
    shown = text(at(office, "rest").get("/beranda/"))
    assert "0 permohonan menunggu tindakan Anda" in shown
    assert "Tidak ada permohonan yang menunggu Anda. Yang baru muncul di sini dengan sendirinya." in shown


def test_nothing_of_another_agency_waits(office):
    office.bring_to(State.DELIVERED)
    office.other = office.person("wati", agency=Agency.objects.create(name="Dinas Kesehatan", short_name="Dinkes"))
    assert "dinsos" not in at(office, "other").get(LIST).content.decode()


def test_a_case_that_its_technician_has_left_waits_for_another_to_be_chosen(office):
    case = office.bring_to(State.VERIFYING)
    office.technician.role_assignments.all().delete()
    shown = at(office, "division_head").get("/beranda/")
    assert f'href="/permohonan/{case.number}/ganti-petugas-teknis/"' in shown.content.decode()


def test_a_clock_that_stands_still_shows_no_share(office):
    case = office.bring_to(State.VERIFYING)
    office.act(case, Action.RETURN_TO_APPLICANT, office.technician, reasons="Kurang")
    shown = text(at(office, "applicant").get(LIST))
    assert "Waktu pelayanan jeda: menunggu OPD melengkapi" in shown
    assert "waktu terpakai" not in shown
