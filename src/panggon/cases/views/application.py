"""The application form: a new request, a draft, and what is sent again after it was incomplete."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from panggon.cases import selectors, services
from panggon.cases.corrections import open_reasons
from panggon.cases.facts import name_faults
from panggon.cases.forms.application import ApplicationForm
from panggon.cases.forms.steps import form_for
from panggon.cases.models import Case, Event
from panggon.cases.views import acting
from panggon.cases.views.buttons import Button
from panggon.cases.words import fault_words
from panggon.core.errors import InvalidError
from panggon.core.machine import Offer
from panggon.core.naming import normalise
from panggon.core.procedure import ACTION_LABELS, Action, State
from panggon.people.models import User
from panggon.people.permissions import applicant, signed_in
from panggon.sites.selectors import host_of

AGAIN = timedelta(minutes=1)


@applicant
def new(request: HttpRequest) -> HttpResponse:
    """A new request. A draft comes to be with the first button that is pressed, not with the page."""
    if request.method == "POST":
        form = ApplicationForm(request.POST, request.FILES)
        action = _pressed(request)
        _fit(form, request.user, action)
        made = _make(request, form, action)
        if made:
            return acting.arrive(request, made, action)
    else:
        form = ApplicationForm(initial=_known_of(request.user))
        _fit(form, request.user, Action.SUBMIT)
    return _page(request, form, (Action.SUBMIT, Action.SAVE_DRAFT), case=None)


def edit(request: HttpRequest, case: Case, offer: Offer, event: Event | None) -> HttpResponse:
    """A draft or an incomplete request; `event` is what came between when the page is out of date."""
    action = offer.action
    buttons = (Action.RESUBMIT,) if action is Action.RESUBMIT else (Action.SUBMIT, Action.SAVE_DRAFT)
    if request.method == "POST":
        action = _pressed(request) if action is not Action.RESUBMIT else action
        form = form_for(offer, case, data=acting.renewed(request, case, event), files=request.FILES)
        _fit(form, request.user, action, keeps_agency=True)
        done = None if event else acting.attempt(request, case, action, form)
        if done:
            return done
    else:
        form = form_for(offer, case)
        _fit(form, request.user, action, keeps_agency=True)
    return _page(request, form, buttons, case=case, changed=event)


@signed_in
def check_name(request: HttpRequest) -> HttpResponse:
    """Whether a name could be given out, while it is being typed; the same rule decides when the form is sent."""
    case = selectors.case_for(request.user, request.GET.get("case", ""), now=timezone.now()) or Case()
    case.label = normalise(request.GET.get("label", "").strip())[:200]
    faults = [fault_words(fault) for fault in name_faults(case) or ()]
    context = {"faults": faults, "host": host_of(case.label) if case.label else ""}
    return render(request, "cases/name_check.html", context)


# ------------------------------------------------------------------------------------------------------------------


def _pressed(request: HttpRequest) -> Action:
    return Action.SAVE_DRAFT if request.POST.get("do") == Action.SAVE_DRAFT else Action.SUBMIT


def _known_of(user: User) -> dict[str, Any]:
    return {"version": 0, "contact_name": user.full_name, "contact_phone": user.phone, "contact_email": user.email}


def _fit(form: ApplicationForm, user: User, action: Action, *, keeps_agency: bool = False) -> None:
    """Only the registrar says whose letter it is; a draft may have gaps."""
    if user.agency_id or keeps_agency:
        del form.fields["agency"]
    if action is Action.SAVE_DRAFT:
        form.allow_gaps()


def _make(request: HttpRequest, form: ApplicationForm, action: Action) -> Case | None:
    """The new case, or the one that the same form made a moment ago; None with the faults in the form."""
    again = _made_just_now(request)
    if again and again.state != State.DRAFT:
        return again
    if not acting.is_acceptable(request, form):
        return None
    inputs, now = form.inputs(), timezone.now()
    agency = inputs.get("agency") or request.user.agency
    try:
        with transaction.atomic():
            case = again or services.create_draft(agency, request.user, inputs, at=now)
            if again or action is Action.SUBMIT:
                case = services.act(case.pk, action=action, actor=request.user, data=inputs, at=now)
            return case
    except InvalidError as error:
        form.add_faults(error.faults)
        return None


def _made_just_now(request: HttpRequest) -> Case | None:
    """The case of the same person for the same name, a moment ago: a button was pressed twice, or after the other."""
    label = normalise(request.POST.get("label", "").strip())
    now = timezone.now()
    cases = selectors.visible_to(request.user, now=now).filter(applicant=request.user, created_at__gte=now - AGAIN)
    return next((case for case in cases.exclude(state=State.WITHDRAWN) if label and case.label == label), None)


def _page(
    request: HttpRequest,
    form: ApplicationForm,
    actions: tuple[Action, ...],
    *,
    case: Case | None,
    changed: Event | None = None,
) -> HttpResponse:
    first = actions[0]
    context = {
        "form": form,
        "case": case,
        "heading": ACTION_LABELS[first].text,
        "submits": [
            Button(action, ACTION_LABELS[action].text, "btn-primary" if action is first else "btn-calm")
            for action in actions
        ],
        "changed": acting.as_change(changed) if changed else None,
        "corrections": open_reasons(case) if case else [],
        "letter": acting.letter_of(case) if case else None,
    }
    return render(request, "cases/application.html", context, status=422 if form.is_bound and form.errors else 200)
