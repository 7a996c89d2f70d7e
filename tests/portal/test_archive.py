"""A case as one ZIP: whole for the dinas, its own part for the OPD, to be verified with sha256sum alone."""

import csv
import hashlib
import io
import json
import re
import subprocess
import tracemalloc
import zipfile

import pytest

from panggon.audit.models import Change
from panggon.cases.archive.zipping import zipped
from panggon.cases.models import Case
from panggon.core.cases.procedure import Action, State
from panggon.papers import store
from panggon.people.models import Agency
from tests.portal.office import LETTER, MONDAY
from tests.portal.once import made_once
from tests.portal.visitor import visitor


@pytest.fixture
@made_once
def case(office):
    case = office.bring_to(State.VERIFYING)
    case = office.act(case, Action.RETURN_TO_APPLICANT, office.technician, reasons="=Nomor HP salah")
    case = office.act(case, Action.RESUBMIT, office.applicant)
    case = office.act(case, Action.COMPLETE, office.technician, checklist=["letter", "agency", "name", "contact"])
    case = office.prepare(case)
    case = office.act(case, Action.REPORT, office.technician, note="Sudah bekerja semua")
    case = office.act(case, Action.REQUEST_APPROVAL, office.division_head)
    office.papers(case)
    return case


def exported(user, case) -> zipfile.ZipFile:
    response = visitor(user).post(f"/permohonan/{case.number}/arsip/")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/zip")
    assert response.headers["Content-Disposition"] == f'attachment; filename="{case.number}.zip"'
    return zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))


def shell(script: str, folder) -> str:
    return subprocess.check_output(["sh", "-c", script], cwd=folder, text=True, stderr=subprocess.STDOUT)


def scripts(archive) -> list[str]:
    """What the README tells people to type."""
    readme = archive.read("BACA-DAHULU.txt").decode()
    return [
        readme[begin : readme.index("\n\n", begin)] for begin in map(readme.index, ("sha256sum --check", "before="))
    ]


def test_the_dinas_gets_the_whole_case(office, case):
    archive = exported(office.head, case)
    assert archive.testzip() is None
    names = archive.namelist()
    digest = hashlib.sha256(LETTER).hexdigest()
    assert [name for name in names if not name.startswith("log/baris/")] == [
        "BACA-DAHULU.txt",
        "permohonan.json",
        "log/log.json",
        "log/log.csv",
        f"surat/surat-permohonan-20261123-{digest[:8]}.pdf",
        "naskah/01-dokumen-hosting-555-001-2026.pdf",
        "naskah/02-dokumen-hak-akses-hosting-555-002-2026.pdf",
        "naskah/03-surat-pengantar-555-003-2026.pdf",
        "naskah/04-nota-permohonan-pengesahan-555-004-2026.pdf",
        "rencana.json",
        "bukti.json",
        "SHA256SUMS",
    ]
    assert all(re.fullmatch(r"[A-Za-z0-9._/-]+", name) and ".." not in name for name in names)
    assert archive.read(names[names.index("log/log.csv") + 1 + case.version]) == LETTER
    assert json.loads(archive.read("permohonan.json"))["Nomor agenda"] == "0001/2026"
    assert [wish["outcome"] for wish in json.loads(archive.read("bukti.json"))] == ["planned", "applied"]


def test_it_is_verified_with_sha256sum_alone(office, case, tmp_path):
    archive = exported(office.head, case)
    archive.extractall(tmp_path)
    sums, chain = scripts(archive)
    assert shell(sums, tmp_path) == ""
    assert shell(chain, tmp_path) == f"{Case.objects.get(pk=case.pk).head}\n"

    row = tmp_path / "log" / "baris" / "0004.txt"
    row.write_text(row.read_text().replace("dispose", "approve").replace("assign", "approve"))
    assert "log/baris/0005.txt ?" in shell(chain, tmp_path)
    with pytest.raises(subprocess.CalledProcessError) as failed:
        shell(sums, tmp_path)
    assert "log/baris/0004.txt" in failed.value.output


