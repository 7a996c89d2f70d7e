"""Letters and papers of a year for filing in SRIKANDI: a table with number, date and link, and the PDF files.

SRIKANDI offers no interface to other programs, so that its users take the files in by hand.
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass, fields
from datetime import date

from django.conf import settings
from django.utils.text import slugify
from django.utils.timezone import localdate

from panggon.cases.archive import agenda
from panggon.cases.models import Case, File
from panggon.core.cells import harmless
from panggon.core.errors import PermanentError
from panggon.papers import selectors as papers
from panggon.papers import store
from panggon.papers.contents import CONFIDENTIAL
from panggon.papers.models import Paper
from panggon.papers.signable import verification_address

TABLE = "daftar.csv"


@dataclass(frozen=True, slots=True)
class Row:
    """One letter or paper. The names are the heads of the table."""

    arah: str  # masuk, keluar
    nomor: str
    tanggal: date | None
    perihal: str
    dari_kepada: str
    nomor_permohonan: str
    ditandatangani_oleh: str
    tautan: str
    berkas: str
    sha256: str


def everything(year: int) -> Iterator[tuple[str, bytes]]:
    """The table first, then each file; one that is lost is left out, and the table says so by an empty name."""
    found = list(_rows(year))
    yield TABLE, _table(row for row, _ in found)
    for row, content in found:
        if content is not None and row.berkas:
            yield row.berkas, content()


# ------------------------------------------------------------------------------------------------------------------

Content = Callable[[], bytes] | None


def _rows(year: int) -> Iterator[tuple[Row, Content]]:
    cases = {case.number: case for case in agenda.book(year)}
    letters = {file.case_id: file for file in File.objects.filter(case__in=cases.values(), kind=File.Kind.LETTER)}
    for case in cases.values():
        yield _incoming(case, letters.get(case.pk))
    about = {
        case.number: case for case in Case.objects.select_related("agency").filter(number__in=papers.cases_of(year))
    }
    for paper in papers.made_in(year):
        yield _outgoing(paper, about.get(paper.case_number))


def _incoming(case: Case, letter: File | None) -> tuple[Row, Content]:
    name = f"masuk/{slugify(case.agenda_number.replace('/', '-'))}-{case.number}.pdf" if letter else ""
    name, content = _file(name, letter.sha256 if letter else "")
    return Row(
        "masuk",
        case.letter_number,
        case.letter_date,
        case.letter_subject,
        case.agency.name,
        case.number,
        "",
        f"{settings.PANGGON_BASE_URL}/permohonan/{case.number}/",
        name,
        letter.sha256 if letter else "",
    ), content


def _outgoing(paper: Paper, case: Case | None) -> tuple[Row, Content]:
    name = f"keluar/{slugify(paper.number.replace('/', '-'))}-{slugify(paper.title)}.pdf"
    name, content = _file(name, "" if paper.kind in CONFIDENTIAL else paper.issued_sha256)
    return Row(
        "keluar",
        paper.number,
        localdate(paper.made_at),
        f"{paper.title}: {case.title or case.number}" if case else paper.title,
        case.agency.name if case else "",
        paper.case_number,
        paper.signed.name if paper.signed else "",
        verification_address(paper.pk),
        name,
        paper.issued_sha256,
    ), content


def _file(name: str, digest: str) -> tuple[str, Content]:
    """Whether it can be read is found out before the table says that it is there."""
    if not digest:
        return "", None
    try:
        store.get(digest)
    except PermanentError:
        return "", None
    return name, lambda: store.get(digest)


def _table(rows: Iterator[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(field.name for field in fields(Row))
    for row in rows:
        writer.writerow("" if value is None else harmless(str(value)) for value in astuple(row))
    return f"\ufeff{text.getvalue()}".encode()
