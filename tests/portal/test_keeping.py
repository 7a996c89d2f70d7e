"""The archive: damage is found and told, a held case loses nothing, a year goes to SRIKANDI as table and files."""

import csv
import io
import subprocess
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from panggon.audit.models import Change
from panggon.cases import jobs
from panggon.cases.archive import keeping, retention
from panggon.cases.models import Case
from panggon.core.cases.procedure import Action, Role, State
from panggon.notify.models import Notice
from panggon.papers.models import Paper
from tests.portal.office import LETTER
from tests.portal.visitor import at, page, text, visitor

pytestmark = pytest.mark.usefixtures("office_time")
YEARS = timedelta(days=365 * 12)


@pytest.fixture
def admin(office):
    return office.person("admin", Role.ADMINISTRATOR)


def kept(settings, digest: str) -> Path:
    return settings.PANGGON_FILES / digest[:2] / digest


def damage(settings, digest: str) -> bytes:
    """One bit of the file; what it was before."""
    file = kept(settings, digest)
    data = file.read_bytes()
    file.write_bytes(data[:50] + bytes([data[50] ^ 1]) + data[51:])
    return data


def test_one_changed_bit_is_found_by_the_monthly_look_and_told_once(office, settings, admin):
    case = office.bring_to(State.AWAITING_APPROVAL)
    office.papers(case)
    office.act(case, Action.APPROVE, office.head)
    signed = Paper.objects.select_related("signature").get(kind="hosting_document").signature.sha256
    assert keeping.check(at=office.now).damaged == ()
    whole = damage(settings, signed)
    jobs.check_archive(0)
    jobs.check_archive(0)
    notice = Notice.objects.get(recipient=admin)
    assert (notice.subject, signed in notice.text) == ("Arsip: satu berkas rusak atau hilang", True)
    assert Change.objects.filter(subject__startswith="cases.file_check").order_by("sequence").last().after[
        "damaged"
    ] == [signed]
    kept(settings, signed).write_bytes(whole)
    assert keeping.check(at=office.now).damaged == ()


def test_a_damaged_file_is_given_to_nobody_and_its_reading_tells(office, settings, admin):
    case = office.bring_to(State.SUBMITTED)
    digest = case.files.get().sha256
    damage(settings, digest)
    answer = page(office, "registrar", case, "surat")
    assert answer.status_code == 500
    assert "tidak lagi seperti saat disimpan" in text(answer)
    assert LETTER[:40] not in answer.content
    jobs.report_damage(digest)
    assert case.number in Notice.objects.get(recipient=admin).text


def test_of_a_case_that_is_held_nothing_is_erased(office, admin):
    case = office.bring_to(State.SUBMITTED)
    office.act(case, Action.WITHDRAW, office.applicant)
    browser = visitor(admin)
    path = "/pengaturan/penghapusan/"
    assert "Tidak ada permohonan dengan nomor itu." in text(
        browser.post(f"{path}tahan/", {"number": "x", "reason": "y"})
    )
    browser.post(f"{path}tahan/", {"number": case.number, "reason": "Pemeriksaan Inspektorat"})
    again = browser.post(f"{path}tahan/", {"number": case.number, "reason": "lagi"})
    assert "sudah ditahan" in text(again)
    assert "Pemeriksaan Inspektorat" in text(browser.get(path))
    retention.erase(now=office.now + YEARS)
    assert Case.objects.get(pk=case.pk).contact_name == "Sri Wahyuni"
    assert case.files.exists()
    browser.post(f"{path}lepas/{keeping.holds().get().pk}/")
    retention.erase(now=office.now + YEARS)
    assert Case.objects.get(pk=case.pk).contact_name == ""
    assert not case.files.exists()


def test_a_year_for_srikandi_is_a_table_and_its_files(office, tmp_path):
    case = office.bring_to(State.AWAITING_APPROVAL, title="=SUM(A1)", letter_subject="=cmd")
    office.papers(case)
    office.act(case, Action.APPROVE, office.head)
    answer = at(office, "registrar").post("/agenda/pemberkasan/", {"tahun": "2026"})
    archive = tmp_path / "pemberkasan-2026.zip"
    archive.write_bytes(b"".join(answer.streaming_content))
    assert "No errors detected" in subprocess.run(["unzip", "-t", archive], capture_output=True, text=True).stdout
    files = zipfile.ZipFile(archive)
    rows = list(csv.DictReader(io.StringIO(files.read("daftar.csv").decode("utf-8-sig")), delimiter=";"))
    assert {row["berkas"] for row in rows} | {"daftar.csv"} == set(files.namelist())
    letter, document = rows[0], next(row for row in rows if row["perihal"].startswith("Dokumen Hosting"))
    assert (letter["arah"], letter["nomor"], letter["tanggal"]) == ("masuk", "500.12/117/2026", "2026-11-20")
    assert letter["perihal"] == "'=cmd"
    assert files.read(letter["berkas"]) == LETTER
    paper = Paper.objects.select_related("signature").get(kind="hosting_document")
    assert (document["nomor"], document["ditandatangani_oleh"]) == (paper.number, "Kadis")
    assert document["tautan"].endswith(f"/verifikasi/{paper.pk}/")
    assert document["sha256"] == paper.signature.sha256
    assert at(office, "applicant").post("/agenda/pemberkasan/", {"tahun": "2026"}).status_code == 403
