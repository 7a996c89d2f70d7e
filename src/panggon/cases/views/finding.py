"""The list of all that a person may see, with its box, its filters and its export."""

from datetime import datetime
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localtime
from django.views.decorators.http import require_POST

from panggon.cases import selectors, services
from panggon.cases.filters import TICKING
from panggon.cases.forms.finding import FindForm
from panggon.cases.lists import exporting
from panggon.cases.lists.exporting import Kind
from panggon.cases.lists.paging import COUNTED_MOST, page_of, total_of
from panggon.cases.models import Case
from panggon.cases.views import presentation
from panggon.cases.words import fault_words
from panggon.core.cases.procedure import State
from panggon.core.errors import InvalidError
from panggon.people import selectors as people
from panggon.people.permissions import official, signed_in

PAGE_SIZE = 25
AGENCIES_SHOWN = 20
OPEN = "penyaring"  # in the address: the filters are shown although none is set


@signed_in
def find(request: HttpRequest) -> HttpResponse:
    """What the address asks for, a page at a time; `sesudah` is the number of the last row of the page before."""
    now = timezone.now()
    form = FindForm(request.GET, user=request.user, now=now)
    if not form.is_valid():
        return render(request, "cases/find.html", {"form": form, "open": True}, status=422)
    cases = selectors.found(request.user, form.meant(), now=now)
    last = selectors.case_for(request.user, request.GET.get("sesudah", ""), now=now)
    page = page_of(selectors.rows_with_holder(cases), form.order(), after=last, size=PAGE_SIZE)
    total = len(page.rows) if last is None and not page.after else total_of(cases)
    context = {
        "form": form,
        # Most visits need no filter, and drawing them all takes longer than finding what is asked for.
        "open": form.narrows() or OPEN in request.GET,
        "total": total,
        "many": total > COUNTED_MOST,
        "most": COUNTED_MOST,
        "found": [_row(case, now) for case in page.rows],
        "further": last is not None,
        "after": page.after,
        "asked": [(name, value) for name, value in request.GET.items() if name not in ("sesudah", OPEN) and value],
        "limits": exporting.MOST,
    }
    return render(request, "cases/find.html", context)


@official
def agencies(request: HttpRequest) -> HttpResponse:
    """The names that fit what is being typed into the filter."""
    fitting = people.agencies_like(request.GET.get("opd", "").strip())[:AGENCIES_SHOWN]
    return render(request, "cases/agencies.html", {"agencies": fitting})


@signed_in
@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    """The whole list as a file. Who took what with it is kept, so this is no mere reading."""
    now = timezone.now()
    form = FindForm(request.POST, user=request.user, now=now)
    back = f"{reverse('cases:find')}?{_asked(request)}"
    if not form.is_valid():
        return redirect(back)
    kind = Kind.XLSX if request.POST.get("berkas") == Kind.XLSX else Kind.CSV
    cases = selectors.found(request.user, form.meant(), now=now)
    try:
        services.record_export(request.user, cases, kind=kind, asked=_asked(request), at=now)
    except InvalidError as error:
        messages.warning(request, " ".join(map(fault_words, error.faults)), "warning")
        return redirect(back)
    name = f"permohonan-{localtime(now):%Y%m%d-%H%M}"
    return exporting.download(kind, cases.order_by("-created_at", "-pk"), name=name)


# ------------------------------------------------------------------------------------------------------------------


def _row(case: Case, now: datetime) -> presentation.Row:
    late = State(case.state) in TICKING and case.due_at is not None and case.due_at < now
    return presentation.row_of(case, late=late, holder=presentation.holder(case))


def _asked(request: HttpRequest) -> str:
    """What the list was narrowed by, as it stands in its address."""
    return urlencode({name: value for name, value in request.POST.items() if name in FindForm.base_fields and value})
