"""The list: its box and filters live in the address, its pages hold everything once, its export is exactly it."""

import csv
import io
import re
import zipfile
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from panggon.audit.selectors import history_of
from panggon.cases.lists import exporting
from panggon.cases.models import Case
from panggon.core.cases.procedure import Action, State
from panggon.core.cells import harmless
from panggon.people.models import Agency
from tests.portal.once import made_once
from tests.portal.visitor import text, visitor

LIST = "/permohonan/"


@pytest.fixture(autouse=True)
def clock(office, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: office.now)


@pytest.fixture
def dinkes(office):
    return office.person("wati", agency=Agency.objects.create(name="Dinas Kesehatan", short_name="Dinkes"))


def numbers(response):
    return [row.number for row in response.context["found"]]


def asked(office, user, **filters):
    return numbers(visitor(user).get(LIST, filters))


# -- Filters


@pytest.fixture
@made_once
def three(office):
    """One case in each of three states."""
    return [
        office.bring_to(state, label=f"situs{number}", title=f"Situs {number}")
        for number, state in enumerate((State.SUBMITTED, State.VERIFYING, State.DELIVERED))
    ]


FILTERS: tuple[tuple[dict[str, str], set[int]], ...] = (
    ({}, {2, 1, 0}),
    ({"q": "situs1"}, {1}),
    ({"keadaan": "verifying"}, {1}),
    ({"keadaan": "berjalan"}, {0, 1}),
    ({"keadaan": "diserahkan"}, {2}),
    ({"langkah": "4"}, {1}),
    ({"opd": "dinsos"}, {0, 1, 2}),
    ({"tahun": "2026"}, {0, 1, 2}),
    ({"tahun": "2025"}, set()),
    ({"jenis": "static"}, set()),
    ({"waktu": "tepat"}, {2}),
    ({"waktu": "lewat"}, set()),
    ({"waktu": "terlambat"}, set()),
    ({"masuk_dari": "2026-11-23", "masuk_sampai": "2026-11-23"}, {0, 1, 2}),
    ({"masuk_dari": "2026-11-24"}, set()),
    ({"selesai_dari": "2026-11-23"}, {2}),
    ({"selesai_sampai": "2026-11-22"}, set()),
    ({"menunggu": "on"}, {0}),
    ({"q": "situs", "keadaan": "verifying", "waktu": "terlambat"}, set()),
)


def test_filters_in_the_address(office, three):
    filters = [*FILTERS, ({"bidang": office.division.pk}, {1, 2}), ({"petugas": office.technician.pk}, {1, 2})]
    browser = visitor(office.registrar)
    for given, meant in filters:
        found = numbers(browser.get(LIST, given))
        assert (given, found) == (given, [three[number].number for number in sorted(meant, reverse=True)])


def test_late_and_soon_are_reckoned_by_the_office_calendar(office, three):
    one = Case.objects.get(pk=three[0].pk)
    assert asked(office, office.head, waktu="segera") == []  # Monday; due is the close of Wednesday
    office.now += timedelta(days=1)
    assert asked(office, office.head, waktu="segera") == [three[1].number, one.number]
    office.now = one.due_at + timedelta(seconds=1)
    assert asked(office, office.head, waktu="terlambat", urut="batas") == [one.number, three[1].number]
    assert "terlambat" in text(visitor(office.head).get(LIST, {"q": one.number}))


def test_what_pauses_is_not_late(office):
    case = office.bring_to(State.VERIFYING)
    office.act(case, Action.RETURN_TO_APPLICANT, office.technician, reasons="Kurang")
    office.now += timedelta(days=20)
    assert asked(office, office.head, waktu="terlambat") == []


UNANSWERABLE = (
    ({"opd": "Dinas Karangan"}, "opd"),
    ({"keadaan": "apa saja"}, "keadaan"),
    ({"tahun": "dua"}, "tahun"),
    ({"petugas": "999999"}, "petugas"),
    ({"petugas": "x"}, "petugas"),
    ({"masuk_dari": "2026-11-24", "masuk_sampai": "2026-11-23"}, "masuk_sampai"),
    ({"q": "a\0b"}, "q"),
    ({"q": "x" * 10_000}, "q"),
)


