"""What an OPD asks for its site, and the answer."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from panggon.core.cases.vocabulary import Role
from panggon.core.errors import InvalidError
from panggon.papers import store
from panggon.pdf import pdf_response
from panggon.people.permissions import applicant, holders, signed_in
from panggon.sites.models import Site
from panggon.upkeep import requests
from panggon.upkeep.forms import AnswerForm, RequestForm
from panggon.upkeep.models import Request
from panggon.upkeep.views.sites import site_or_404


@applicant
def ask(request: HttpRequest, site: str) -> HttpResponse:
    """By the OPD's people, or by Tata Usaha for what came on paper."""
    found = site_or_404(request, site)
    form = RequestForm(request.POST or None, request.FILES or None)
    if form.is_bound:
        form.refuse_large(getattr(request, "too_large", set()))
        if form.is_valid() and _asked(request, found, form):
            messages.success(
                request, _("Permintaan sudah sampai di petugas teknis. Jawabannya diberitahukan."), "positive"
            )
            return redirect("upkeep:site", found.identifier)
    return render(request, "upkeep/ask.html", {"site": found, "form": form}, status=422 if form.is_bound else 200)


@holders(Role.TECHNICIAN, Role.DIVISION_HEAD)
def answer(request: HttpRequest, site: str, request_key: int) -> HttpResponse:
    """End a request without a change, with words for the OPD."""
    found = site_or_404(request, site)
    asked = get_object_or_404(Request, pk=request_key, site=found)
    form = AnswerForm(request.POST or None)
    if form.is_bound and form.is_valid() and _answered(request, asked, form):
        return redirect("upkeep:site", found.identifier)
    context = {"site": found, "form": form, "asked": asked}
    return render(request, "upkeep/answer.html", context, status=422 if form.is_bound else 200)


@signed_in
def letter(request: HttpRequest, site: str, request_key: int) -> HttpResponse:
    """The OPD's letter, for whoever sees the site."""
    asked = get_object_or_404(Request, pk=request_key, site=site_or_404(request, site))
    if not asked.letter_sha256:
        raise Http404
    return pdf_response(store.get(asked.letter_sha256), name=f"surat-{asked.site.identifier}-{asked.pk}.pdf")


# ------------------------------------------------------------------------------------------------------------------


def _asked(request: HttpRequest, site: Site, form: RequestForm) -> bool:
    try:
        requests.ask(site.pk, **form.cleaned_data, actor=request.user, at=timezone.now())
    except InvalidError as error:
        form.add_faults(error.faults)
        return False
    return True


def _answered(request: HttpRequest, asked: Request, form: AnswerForm) -> bool:
    try:
        requests.answer(asked.pk, words=form.cleaned_data["answer"], actor=request.user, at=timezone.now())
    except InvalidError as error:
        form.add_faults(error.faults)
        return False
    return True
