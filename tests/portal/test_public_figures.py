"""The public figures: of a few requests by hand, the same page for everybody, and files that machines read."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from psycopg.types.json import Jsonb

from panggon.cases.models import Case
from panggon.core.cases.procedure import Action, State
from panggon.core.complaints.vocabulary import ComplaintAction
from panggon.core.surveys.survey import Element
from panggon.office.selectors import office as settings_now
from panggon.public import figures, jobs, kept, snapshots, views_figures
from panggon.public.models import Snapshot
from panggon.public.tables import TABLES
from panggon.sites.models import Site
from panggon.surveys import services as surveys
from panggon.surveys.models import Service
from tests.portal.complaining import act, answered, file, handled
from tests.portal.office import MONDAY
from tests.portal.once import made_once
from tests.portal.visitor import OWN_PAGE, text, visitor

PAGE = "/kinerja/"


@pytest.fixture(autouse=True)
def nothing_kept():
    """As in a worker that has just begun."""
    for function in (
        figures.tables,
        figures.periods,
        kept._drawn,
        views_figures._csv,
        views_figures._json,
        views_figures._catalogue,
    ):
        function.cache_clear()


# The states in which each step of the SK is under way, from sent to handed over; and by what each is left.
WAY = (
    (State.SUBMITTED, Action.RECEIVE),
    (State.DISPOSED, Action.ASSIGN),
    (State.VERIFYING, Action.COMPLETE),
    (State.PREPARING, Action.REPORT),
    (State.REPORTED, Action.REQUEST_APPROVAL),
    (State.AWAITING_APPROVAL, Action.APPROVE),
    (State.APPROVED, Action.DELIVER),
    (State.DELIVERED, None),
)


def handed_over(office, *, minutes, late=False):
    """A request that was sent on Monday at nine and spent so long in each of the steps 2 to 8."""
    case = office.draft(label=f"situs-{Case.objects.count()}")
    for sequence, ((state, _), (_, action)) in enumerate(zip(WAY, [(None, Action.SUBMIT), *WAY], strict=False), 2):
        effect = {State.SUBMITTED: "start", State.DELIVERED: "stop"}.get(state, "none")
        at = MONDAY + timedelta(minutes=minutes * (sequence - 2))
        case.events.create(sequence=sequence, action=action, at=at, source="draft", target=state, clock=effect)
    Case.objects.filter(pk=case.pk).update(
        state=State.DELIVERED,
        submitted_at=MONDAY,
        stopped_at=at,
        due_at=at - timedelta(hours=1) if late else at,
        working_seconds=7 * 60 * minutes,
    )
    return case


@made_once
def brought_about(office):
    """Six that were handed over, one of them late; one that was withdrawn. Two complaints, one of them answered."""
    for minutes in (6, 6, 12, 18, 18):
        handed_over(office, minutes=minutes)
    handed_over(office, minutes=20, late=True)
    office.act(office.bring_to(State.SUBMITTED, label="batal"), Action.WITHDRAW, office.applicant)
    Site.objects.update(opened_at=office.now, state="open")
    file(office)
    answered(office)


@pytest.fixture
def seven(office):
    brought_about(office)
    return office


def take(office):
    return snapshots.take(now=office.later())


def records(table, made):
    return {row["masa"]: row for row in TABLES[table].records(made.tables[table])}


def test_figures_by_hand(seven):
    made = take(seven)
    for name in ("2026-11", "2026-Q4", "2026"):
        row = records("permohonan", made)[name]
        assert (row["masuk"], row["diserahkan"], row["tepat_waktu"], row["persen_tepat_waktu"]) == (7, 6, 5, 83)
        # (84 + 126) / 2 minutes = 1.75 hours
        assert (row["median_jam_kerja"], row["dibatalkan"], row["ditolak"], row["situs_dibuka"]) == (1.8, 1, 0, 1)
        row = records("pengaduan", made)[name]
        assert (row["masuk"], row["dijawab"], row["tepat_waktu"], row["bukan_pengaduan"]) == (2, 1, None, 0)
    assert records("permohonan", made)["2026-10"]["masuk"] == 0
    assert "2026-12" not in records("permohonan", made), "it has not begun"
    assert made.tables["situs"] == [[made.made_at.isoformat(timespec="seconds"), 1]]


def test_each_step_is_what_its_clock_counted(seven):
    rows = TABLES["langkah"].records(take(seven).tables["langkah"])
    steps = {row["langkah"]: row for row in rows if row["masa"] == "2026"}
    assert {step: (row["permohonan"], row["median_jam_kerja"]) for step, row in steps.items()} == {
        **dict.fromkeys(range(2, 9), (6, 0.3)),  # 15 minutes, half up
        9: (0, None),
    }


def test_the_desks_stamp_counts_and_a_pause_does_not(office):
    for _ in range(5):
        case = handed_over(office, minutes=6)
        stamp = {"stamped_at": (MONDAY - timedelta(minutes=60)).isoformat()}
        changes = {2: {"data": Jsonb(stamp)}, 4: {"clock": "pause", "target": "incomplete"}, 5: {"clock": "resume"}}
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")  # events are never changed
            for sequence, change in changes.items():
                columns = ", ".join(f"{name} = %s" for name in change)
                which = [*change.values(), case.pk, sequence]
                cursor.execute(f"UPDATE cases_event SET {columns} WHERE case_id = %s AND sequence = %s", which)
            cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    rows = TABLES["langkah"].records(take(office).tables["langkah"])
    steps = {row["langkah"]: row["median_jam_kerja"] for row in rows if row["masa"] == "2026"}
    assert (steps[2], steps[3], steps[4], steps[5]) == (1.1, 0.1, None, 0.1)


def test_an_answer_in_time_and_one_that_is_late(office):
    for _ in range(5):
        answered(office)
    late = handled(office)
    office.now += timedelta(days=35)
    act(office, late, ComplaintAction.RESOLVE, office.complaints_officer, words="Sudah.", told=True)
    row = records("pengaduan", take(office))["2026"]
    assert (row["masuk"], row["dijawab"], row["tepat_waktu"], row["persen_tepat_waktu"]) == (6, 6, 5, 83)


def test_the_index_of_five_and_of_four(office):
    best = {element.value: 4 for element in Element}
    for number in range(5):
        invitation = surveys.offer(Service.CASE, f"X-{number}", people=[], email="", at=office.now)
        surveys.answer(invitation, {**best, "time": 3}, at=office.now)
        row = records("kepuasan", take(office))["2026"]
        told = (row["responden"], row["ikm"], row["mutu"], row["u1"], row["u3"])
        assert told == ((5, 97.22, "A", 4.0, 3.0) if number == 4 else (number + 1, None, None, None, None))


def test_one_row_however_often_they_are_reckoned(seven):
    take(seven)
    jobs.take_figures(0)
    assert Snapshot.objects.count() == 1


def test_before_they_were_ever_reckoned(db, client):
    page = client.get(PAGE)
    assert "Angka layanan belum dihitung." in text(page)
    assert page.headers["Cache-Control"] == "no-store"
    assert client.get("/data-terbuka/permohonan.csv").status_code == 404


def test_what_the_page_says(seven, client):
    take(seven)
    said = text(client.get(PAGE))
    assert "Permohonan masuk 7 Selesai dilayani 6 Selesai dalam 2 hari kerja 83%" in said
    assert "Dijawab tepat waktu tidak ditampilkan" in said
    assert "Nilai IKM – Responden 0" in said
    assert "November 2026 7 6 5" in said
    assert "paling sedikit 5 permohonan" in said
    quarter = text(client.get(PAGE, {"tahun": "2026", "triwulan": "1"}))
    assert "triwulan 1 tahun 2026" in quarter
    assert "Permohonan masuk 0" in quarter


def test_bars_of_what_happened_only(seven, client):
    take(seven)
    bars = re.compile(r"<rect [^>]*>")
    assert len(bars.findall(client.get(PAGE).content.decode())) == 2 * 11 + 8 + 2 * 11
    assert not bars.findall(client.get(PAGE, {"tahun": "2026", "triwulan": "1"}).content.decode())


@pytest.mark.parametrize("asked", [{"tahun": "1066"}, {"tahun": "x", "triwulan": "9"}, {"tahun": "٢٠٢٦"}, {"a": "<b>"}])
def test_an_unknown_period_is_this_year(seven, client, asked):
    take(seven)
    page = client.get(PAGE, asked)
    assert (page.status_code, "tahun 2026" in text(page)) == (200, True)
    assert page.content == client.get(PAGE).content


def test_a_quarter_that_has_not_begun_is_its_year(office, client):
    office.now = datetime(2026, 5, 4, 3, 0, tzinfo=UTC)
    take(office)
    page = text(client.get(PAGE, {"tahun": "2026", "triwulan": "3"}))
    assert "Pelayanan Hosting, tahun 2026" in page
    assert "Triwulan 2 2026 Dihitung" in page, "the last that is offered"


def test_years_before_this_one(seven, client):
    Case.objects.filter(state="withdrawn").update(submitted_at=datetime(2024, 12, 31, 18, 0, tzinfo=UTC))
    take(seven)
    first = text(client.get(PAGE, {"tahun": "2025", "triwulan": "1"}))
    assert "2026 2025 Triwulan 1 2025 Triwulan 2 2025 Triwulan 3 2025 Triwulan 4 2025 Dihitung" in first
    assert "Permohonan masuk 1 Selesai dilayani 0" in first, "by the office's midnight"
    assert "2025 – 2026" in text(client.get("/data-terbuka/"))


def test_what_everybody_gets_has_nothing_of_anybody(seven, django_assert_num_queries):
    take(seven)
    strange = Client(headers={"host": "testserver", "x-forwarded-for": "203.0.113.7"})
    strange.cookies["csrf"] = "x" * 32
    first = strange.get(f"{PAGE}?nomor=HST-2026-0001&kode=rahasia")
    assert (first.headers["Cache-Control"], first.headers["Vary"]) == ("public, max-age=60", "Cookie")
    assert not first.cookies
    assert b"csrfmiddlewaretoken" not in first.content
    assert b"rahasia" not in first.content
    with django_assert_num_queries(1):
        again = Client().get(PAGE)
    assert again.content == first.content


def test_whoever_is_signed_in_has_the_own_menu_and_nobody_keeps_it(seven):
    take(seven)
    page = visitor(seven.registrar).get(PAGE)
    assert "Menunggu saya" in text(page)
    assert page.headers["Cache-Control"] == "no-store"
    assert "Menunggu saya" not in text(Client().get(PAGE))


def test_language_and_colours_are_the_visitors(seven):
    take(seven)
    plain, english, dark = Client(), Client(), Client()
    english.post("/bahasa/", {"language": "en", "page": PAGE}, headers=OWN_PAGE)
    dark.post("/tampilan/", {"theme": "dark", "page": PAGE}, headers=OWN_PAGE)
    pages = {name: client.get(PAGE) for name, client in (("id", plain), ("en", english), ("dark", dark))}
    assert len({page.headers["ETag"] for page in pages.values()}) == 3
    assert '<html lang="en"' in pages["en"].content.decode()
    assert "Service performance" in text(pages["en"])
    assert 'name="color-scheme" content="dark"' in pages["dark"].content.decode()
    assert "Kinerja layanan" in text(plain.get(PAGE))


def test_unchanged_is_not_sent_again(seven, client):
    take(seven)
    for address in (PAGE, "/data-terbuka/", "/data-terbuka/permohonan.csv", "/data-terbuka/katalog.json"):
        first = client.get(address)
        again = client.get(address, headers={"if-none-match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b""), address
        assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
        take(seven)
        assert client.get(address, headers={"if-none-match": first.headers["ETag"]}).status_code == 200


def test_new_figures_are_shown_at_once(seven, client):
    take(seven)
    client.get(PAGE)
    seven.bring_to(State.SUBMITTED, label="baru")
    take(seven)
    assert "Permohonan masuk 8" in text(client.get(PAGE))


def test_csv_by_rfc_4180(seven, client):
    take(seven)
    answer = client.get("/data-terbuka/permohonan.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert (answer.headers["Access-Control-Allow-Origin"], answer.headers["Cache-Control"]) == (
        "*",
        "public, max-age=300",
    )
    lines = answer.content.decode().split("\r\n")
    assert lines[0].startswith("masa,jenis_masa,masuk,diserahkan,tepat_waktu,persen_tepat_waktu,median_jam_kerja,")
    assert lines[1].startswith("2026,tahun,7,6,5,83,")
    assert lines[-1] == ""
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [row["masuk"] for row in rows if row["jenis_masa"] == "bulan"] == ["0"] * 10 + ["7"]
    assert client.get("/data-terbuka/kepuasan.csv").content.decode().split("\r\n")[1] == "2026,tahun,0" + "," * 11


def test_a_cell_that_begins_like_a_formula_is_harmless():
    table = TABLES["situs"]
    assert table.csv([["=1+1", -3]]) == "waktu,terbuka\r\n'=1+1,-3\r\n"


def test_json_says_all_that_is_known_of_a_table(seven, client):
    made = take(seven)
    for key, table in TABLES.items():
        found = json.loads(client.get(f"/data-terbuka/{key}.json").content)
        assert [field["name"] for field in found["schema"]["fields"]] == [column.key for column in table.columns]
        assert found["data"] == table.records(made.tables[key])
        assert found["licenses"] == [{"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}]
        assert found["publisher"] == settings_now().letterhead.name
        assert found["title"]["id"] != found["title"]["en"] or key == "kepuasan"
    assert client.get("/data-terbuka/orang.json").status_code == 404


def test_the_catalogue_leads_to_every_file(seven, client):
    take(seven)
    found = json.loads(client.get("/data-terbuka/katalog.json").content)
    assert (found["@type"], found["dct:license"]["@id"]) == (
        "dcat:Catalog",
        "https://creativecommons.org/licenses/by/4.0/",
    )
    files = [part["dcat:downloadURL"]["@id"] for row in found["dcat:dataset"] for part in row["dcat:distribution"]]
    assert len(files) == 2 * len(TABLES)
    for address in files:
        assert client.get("/" + address.split("/", 3)[3]).status_code == 200


def test_the_page_of_open_data_describes_every_column(seven, client):
    take(seven)
    said = text(client.get("/data-terbuka/"))
    for table in TABLES.values():
        assert all(f"{column.key} {column.kind} {column.words}" in said for column in table.columns)
    assert "CC BY 4.0" in said


def test_reckoning_asks_as_often_however_many_there_are(seven, django_assert_max_num_queries):
    for number in range(5):
        handed_over(seven, minutes=number)
        answered(seven)
    with django_assert_max_num_queries(25):
        take(seven)


def test_everybody_is_led_to_the_figures(office, client):
    for page in (client.get("/"), visitor(office.applicant).get("/beranda/")):
        html = page.content.decode()
        assert 'href="/kinerja/"' in html
        assert 'href="/data-terbuka/"' in html