def test_the_log_says_the_same_as_json_and_as_a_table(office, case):
    archive = exported(office.head, case)
    rows = json.loads(archive.read("log/log.json"))
    table = list(csv.DictReader(io.StringIO(archive.read("log/log.csv").decode("utf-8-sig")), delimiter=";"))
    assert [row["digest"] for row in table] == [row["digest"] for row in rows]
    returned = rows[5]
    assert (returned["action"], returned["words"]) == ("Kembalikan untuk Dilengkapi", "=Nomor HP salah")
    assert table[5]["words"] == "'=Nomor HP salah"
    command = ["openssl", "dgst", "-sha256", "-hmac", returned["salt"]]
    said = subprocess.run(command, input=returned["words"], capture_output=True, text=True, check=True).stdout
    assert said.split()[-1] == returned["body"]["data"]["words"]


def test_the_opd_gets_its_own_part_and_nothing_more(office, case, tmp_path):
    archive = exported(office.applicant, case)
    names = archive.namelist()
    assert not {"rencana.json", "bukti.json"} & set(names)
    assert not [name for name in names if name.startswith("naskah/")]
    rows = json.loads(archive.read("log/log.json"))
    hidden = [row["sequence"] for row in rows if row["body"] is None]
    assert hidden == [event.sequence for event in case.events.filter(action__in=["prepare", "record_preparation"])]
    assert [row["digest"] for row in rows] == [event.digest for event in case.events.order_by("sequence")]
    assert {row["words"] for row in rows} == {"", "=Nomor HP salah"}
    everything = b"".join(archive.read(name) for name in names)
    assert b"Sudah bekerja semua" not in everything
    assert all(event.salt.encode() not in everything for event in case.events.filter(note="Sudah bekerja semua"))
    archive.extractall(tmp_path)
    sums, chain = scripts(archive)
    assert shell(sums, tmp_path) == ""
    assert shell(chain, tmp_path).splitlines() == [f"log/baris/{hidden[-1] + 1:04d}.txt ?", rows[-1]["digest"]]


def test_taking_it_along_is_recorded(office, case):
    exported(office.head, case)
    exported(office.applicant, case)
    taken = Change.objects.filter(subject=f"cases.archive:{case.number}").order_by("sequence")
    assert [(change.actor, change.after) for change in taken] == [
        (office.head, {"whole": True}),
        (office.applicant, {"whole": False}),
    ]


def test_a_link_takes_nothing_and_a_stranger_finds_nothing(office, case):
    address = f"/permohonan/{case.number}/arsip/"
    assert visitor(office.head).get(address).status_code == 405
    stranger = office.person("lain", agency=Agency.objects.create(name="Dinas Kesehatan", short_name="Dinkes"))
    assert visitor(stranger).post(address).status_code == 404
    assert not Change.objects.filter(subject__startswith="cases.archive:").exists()


def test_a_lost_file_does_not_lose_the_rest(office, case):
    store._path(hashlib.sha256(LETTER).hexdigest()).unlink()
    archive = exported(office.head, case)
    (note,) = [name for name in archive.namelist() if name.endswith(".pdf.tidak-ada.txt")]
    assert b"file.missing" in archive.read(note)
    assert "bukti.json" in archive.namelist()


def test_a_draft_can_be_taken_too(office):
    assert "log/baris/0001.txt" in exported(office.applicant, office.draft()).namelist()


def test_the_page_offers_it(office, case):
    page = visitor(office.head).get(f"/permohonan/{case.number}/").content.decode()
    assert f'<form method="post" action="/permohonan/{case.number}/arsip/"' in page


def test_memory_does_not_grow_with_the_number_of_files():
    block = 1024 * 1024
    tracemalloc.start()
    size = sum(len(part) for part in zipped(((f"{n}.pdf", bytes(block)) for n in range(50)), at=MONDAY))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 50 * block
    assert peak < 5 * block
