"""A list of cases as a file for a spreadsheet."""

from collections.abc import Iterator

from django.db.models import QuerySet
from django.http.response import HttpResponseBase

from panggon import spreadsheet
from panggon.cases.models import Case
from panggon.core.cases.procedure import STATE_LABELS, State, step_under_way
from panggon.spreadsheet import MOST, Column, Kind

__all__ = ["AGENDA", "COLUMNS", "MOST", "Column", "Kind", "download"]

ROWS_AT_ONCE = 2_000
DIGITS_OF_HOURS = 2
Columns = tuple[Column[Case], ...]


def _hours(case: Case) -> float | None:
    return None if case.working_seconds is None else round(case.working_seconds / 3600, DIGITS_OF_HOURS)


def _is_in_time(case: Case) -> str:
    if case.stopped_at is None or case.due_at is None:
        return ""
    return "ya" if case.stopped_at <= case.due_at else "tidak"


COLUMNS: Columns = (
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
AGENDA: Columns = (
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


def download(kind: Kind, cases: QuerySet[Case], *, name: str, columns: Columns = COLUMNS) -> HttpResponseBase:
    """As `spreadsheet.download`."""
    return spreadsheet.download(kind, _rows(cases), columns, title="Permohonan", name=name)


# ------------------------------------------------------------------------------------------------------------------


def _rows(cases: QuerySet[Case]) -> Iterator[Case]:
    return cases.select_related("applicant").iterator(chunk_size=ROWS_AT_ONCE)
