"""A list of cases as a file for a spreadsheet: the same columns as CSV and as XLSX, row by row in constant memory."""

import csv
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import IO

import xlsxwriter
from django.db.models import QuerySet
from django.utils.timezone import localtime

from panggon.cases.models import Case
from panggon.core.cells import harmless
from panggon.core.procedure import STATE_LABELS, State, step_under_way

Value = str | int | float | date | datetime | None
ROWS_AT_ONCE = 2_000
DIGITS_OF_HOURS = 2


class Kind(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


# An XLSX file is made before it is sent, and its reader waits; CSV is sent while it is made.
MOST: Mapping[Kind, int] = MappingProxyType({Kind.CSV: 500_000, Kind.XLSX: 50_000})


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    value: Callable[[Case], Value]


def _hours(case: Case) -> float | None:
    return None if case.working_seconds is None else round(case.working_seconds / 3600, DIGITS_OF_HOURS)


def _is_in_time(case: Case) -> str:
    if case.stopped_at is None or case.due_at is None:
        return ""
    return "ya" if case.stopped_at <= case.due_at else "tidak"


COLUMNS: tuple[Column, ...] = (
    Column("Nomor permohonan", lambda case: case.number),
    Column("Nomor agenda", lambda case: case.agenda_number),
    Column("OPD", lambda case: case.agency.name),
    Column("Nama singkat OPD", lambda case: case.agency.short_name),
    Column("Nama situs", lambda case: case.title),
    Column("Alamat", lambda case: case.site.host if case.site else case.label),
    Column("Keadaan", lambda case: STATE_LABELS[State(case.state)].text),
    Column("Langkah", lambda case: step_under_way(State(case.state))),
    Column("Nomor surat", lambda case: case.letter_number),
    Column("Tanggal surat", lambda case: case.letter_date),
    Column("Hal", lambda case: case.letter_subject),
    Column("Pemohon", lambda case: case.applicant.full_name),
    Column("Narahubung", lambda case: case.contact_name),
    Column("Bidang", lambda case: case.division.name if case.division else ""),
    Column("Petugas teknis", lambda case: case.technician.full_name if case.technician else ""),
    Column("Dibuat", lambda case: case.created_at),
    Column("Dikirim", lambda case: case.submitted_at),
    Column("Batas waktu", lambda case: case.due_at),
    Column("Waktu berhenti", lambda case: case.stopped_at),
    Column("Jam kerja terpakai", _hours),
    Column("Tepat waktu", _is_in_time),
)
AGENDA: tuple[Column, ...] = (
    Column("Nomor agenda", lambda case: case.agenda_number),
    Column("Diterima", lambda case: case.received_at),
    Column("Surat dari", lambda case: case.agency.name),
    Column("Nomor surat", lambda case: case.letter_number),
    Column("Tanggal surat", lambda case: case.letter_date),
    Column("Hal", lambda case: case.letter_subject),
    Column("Nomor permohonan", lambda case: case.number),
    Column("Diteruskan kepada", lambda case: case.division.name if case.division else ""),
    Column("Keadaan", lambda case: STATE_LABELS[State(case.state)].text),
)


def csv_lines(cases: QuerySet[Case], *, columns: tuple[Column, ...] = COLUMNS) -> Iterator[str]:
    """UTF-8 with its mark, semicolons, decimal commas: what Excel with Indonesian settings opens by a double click."""
    writer = csv.writer(_Echo(), delimiter=";", quoting=csv.QUOTE_ALL)
    yield "\ufeff" + writer.writerow([column.title for column in columns])
    for case in cases.select_related("applicant").iterator(chunk_size=ROWS_AT_ONCE):
        yield writer.writerow([harmless(_words(column.value(case))) for column in columns])


def workbook(cases: QuerySet[Case]) -> IO[bytes]:
    """The finished file, at its beginning; gone when it is closed. Text stays text: no cell is a formula or a link."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by the response)
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("Permohonan")
    bold = book.add_format({"bold": True})
    days, moments = (book.add_format({"num_format": words}) for words in ("dd/mm/yyyy", "dd/mm/yyyy hh:mm"))
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, len(COLUMNS) - 1, 20)
    sheet.write_row(0, 0, [column.title for column in COLUMNS], bold)
    for row, case in enumerate(cases.select_related("applicant").iterator(chunk_size=ROWS_AT_ONCE), start=1):
        for number, column in enumerate(COLUMNS):
            value = column.value(case)
            if isinstance(value, datetime):
                sheet.write_datetime(row, number, localtime(value).replace(tzinfo=None), moments)
            elif isinstance(value, date):
                sheet.write_datetime(row, number, value, days)
            elif isinstance(value, str):
                sheet.write_string(row, number, value)
            elif value is not None:
                sheet.write_number(row, number, value)
    book.close()
    file.seek(0)
    return file


class _Echo:
    """A file for `csv` that gives back each line instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def _words(value: Value) -> str:
    if isinstance(value, datetime):
        return f"{localtime(value):%d/%m/%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return "" if value is None else str(value).replace(".", ",") if isinstance(value, float) else str(value)
