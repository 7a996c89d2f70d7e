"""The register of numbers: complete, searchable, with the voids that stay in it."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from procrastinate.jobs import Job

from panggon.audit.selectors import history_of
from panggon.cases import jobs
from panggon.core.cases.procedure import Action, Role, State
from panggon.core.errors import PermanentError
from panggon.papers import numbers
from panggon.papers.models import Counter, Paper
from tests.portal.once import made_once
from tests.portal.test_pages_finding import sheet_of
from tests.portal.visitor import at, page, text, visitor

pytestmark = pytest.mark.usefixtures("office_time")


@pytest.fixture
@made_once
def filled(office):
    """Four numbers of a case that waits for the signature."""
    case = office.bring_to(State.AWAITING_APPROVAL)
    office.papers(case)
    return case


def nota() -> Paper:
    return Paper.objects.get(kind="approval_request")


def void(office, who, paper, **data):
    return at(office, who).post(f"/buku-nomor/{paper.pk}/batal/", data)


def test_a_register_is_held_by_the_one_question_that_reads_it(office):
    numbers.hold("555", at=office.now)
    with CaptureQueriesContext(connection) as asked:
        numbers.hold("555", at=office.now)
    assert [query["sql"].endswith("FOR UPDATE") for query in asked] == [True]


def test_every_number_of_the_year_stands_there_the_newest_first(office, filled):
    shown = at(office, "registrar").get("/buku-nomor/")
    assert [paper.number for paper in shown.context["page"]] == [f"555/00{number}/2026" for number in (4, 3, 2, 1)]
    assert "tanpa lompatan Nomor terakhir 4, batal 0" in text(shown)
    assert list(at(office, "head").get("/buku-nomor/", {"tahun": 2025}).context["page"]) == []
    Counter.objects.filter(register="555").update(last=6)  # somebody was at the database
    assert "2 nomor tanpa naskah" in text(at(office, "registrar").get("/buku-nomor/"))


def test_a_paper_that_could_not_be_made_uses_no_number_up_and_is_tried_again(office, monkeypatch):
    case = office.bring_to(State.RECEIVED)
    event = case.events.last()
    job = Job(id=1, queue="default", lock=None, queueing_lock=None, task_name="cases.make_paper", attempts=3)
    with monkeypatch.context() as broken:
        broken.setattr("panggon.papers.services.render", refuse)
        with pytest.raises(PermanentError) as failed:
            jobs.make_paper(event.pk, "receipt")
    assert not Counter.objects.filter(register="555").exists()
    again = jobs.make_paper.get_retry_exception(failed.value, job)
    assert again.retry_decision.retry_at > datetime.now(UTC)
    jobs.make_paper(event.pk, "receipt")
    assert (Paper.objects.get().serial, Paper.objects.get().event) == (1, event.sequence)


def refuse(*_arguments):
    raise PermanentError("paper.template")


SEARCHES = [
    ({"q": "pengantar"}, [3], 200),
    ({"q": "555/002"}, [2], 200),
    ({"q": "HST-2026-0001"}, [4, 3, 2, 1], 200),
    ({"q": "HST-2026-0002"}, [], 200),
    ({"kode": "555"}, [4, 3, 2, 1], 200),
    ({"kode": "000"}, [], 200),
    ({"batal": "on"}, [], 200),
    ({"tahun": "abcd"}, [4, 3, 2, 1], 422),  # refused at its field, and the list is whole
    ({"q": "a\0b"}, [4, 3, 2, 1], 422),
]


def test_it_is_searched(office, filled):
    browser = at(office, "registrar")
    for asked, found, status in SEARCHES:
        shown = browser.get("/buku-nomor/", asked)
        assert ([paper.serial for paper in shown.context["page"]], shown.status_code) == (found, status), asked


def test_a_number_that_is_void_stays_with_its_paper_and_the_reason(office, filled):
    paper = nota()
    assert void(office, "registrar", paper).status_code == 422  # without a reason
    assert void(office, "registrar", paper, reason="Salah tulis alamat").status_code == 302
    paper.refresh_from_db()
    assert (paper.void_reason, paper.voided_at is None) == ("Salah tulis alamat", False)
    change = history_of("papers.number:").get()
    assert (change.actor, change.after) == (office.registrar, {"void": "Salah tulis alamat"})
    assert "Salah tulis alamat" in text(at(office, "registrar").get("/buku-nomor/", {"batal": "on"}))
    assert "batal Salah tulis alamat" in text(page(office, "head", filled))
    assert "Naskah ini batal sejak 23 November 2026" in text(Client().get(f"/verifikasi/{paper.pk}/"))
    assert page(office, "head", filled, f"naskah/{paper.pk}").content[:5] == b"%PDF-"
    jobs.make_paper(filled.events.last().pk, "approval_request")  # asked again, it is not made again
    assert Paper.objects.filter(kind="approval_request").count() == 1
    assert "Nomor ini sudah batal." in text(at(office, "registrar").get(f"/buku-nomor/{paper.pk}/batal/"))
    void(office, "registrar", paper, reason="Lain")
    paper.refresh_from_db()
    assert paper.void_reason == "Salah tulis alamat"


def test_what_the_head_signs_is_not_made_void_by_hand(office, filled):
    for paper in Paper.objects.exclude(kind="approval_request"):
        assert "Naskah ini ditandatangani Kepala Dinas." in text(void(office, "registrar", paper, reason="Salah"))
    assert not Paper.objects.exclude(voided_at=None).exists()
    assert "Batalkan nomor" in text(at(office, "registrar").get("/buku-nomor/"))
    assert "Batalkan nomor" not in text(at(office, "head").get("/buku-nomor/"))


def test_who_may_see_it_and_who_may_make_void(office, filled):
    paper, administrator = nota(), office.person("admin", Role.ADMINISTRATOR)
    assert at(office, "applicant").get("/buku-nomor/").status_code == 403
    assert at(office, "applicant").post("/buku-nomor/unduh/").status_code == 403
    assert [void(office, who, paper, reason="x").status_code for who in ("applicant", "head", "technician")] == [
        403
    ] * 3
    assert visitor(administrator).post(f"/buku-nomor/{paper.pk}/batal/", {"reason": "Ganda"}).status_code == 302
    assert at(office, "registrar").get("/buku-nomor/00000000-0000-0000-0000-000000000009/batal/").status_code == 404


def test_the_book_for_a_spreadsheet(office, filled):
    void(office, "registrar", nota(), reason="=HYPERLINK(1)")
    client = at(office, "registrar")
    answer = client.post("/buku-nomor/unduh/", {"tahun": "2026", "berkas": "csv"})
    head, *rows = csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")), delimiter=";")
    assert [row[2] for row in rows] == [f"555/00{number}/2026" for number in (1, 2, 3, 4)]
    assert dict(zip(head, rows[3], strict=True)) == {
        "Kode": "555",
        "Nomor urut": "4",
        "Nomor": "555/004/2026",
        "Tanggal": "23/11/2026 09:13",
        "Naskah": "Nota Permohonan Pengesahan",
        "Nomor permohonan": "HST-2026-0001",
        "Ditandatangani oleh": "",
        "Ditandatangani": "",
        "Batal sejak": rows[3][8],
        "Alasan batal": "'=HYPERLINK(1)",
    }
    answer = client.post("/buku-nomor/unduh/", {"tahun": "2026", "berkas": "xlsx", "batal": "on"})
    sheet = sheet_of(answer)
    assert (sheet.count(b"<row "), sheet.count(b"555/004/2026"), b"<f>" in sheet) == (2, 1, False)
    assert [change.after["rows"] for change in history_of("papers.export:").order_by("sequence")] == [4, 1]


def test_any_number_of_numbers_is_the_same_number_of_questions(office, filled):
    client, counts = at(office, "registrar"), []
    for label in ("satu", "dua"):
        with CaptureQueriesContext(connection) as queries:
            client.get("/buku-nomor/")
        counts.append(len(queries))
        office.now += timedelta(minutes=1)
        case = office.bring_to(State.AWAITING_APPROVAL, label=label)
        office.papers(case)
        office.act(case, Action.SEND_BACK, office.head, reasons="Lagi")
    assert counts[0] == counts[1]
