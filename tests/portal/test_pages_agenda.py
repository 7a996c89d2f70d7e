"""The agenda: the next number is shown before it is taken, and the book tells all that was received."""

import csv
import io
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from panggon.audit.selectors import history_of
from panggon.cases.archive import agenda
from panggon.core.cases.procedure import Action, State
from tests.portal.visitor import at, page, text

pytestmark = pytest.mark.usefixtures("office_time")


def received(office, number="", **request):
    return office.act(
        office.bring_to(State.SUBMITTED, **request), Action.RECEIVE, office.registrar, agenda_number=number
    )


def test_the_number_that_is_shown_is_the_one_that_is_given(office):
    received(office, label="satu")
    received(office, "0002/2026", label="dua")  # by hand, in the counter's own form
    case = office.bring_to(State.SUBMITTED)
    assert agenda.upcoming(office.now) == "0003/2026"
    assert "Nomor agenda berikutnya 0003/2026" in text(page(office, "registrar", case, "terima-surat"))
    assert office.act(case, Action.RECEIVE, office.registrar).agenda_number == "0003/2026"


def test_looking_takes_no_number(office):
    case = office.bring_to(State.SUBMITTED)
    for _ in range(2):
        page(office, "registrar", case, "terima-surat")
    assert agenda.upcoming(office.now) == "0001/2026"


def test_the_book_lists_what_was_received_the_newest_first(office):
    first, second = received(office, label="satu"), received(office, label="dua")
    office.bring_to(State.SUBMITTED, label="tiga")
    shown = at(office, "registrar").get("/agenda/")
    assert list(shown.context["page"]) == [second, first]
    assert "Nomor berikutnya: 0003/2026." in text(shown)
    together = re.search(r'<div class="actions">(.*?)</div>', shown.content.decode(), re.S)
    assert re.findall('action="([^"]+)"', together[1]) == ["/agenda/unduh/", "/agenda/pemberkasan/"]
    assert list(at(office, "registrar").get("/agenda/?tahun=2025").context["page"]) == []


@pytest.mark.parametrize("year", ["", "abcd", "99999", "-1", "²⁰²⁶"])
def test_a_year_that_cannot_be_is_this_year(office, year):
    case = received(office)
    assert list(at(office, "head").get("/agenda/", {"tahun": year}).context["page"]) == [case]


def test_the_book_is_the_dinass_own(office):
    client = at(office, "applicant")
    assert [client.get("/agenda/").status_code, client.post("/agenda/unduh/").status_code] == [403, 403]
    assert at(office, "registrar").get("/agenda/unduh/").status_code == 405


def test_the_book_for_a_spreadsheet_begins_no_formula(office):
    received(office, letter_subject="=HYPERLINK(1)", letter_number="+1")
    answer = at(office, "registrar").post("/agenda/unduh/", {"tahun": "2026"})
    change = history_of("cases.export:").get()
    assert (change.actor, change.after) == (
        office.registrar,
        {"berkas": "csv", "daftar": "Buku agenda 2026", "baris": 1},
    )
    body = b"".join(answer.streaming_content).decode("utf-8-sig")
    head, row = csv.reader(io.StringIO(body), delimiter=";")
    assert dict(zip(head, row, strict=True)) == {
        "Nomor agenda": "0001/2026",
        "Diterima": "23/11/2026 09:03",
        "Surat dari": "Dinas Sosial",
        "Nomor surat": "'+1",
        "Tanggal surat": "20/11/2026",
        "Hal": "'=HYPERLINK(1)",
        "Nomor permohonan": "HST-2026-0001",
        "Diteruskan kepada": "",
        "Keadaan": "Diterima",
    }


def test_any_number_of_letters_is_the_same_number_of_questions(office):
    client, counts = at(office, "registrar"), []
    for batch in range(2):
        received(office, label=f"surat-{batch}-a")
        received(office, label=f"surat-{batch}-b")
        with CaptureQueriesContext(connection) as queries:
            client.get("/agenda/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
