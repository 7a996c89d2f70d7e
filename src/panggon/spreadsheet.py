"""A list as a file for a spreadsheet: the same columns as CSV and as XLSX, row by row in constant memory."""

import csv
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import IO, Any, Generic, TypeVar

import xlsxwriter
from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.timezone import localtime

from panggon.core.cells import harmless

T = TypeVar("T")
Value = str | int | float | date | datetime | None


class Kind(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


# An XLSX file is made before it is sent, and its reader waits; CSV is sent while it is made.
MOST: Mapping[Kind, int] = MappingProxyType({Kind.CSV: 500_000, Kind.XLSX: 50_000})


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    title: str
    value: Callable[[T], Value]


def csv_lines(rows: Iterable[T], columns: Sequence[Column[T]]) -> Iterator[str]:
    """UTF-8 with its mark, semicolons, decimal commas: what Excel with Indonesian settings opens by a double click."""
    writer = csv.writer(_Echo(), delimiter=";", quoting=csv.QUOTE_ALL)
    yield "\ufeff" + writer.writerow([column.title for column in columns])
    for row in rows:
        yield writer.writerow([harmless(_words(column.value(row))) for column in columns])


def workbook(rows: Iterable[T], columns: Sequence[Column[T]], *, name: str) -> IO[bytes]:
    """The finished file, at its beginning; gone when it is closed. Text stays text: no cell is a formula or a link."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by the response)
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True})
    days, moments = (book.add_format({"num_format": words}) for words in ("dd/mm/yyyy", "dd/mm/yyyy hh:mm"))
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, len(columns) - 1, 20)
    sheet.write_row(0, 0, [column.title for column in columns], bold)
    for number, row in enumerate(rows, start=1):
        for place, column in enumerate(columns):
            _write(sheet, number, place, column.value(row), days=days, moments=moments)
    book.close()
    file.seek(0)
    return file


def download(kind: Kind, rows: Iterable[T], columns: Sequence[Column[T]], *, title: str, name: str) -> HttpResponseBase:
    """The list as a file to keep: `name` without its ending, `title` of the sheet that a workbook has."""
    if kind is Kind.XLSX:
        return FileResponse(workbook(rows, columns, name=title), as_attachment=True, filename=f"{name}.xlsx")
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return StreamingHttpResponse(csv_lines(rows, columns), content_type="text/csv; charset=utf-8", headers=headers)


# ------------------------------------------------------------------------------------------------------------------


def _write(sheet: Any, row: int, place: int, value: Value, *, days: Any, moments: Any) -> None:
    if isinstance(value, datetime):
        sheet.write_datetime(row, place, localtime(value).replace(tzinfo=None), moments)
    elif isinstance(value, date):
        sheet.write_datetime(row, place, value, days)
    elif isinstance(value, str):
        sheet.write_string(row, place, value)
    elif value is not None:
        sheet.write_number(row, place, value)


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
