"""The page of step 7: what is signed, what proves it, and the signature."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from panggon.cases import signing
from panggon.cases.content.facts import documents
from panggon.cases.forms.signing import SigningForm
from panggon.cases.models import Case, Event
from panggon.cases.views import acting, preparation
from panggon.core.cases.procedure import Action
from panggon.core.errors import InvalidError
from panggon.core.papers.signing import is_fresh
from panggon.papers import signatories, store
from panggon.papers.contents import PaperKind
from panggon.papers.signers import chosen
from panggon.pdf import pdf_response
from panggon.people.models import User
from panggon.people.permissions import signed_in
from panggon.sites import selectors as sites
from panggon.sites import services
from panggon.sites.models import Purpose


@sensitive_variables("form")
def answer(request: HttpRequest, case: Case, event: Event | None) -> tuple[HttpResponse | None, SigningForm]:
    """After a POST: where one goes on, or None and the form with its faults."""
    form = form_for(case, user=request.user, data=acting.renewed(request, case, event), files=request.FILES)
    if event is not None or not acting.is_acceptable(request, form):
        return None, form
    values = form.cleaned_data
    try:
        wanted = signing.Wanted(values["note"], values.get("nik", ""))
        done = signing.sign(
            case, signing.Sitting(request.user, form.given(), wanted), expected_version=values["version"]
        )
    except InvalidError as error:
        if any(fault.code == "case.changed" for fault in error.faults):
            raise acting.OvertakenError from error
        form.add_faults(error.faults)
        form.wait_for(_waiting(case))
        return None, form
    return acting.arrive(request, done, Action.APPROVE), form


def form_for(case: Case, *, user: User, **options: Any) -> SigningForm:
    initial = {"version": case.version, "nik": signatories.nik_of(user.pk)}
    return SigningForm(method=chosen.method(), waiting=_waiting(case), initial=initial, **options)


def context_of(case: Case) -> dict[str, Any]:
    """Whether what was proven is new enough to be signed, and what the page does while it is proven again."""
    now, site = timezone.now(), case.site
    proof = sites.last_proof(site) if site else None
    tried = sites.last_wish(site, Purpose.VERIFY) if site else None
    return {
        "documents": documents(case).values(),
        "method": chosen.method(),
        "fresh": proof is not None and is_fresh(proof.proved_at, now=now),
        "renewing": site is not None and sites.running_wish(site) is not None,
        "tried": tried is not None and is_fresh(tried.made_at, now=now),  # in vain: asked again by a person only
    }


@signed_in
@require_POST
def renew(request: HttpRequest, number: str) -> HttpResponse:
    """Asks the machine to prove the site again, for whoever is to sign."""
    case = acting.case_or_404(request, number)
    if acting.offer_of(case, request.user, Action.APPROVE) is None or case.site is None:
        return acting.gone(request, case, Action.APPROVE, None)
    services.wish_verify(case.site.pk, at=timezone.now())
    return redirect("cases:step", case.number, Action.APPROVE)


@signed_in
def freshness(request: HttpRequest, number: str) -> HttpResponse:
    """Polled while the machine works; at the end the whole page is asked for anew."""
    case = acting.case_or_404(request, number)
    view = preparation.view_of(case)
    response = render(request, "cases/steps/renewing.html", {"case": case, "renewing": True})
    if view is None or not view.running:
        response.headers["HX-Refresh"] = "true"
    return response


@signed_in
def document(request: HttpRequest, number: str, kind: str) -> HttpResponse:
    """A frozen paper as a file, to be signed with another program."""
    case = acting.case_or_404(request, number)
    paper = next((each for each in signing.documents_to_sign(case, request.user) if each.kind == kind), None)
    if paper is None:
        raise Http404
    response = pdf_response(store.get(paper.sha256), name="")
    name = f"{slugify(paper.title)}-{case.number}-untuk-ditandatangani.pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


# ------------------------------------------------------------------------------------------------------------------


def _waiting(case: Case) -> list[PaperKind]:
    """What is not signed yet."""
    return [kind for kind, paper in documents(case).items() if not paper.signed]
