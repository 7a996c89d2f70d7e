from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import slugify

from panggon.cases import selectors
from panggon.cases.archive import keeping
from panggon.cases.archive.access_log import looked_at
from panggon.cases.content.parts import letter_of
from panggon.cases.views import acting
from panggon.core.errors import PermanentError
from panggon.pdf import pdf_response
from panggon.people.permissions import signed_in


def _or_damaged(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A file that is not as it was kept is given to nobody; the administrators are told."""

    @wraps(view)
    def guarded(request: HttpRequest, number: str, **arguments: Any) -> HttpResponse:
        try:
            return view(request, number, **arguments)
        except PermanentError as error:
            context = {"number": number, "digest": error.detail}
            return render(request, "cases/damaged.html", context, status=HTTPStatus.INTERNAL_SERVER_ERROR)

    return guarded


@signed_in
@_or_damaged
def letter(request: HttpRequest, number: str) -> HttpResponse:
    """The OPD's letter as it was uploaded."""
    case = acting.case_or_404(request, number)
    file = letter_of(case)
    if file is None:
        raise Http404
    looked_at(case, "letter", by=request.user)
    return pdf_response(keeping.read(file.sha256), name=f"surat-{case.number}.pdf")


@signed_in
@_or_damaged
def paper(request: HttpRequest, number: str, paper: UUID) -> HttpResponse:
    """A paper of the case, for those whom it is for."""
    case = acting.case_or_404(request, number)
    issued = selectors.paper_for(case, request.user, paper, now=timezone.now())
    if issued is None:
        raise Http404
    return pdf_response(keeping.read(issued.issued_sha256), name=f"{slugify(issued.title)}-{case.number}.pdf")
