"""The agenda of incoming letters, as a page and as a table for a spreadsheet."""

import csv
from collections.abc import Iterator
from datetime import datetime

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _

from panggon.cases import agenda
from panggon.cases.models import Case
from panggon.core.procedure import State
from panggon.labels import STATE_LABELS
from panggon.people.permissions import official

ROWS = 50  # on one page
LEAST, MOST = 2000, 2100  # years that a book may be asked for


@official
def book(request: HttpRequest) -> HttpResponse:
    """The letters of one year in the order of their receipt, the newest page first."""
    year = _year(request)
    pages = Paginator(agenda.book(year).reverse(), ROWS)
    context = {
        "year": year,
        "years": agenda.years() or [year],
        "page": pages.get_page(request.GET.get("halaman")),
        "upcoming": agenda.upcoming(timezone.now()),
    }
    return render(request, "cases/agenda.html", context)


@official
def download(request: HttpRequest) -> StreamingHttpResponse:
    """The whole book of a year as CSV, as Excel in Indonesia reads it: UTF-8 with a mark, semicolons."""
    year = _year(request)
    writer = csv.writer(_Echo(), delimiter=";")
    lines = (writer.writerow(map(_harmless, row)) for row in _rows(year))
    headers = {"Content-Disposition": f'attachment; filename="buku-agenda-{year}.csv"'}
    return StreamingHttpResponse(_marked(lines), content_type="text/csv; charset=utf-8", headers=headers)


# ------------------------------------------------------------------------------------------------------------------


class _Echo:
    """A file that gives back what is written into it."""

    def write(self, line: str) -> str:
        return line


def _year(request: HttpRequest) -> int:
    asked = request.GET.get("tahun", "")
    known = asked.isascii() and asked.isdigit() and len(asked) == 4 and LEAST <= int(asked) <= MOST
    return int(asked) if known else localdate(timezone.now()).year


def _rows(year: int) -> Iterator[list[str]]:
    yield [
        _("Nomor agenda"),
        _("Diterima"),
        _("Surat dari"),
        _("Nomor surat"),
        _("Tanggal surat"),
        _("Hal"),
        _("Nomor permohonan"),
        _("Diteruskan kepada"),
        _("Keadaan"),
    ]
    for case in agenda.book(year).iterator():
        yield _row(case)


def _row(case: Case) -> list[str]:
    return [
        case.agenda_number,
        _moment(case.received_at),
        case.agency.name,
        case.letter_number,
        date_format(case.letter_date, "d-m-Y") if case.letter_date else "",
        case.letter_subject,
        case.number,
        str(case.division or ""),
        STATE_LABELS[State(case.state)].text,
    ]


def _moment(moment: datetime | None) -> str:
    return date_format(localtime(moment), "d-m-Y H:i") if moment else ""


def _harmless(cell: str) -> str:
    """A spreadsheet takes what begins like a formula for one."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _marked(lines: Iterator[str]) -> Iterator[str]:
    yield "\ufeff"
    yield from lines
