"""The pages of the register of numbers."""

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from panggon import spreadsheet
from panggon.core.cases.vocabulary import Role
from panggon.core.errors import Fault, InvalidError
from panggon.paging import page_of
from panggon.papers import register as numbers
from panggon.papers import selectors
from panggon.papers.forms import BookForm, VoidForm
from panggon.papers.models import Paper
from panggon.papers.words import fault_words
from panggon.people import selectors as people
from panggon.people.permissions import holders, official
from panggon.spreadsheet import Kind

ROWS = 50  # on one page
ROWS_AT_ONCE = 2_000
VOID = _("Nomor %(number)s sudah batal.")
VOID_REPLACED = _("Nomor %(number)s sudah batal; penggantinya sedang dibuat dan segera muncul di buku ini.")
REPLACED = _("Pengganti nomor %(number)s sedang dibuat dan segera muncul di buku ini.")
MAY_VOID = frozenset({Role.REGISTRAR, Role.ADMINISTRATOR})


@official
def book(request: HttpRequest) -> HttpResponse:
    """The numbers of one year, the newest page first."""
    form = BookForm(request.GET)
    meant = form.meant(this_year=localdate(timezone.now()).year)
    year = meant["year"]
    papers = numbers.book(**meant).order_by("-made_at", "-serial")
    context = {
        "form": form,
        "year": year,
        "years": numbers.years() or [year],
        "filled": numbers.filled(year),
        "page": page_of(request, papers, size=ROWS),
        "asked": [(name, value) for name, value in request.GET.items() if name in form.fields and value],
        "may_void": not MAY_VOID.isdisjoint(people.roles_of(request.user, now=timezone.now())),
    }
    return render(request, "papers/register.html", context, status=200 if form.is_valid() else 422)


@official
@require_POST
def download(request: HttpRequest) -> HttpResponseBase:
    """What the page shows, all of it, as a file. Who took it is kept, so this is no mere reading."""
    now = timezone.now()
    meant = BookForm(request.POST).meant(this_year=localdate(now).year)
    kind = Kind.XLSX if request.POST.get("berkas") == Kind.XLSX else Kind.CSV
    papers, year = numbers.book(**meant), meant["year"]
    try:
        numbers.record_export(papers, kind=kind, asked=f"Buku nomor {year}", actor=request.user, at=now)
    except InvalidError as error:
        messages.warning(request, " ".join(map(fault_words, error.faults)), "warning")
        return redirect(f"{reverse('papers:register')}?{urlencode({'tahun': year})}")
    rows = papers.iterator(chunk_size=ROWS_AT_ONCE)
    return spreadsheet.download(kind, rows, numbers.COLUMNS, title=gettext("Buku nomor"), name=f"buku-nomor-{year}")


@holders(*MAY_VOID)
def void(request: HttpRequest, paper: UUID) -> HttpResponse:
    """One number is made void, with the reason."""
    found = selectors.paper(paper)
    if found is None:
        raise Http404
    if found.voided_at is not None:
        return _voided(request, found)
    fault = numbers.void_fault(found)
    form = VoidForm(request.POST if request.method == "POST" else None)
    if fault is None and form.is_bound and form.is_valid():
        done = VOID_REPLACED if form.cleaned_data["replaced"] else VOID
        make = partial(numbers.make_void, found.pk, **form.cleaned_data)
        return _back(request, found, make, done=done)
    context = {"paper": found, "form": form, "why_not": fault_words(fault) if fault else ""}
    return render(request, "papers/void.html", context, status=422 if form.is_bound else 200)


# ------------------------------------------------------------------------------------------------------------------


def _voided(request: HttpRequest, found: Paper) -> HttpResponse:
    """Of a number that is void already: what stands in its place, or that something shall."""
    if request.POST.get("do") == "replace":
        return _back(request, found, partial(numbers.replace, found.pk), done=REPLACED)
    made = numbers.replacement_of(found)
    context = {
        "paper": found,
        "made": made,
        "may_replace": made is None and not found.is_of_the_head,
        "why_not": fault_words(Fault("paper.void")),
    }
    return render(request, "papers/void.html", context, status=422 if request.method == "POST" else 200)


def _back(request: HttpRequest, paper: Paper, do: Callable[..., object], *, done: Any) -> HttpResponse:
    """To the book, with what was done, or why not when somebody was faster."""
    try:
        do(actor=request.user, at=timezone.now())
    except InvalidError as error:
        messages.warning(request, " ".join(map(fault_words, error.faults)), "warning")
    else:
        messages.success(request, done % {"number": paper.number}, "positive")
    return redirect(f"{reverse('papers:register')}?{urlencode({'tahun': paper.year})}")