def test_what_cannot_be_asked_is_told_at_the_field(office):
    case, browser = office.bring_to(State.SUBMITTED), visitor(office.head)
    for given, field in UNANSWERABLE:
        response = browser.get(LIST, given)
        assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
        assert case.number not in text(response)


def test_an_applicant_has_no_filters_of_the_dinas_and_sees_only_the_own(office, three, dinkes):
    assert asked(office, dinkes, opd="Dinsos", petugas=str(office.technician.pk), q="situs") == []
    form = visitor(dinkes).get(LIST).context["form"]
    assert not {"opd", "bidang", "petugas"} & set(form.fields)


def test_names_of_agencies_are_for_officials(office, dinkes):
    assert "Dinkes" in visitor(office.head).get("/permohonan/opd/", {"opd": "kesehat"}).content.decode()
    assert visitor(office.applicant).get("/permohonan/opd/", {"opd": "kesehat"}).status_code == 403


# -- Pages


def test_the_pages_of_a_list_hold_everything_once(office):
    first = office.bring_to(State.SUBMITTED, label="situs")
    alike = Case.objects.filter(pk=first.pk).values().get() | {"id": None, "site_id": None, "agenda_number": ""}
    copies = [Case(**{**alike, "number": f"HST-2025-{number:04d}"}) for number in range(58)]
    Case.objects.bulk_create(copies)
    browser = visitor(office.head)
    for order in ("terbaru", "terlama", "batas", "opd"):
        seen, after = [], ""
        while after or not seen:
            page = browser.get(LIST, {"urut": order, "q": "situs", "sesudah": after})
            assert page.context["total"] == 59
            seen += numbers(page)
            after = page.context["after"]
        assert (len(seen), set(seen)) == (59, {first.number, *(copy.number for copy in copies)})


def test_the_number_of_another_agencys_case_says_nothing(office, dinkes, three):
    assert numbers(visitor(dinkes).get(LIST, {"sesudah": three[0].number})) == []
    assert not visitor(dinkes).get(LIST, {"sesudah": three[0].number}).context["further"]


def test_a_page_asks_the_same_number_of_questions_for_any_number_of_cases(office, django_assert_num_queries):
    office.bring_to(State.VERIFYING, label="satu")
    browser = visitor(office.head)
    browser.get(LIST)
    with CaptureQueriesContext(connection) as few:
        browser.get(LIST, {"q": "dinas"})
    for number in range(8):
        office.bring_to(State.VERIFYING, label=f"situs{number}")
    with django_assert_num_queries(len(few)):
        assert len(numbers(browser.get(LIST, {"q": "dinas"}))) == 9


# -- Export


def rows_of(response):
    body = b"".join(response.streaming_content).decode("utf-8")
    assert body.startswith("\ufeff")
    return list(csv.reader(io.StringIO(body[1:]), delimiter=";"))


def test_the_csv_holds_exactly_the_list(office, three):
    answer = visitor(office.head).post("/permohonan/ekspor/", {"keadaan": "verifying", "berkas": "csv"})
    header, row = rows_of(answer)
    told = dict(zip(header, row, strict=True))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="permohonan-20261123-0924.csv"'
    assert {
        name: told[name] for name in ("Nomor permohonan", "OPD", "Keadaan", "Langkah", "Dikirim", "Tepat waktu")
    } == {
        "Nomor permohonan": three[1].number,
        "OPD": "Dinas Sosial",
        "Keadaan": "Verifikasi Kelengkapan",
        "Langkah": "4",
        "Dikirim": timezone.localtime(three[1].submitted_at).strftime("%d/%m/%Y %H:%M"),
        "Tepat waktu": "",
    }


