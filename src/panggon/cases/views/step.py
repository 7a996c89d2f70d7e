from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from panggon.cases.acting import inputs
from panggon.cases.content.parts import letter_of
from panggon.cases.content.sheets import SHEETS
from panggon.cases.forms.base import StepForm
from panggon.cases.forms.steps import form_for
from panggon.cases.models import Case, Event
from panggon.cases.views import acting, application, preparation, presentation, review, signing, step_parts
from panggon.cases.views.buttons import CONSEQUENCES, EXPLANATIONS, FOLLOWING, HEADINGS, look
from panggon.core.cases.procedure import Action, State, step_of
from panggon.core.state_machine import Offer
from panggon.labels import ACTION_LABELS, next_words
from panggon.people.permissions import signed_in


@signed_in
@sensitive_post_parameters("passphrase")
def step(request: HttpRequest, number: str, action: Action) -> HttpResponse:
    """The page of one step: GET shows its form, POST acts. Which steps there are is the table's business."""
    try:
        return _answer(request, number, action)
    except acting.OvertakenError:
        return _answer(request, number, action)  # somebody was faster: now it reads as a stale tab


def _answer(request: HttpRequest, number: str, action: Action) -> HttpResponse:
    case = acting.case_or_404(request, number)
    event = acting.news(request, case) if request.method == "POST" else None
    offer = acting.offer_of(case, request.user, action)
    if event and acting.is_repetition(event, request, action) and not _chooses_anew(request, case, offer):
        return acting.arrive(request, case, action)
    if offer is None:
        return acting.gone(request, case, action, event)
    if action is Action.SAVE_DRAFT:
        return redirect("cases:section", case.number, application.SECTIONS[0].slug)
    if action in (Action.SUBMIT, Action.RESUBMIT):
        return review.send(request, case, offer, event)
    if action is Action.APPROVE:
        return _sign(request, case, offer, event)
    digest = preparation.digest_of(case)
    if request.method != "POST":
        return _page(request, case, offer, form_for(offer, case, digest=digest), changed=None)
    form = form_for(offer, case, data=acting.renewed(request, case, event), files=request.FILES)
    done = None if event else acting.attempt(request, case, action, form)
    acting.show_newest(form, shown_digest=digest)
    return done or _page(request, case, offer, form, changed=event)


def _sign(request: HttpRequest, case: Case, offer: Offer, event: Event | None) -> HttpResponse:
    if request.method != "POST":
        return _page(request, case, offer, signing.form_for(case, user=request.user), changed=None)
    done, form = signing.answer(request, case, event)
    return done or _page(request, case, offer, form, changed=event)


def _chooses_anew(request: HttpRequest, case: Case, offer: Offer | None) -> bool:
    """Whether what looks like a second click is another choice, from another tab, that could still be made."""
    if offer is None or offer.action is Action.APPROVE:
        return False
    form = form_for(offer, case, data=request.POST, files=request.FILES)
    return form.is_valid() and inputs.would_change(case, offer.action, form.inputs())


def _page(request: HttpRequest, case: Case, offer: Offer, form: StepForm, *, changed: Event | None) -> HttpResponse:
    action = offer.action
    context: dict[str, Any] = {
        "case": case,
        "form": form,
        "action": action,
        "heading": HEADINGS.get(action, ACTION_LABELS[action].text),
        "button": ACTION_LABELS[action].text,
        "explanation": EXPLANATIONS.get(action, ""),
        "consequences": CONSEQUENCES.get(action, ()),
        "sk_step": step_of(action, state=State(case.state)),
        "look": "btn-careful" if look(action) == "btn-careful" else "btn-primary",
        "following": FOLLOWING.get(action) or next_words(offer.target),
        "changed": acting.as_change(changed) if changed else None,
        "letter": letter_of(case),
        "clock": presentation.clock(case, now=timezone.now()),
        **step_parts.context_of(action, case, request.user),
        "sheet": action if action in SHEETS and "signed_sheet" in form.fields else None,
        "remarks": presentation.remarks(case, request.user, now=timezone.now()),
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, step_parts.template_of(action), context, status=status)
