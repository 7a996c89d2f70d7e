from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.text import slugify

from panggon.cases import selectors
from panggon.cases.access_log import looked_at
from panggon.cases.parts import letter_of
from panggon.cases.views import acting
from panggon.papers import store
from panggon.pdf import pdf_response
from panggon.people.permissions import signed_in


@signed_in
def letter(request: HttpRequest, number: str) -> HttpResponse:
    """The OPD's letter as it was uploaded."""
    case = acting.case_or_404(request, number)
    file = letter_of(case)
    if file is None:
        raise Http404
    looked_at(case, "letter", by=request.user)
    return pdf_response(store.get(file.sha256), name=f"surat-{case.number}.pdf")


@signed_in
def paper(request: HttpRequest, number: str, paper: UUID) -> HttpResponse:
    """A paper of the case, for those whom it is for."""
    case = acting.case_or_404(request, number)
    issued = selectors.paper_for(case, request.user, paper, now=timezone.now())
    if issued is None:
        raise Http404
    return pdf_response(store.get(issued.issued_sha256), name=f"{slugify(issued.title)}-{case.number}.pdf")
