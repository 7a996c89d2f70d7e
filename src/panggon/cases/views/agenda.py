"""The agenda of incoming letters, as a page and as a table for a spreadsheet."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localdate, localtime
from django.views.decorators.http import require_POST

from panggon.audit.services import record
from panggon.cases import services
from panggon.cases.archive import agenda
from panggon.cases.archive.filing import everything
from panggon.cases.archive.zipping import zipped
from panggon.cases.lists import exporting
from panggon.cases.lists.exporting import Kind
from panggon.cases.words import fault_words
from panggon.core.errors import InvalidError
from panggon.paging import page_of
from panggon.people.permissions import official

ROWS = 50  # on one page
LEAST, MOST = 2000, 2100  # years that a book may be asked for


@official
def book(request: HttpRequest) -> HttpResponse:
    """The letters of one year in the order of their receipt, the newest page first."""
    year = _year(request)
    context = {
        "year": year,
        "years": agenda.years() or [year],
        "page": page_of(request, agenda.book(year).reverse(), size=ROWS),
        "upcoming": agenda.upcoming(timezone.now()),
    }
    return render(request, "cases/agenda.html", context)


@official
@require_POST
def download(request: HttpRequest) -> HttpResponseBase:
    """The whole book of a year as CSV. Who took it is kept, so this is no mere reading."""
    now = timezone.now()
    year = _year(request)
    book = agenda.book(year)
    try:
        services.record_export(request.user, book, kind=Kind.CSV, asked=f"Buku agenda {year}", at=now)
    except InvalidError as error:
        messages.warning(request, " ".join(map(fault_words, error.faults)), "warning")
        return redirect(f"{reverse('cases:agenda')}?{urlencode({'tahun': year})}")
    return exporting.download(Kind.CSV, book, name=f"buku-agenda-{year}", columns=exporting.AGENDA)


@official
@require_POST
def filing(request: HttpRequest) -> HttpResponseBase:
    """Letters and papers of a year with a table of them, for SRIKANDI. Who took them is kept."""
    now, year = timezone.now(), _year(request)
    record(f"cases.filing:{year}", before=None, after={"year": year}, actor=request.user, at=now)
    headers = {"Content-Disposition": f'attachment; filename="pemberkasan-{year}.zip"'}
    parts = zipped(everything(year), at=localtime(now))
    return StreamingHttpResponse(parts, content_type="application/zip", headers=headers)


# ------------------------------------------------------------------------------------------------------------------


def _year(request: HttpRequest) -> int:
    asked = (request.POST or request.GET).get("tahun", "")
    known = asked.isascii() and asked.isdigit() and len(asked) == 4 and LEAST <= int(asked) <= MOST
    return int(asked) if known else localdate(timezone.now()).year