def test_working_hours_have_a_decimal_comma(office, three):
    Case.objects.filter(pk=three[2].pk).update(working_seconds=9_000)
    header, row = rows_of(visitor(office.head).post("/permohonan/ekspor/", {"keadaan": "diserahkan"}))
    told = dict(zip(header, row, strict=True))
    assert (told["Jam kerja terpakai"], told["Tepat waktu"]) == ("2,5", "ya")


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "＝"])
def test_no_cell_is_a_formula(sign):
    assert harmless(f"{sign}cmd|'/c calc'!A1") == f"'{sign}cmd|'/c calc'!A1"
    assert harmless(f"a{sign}b") == f"a{sign}b"


def test_a_title_that_is_a_formula_is_text_in_both_files(office):
    office.bring_to(State.SUBMITTED, title='=HYPERLINK("http://x";"y")')
    browser = visitor(office.head)
    header, row = rows_of(browser.post("/permohonan/ekspor/", {"berkas": "csv"}))
    assert row[header.index("Nama situs")] == '\'=HYPERLINK("http://x";"y")'
    sheet = sheet_of(browser.post("/permohonan/ekspor/", {"berkas": "xlsx"}))
    assert b"<f>" not in sheet
    assert b'=HYPERLINK("http://x";"y")' in sheet


def sheet_of(response) -> bytes:
    with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as book:
        return book.read("xl/worksheets/sheet1.xml")


def test_the_xlsx_holds_exactly_the_list(office, three):
    answer = visitor(office.head).post("/permohonan/ekspor/", {"keadaan": "berjalan", "berkas": "xlsx"})
    assert answer.headers["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    sheet = ET.fromstring(sheet_of(answer))
    name = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    rows = ["".join(cell.itertext()) for row in sheet.iter(f"{name}row") for cell in list(row)[:1]]
    assert rows == ["Nomor permohonan", three[1].number, three[0].number]


def test_who_took_what_is_kept(office, three):
    visitor(office.head).post("/permohonan/ekspor/", {"keadaan": "berjalan", "q": "situs", "berkas": "csv"})
    (change,) = history_of(f"cases.export:{office.head.pk}")
    assert (change.actor, change.after) == (
        office.head,
        {"berkas": "csv", "daftar": "keadaan=berjalan&q=situs", "baris": 2},
    )


def test_a_list_beyond_the_limit_is_refused_with_its_size(office, three, monkeypatch):
    monkeypatch.setattr("panggon.cases.services.MOST", {exporting.Kind.CSV: 2, exporting.Kind.XLSX: 1})
    answer = visitor(office.head).post("/permohonan/ekspor/", {"q": "situs", "berkas": "csv"}, follow=True)
    assert answer.redirect_chain == [("/permohonan/?q=situs", 302)]
    assert "Daftar memuat 3 permohonan; berkas CSV paling banyak 2. Persempit daftarnya." in text(answer)
    assert not history_of(f"cases.export:{office.head.pk}")


def test_an_export_is_not_a_link(office):
    assert visitor(office.head).get("/permohonan/ekspor/").status_code == 405


def test_an_applicant_takes_only_the_own(office, three, dinkes):
    assert len(rows_of(visitor(dinkes).post("/permohonan/ekspor/", {"berkas": "csv"}))) == 1


# -- Filters that nobody asked for are not drawn


def test_filters_are_drawn_when_somebody_opens_them_and_stay_open_while_one_is_set(office):
    office.bring_to(State.VERIFYING)
    browser = visitor(office.head)
    closed = browser.get(LIST, {"q": "dinas", "urut": "batas"}).content.decode()
    assert 'name="keadaan"' not in closed
    assert '<input type="hidden" name="urut" value="batas">' in closed
    opening = re.search('id="buka-penyaring" href="([^"]+)"', closed)[1].replace("&amp;", "&")
    assert opening == "?q=dinas&urut=batas&penyaring=buka"
    opened = browser.get(LIST + opening)
    assert 'name="keadaan"' in opened.content.decode()
    assert opened.context["form"]["urut"].value() == "batas"
    assert 'name="keadaan"' in browser.get(LIST, {"keadaan": "verifying"}).content.decode()
