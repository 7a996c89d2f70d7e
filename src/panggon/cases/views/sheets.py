"""Papers to be printed, signed by the OPD and scanned."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from panggon.cases.content.sheets import SHEETS, letter_facts, sheet_facts
from panggon.cases.views import acting
from panggon.core.cases.procedure import Action
from panggon.papers.services import opd_sheet, sample_letter
from panggon.pdf import pdf_response
from panggon.people.permissions import signed_in


@signed_in
def letter(request: HttpRequest, number: str) -> HttpResponse:
    """The sample letter, filled in from the request."""
    case = acting.case_or_404(request, number)
    return pdf_response(sample_letter(letter_facts(case), at=timezone.now()), name=f"contoh-surat-{case.number}.pdf")


@signed_in
def sheet(request: HttpRequest, number: str, action: Action) -> HttpResponse:
    """The sheet by which an OPD that never signs in does this step."""
    case = acting.case_or_404(request, number)
    if action not in SHEETS:
        raise Http404
    data = opd_sheet(SHEETS[action], sheet_facts(case), at=timezone.now())
    return pdf_response(data, name=f"lembar-{SHEETS[action]}-{case.number}.pdf")
