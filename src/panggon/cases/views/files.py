from django.http import Http404, HttpRequest, HttpResponse

from panggon.cases.views import acting
from panggon.papers import store
from panggon.people.permissions import signed_in


@signed_in
def letter(request: HttpRequest, number: str) -> HttpResponse:
    """The OPD's letter as it was uploaded."""
    case = acting.case_or_404(request, number)
    file = acting.letter_of(case)
    if file is None:
        raise Http404
    headers = {"Content-Disposition": f'inline; filename="surat-{case.number}.pdf"', "Cache-Control": "private"}
    return HttpResponse(store.get(file.sha256), content_type="application/pdf", headers=headers)
