"""What every page of a step shares: finding the case, acting, and telling what came between."""

import re
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from panggon.cases import selectors, services
from panggon.cases.forms.base import StepForm
from panggon.cases.models import Case, Event, File
from panggon.cases.words import fault_words
from panggon.core.errors import Fault, InvalidError
from panggon.core.machine import Offer
from panggon.core.procedure import ACTION_LABELS, Action
from panggon.people import selectors as people
from panggon.people.models import User


def case_or_404(request: HttpRequest, number: str) -> Case:
    """The case, if this person may see it; for anybody else it does not exist."""
    case = selectors.case_for(request.user, number, now=timezone.now())
    if case is None:
        raise Http404
    return case


def offer_of(case: Case, user: User, action: Action) -> Offer | None:
    """The offer by which this person may do this now."""
    offers = selectors.offers(case, user, now=timezone.now())
    return next((offer for offer in offers if offer.action == action and offer.possible), None)


def is_acceptable(request: HttpRequest, form: StepForm) -> bool:
    """Whether the form is filled in rightly; a file that was too large to be taken in is a fault at its field."""
    form.refuse_large(getattr(request, "too_large", set()))
    return form.is_valid()


def attempt(request: HttpRequest, case: Case, action: Action, form: StepForm) -> HttpResponse | None:
    """Acts with what the form holds; None when the form has to be shown again, with every fault at its field."""
    if not is_acceptable(request, form):
        return None
    try:
        services.act(
            case.pk,
            action=action,
            actor=request.user,
            data=form.inputs(),
            at=timezone.now(),
            expected_version=form.cleaned_data["version"],
        )
    except InvalidError as error:
        form.add_faults(error.faults)
        return None
    tell_done(request, action)
    return redirect("cases:case", case.number)


def tell_done(request: HttpRequest, action: Action) -> None:
    messages.success(request, _("“%(action)s” sudah dilakukan.") % {"action": ACTION_LABELS[action].text}, "positive")


def news(request: HttpRequest, case: Case) -> Event | None:
    """The last event that came after the page was opened; None when the page is up to date."""
    seen = request.POST.get("version", "")
    if not is_version(seen) or int(seen) >= case.version:
        return None
    return selectors.last_event(case)


def is_version(text: str) -> bool:
    """Whether a page could have said this of the case that it shows."""
    return re.fullmatch("[0-9]{1,9}", text) is not None


def renewed(request: HttpRequest, case: Case, event: Event | None) -> QueryDict:
    """What was filled in, on the case as it stands now, so that nobody has to type it again."""
    if event is None:
        return request.POST
    data = request.POST.copy()
    data["version"] = str(case.version)
    return data


def show_newest(form: StepForm, **hidden: str) -> None:
    """What a form that is shown again accepts by its hidden fields is what its page shows now."""
    form.data = form.data.copy()
    for name in hidden.keys() & form.fields.keys():
        form.data[name] = hidden[name]


def is_repetition(event: Event, request: HttpRequest, action: Action) -> bool:
    """A button pressed twice: the last event is the same act of the same person, so nothing is left to do."""
    return event.actor_id == request.user.pk and event.action == action


def gone(request: HttpRequest, case: Case, event: Event | None) -> HttpResponse:
    """Back to the case, saying why the step cannot be done any more."""
    words = _("Langkah itu tidak dapat dilakukan pada keadaan permohonan sekarang.")
    substitute = people.substitutes_of(request.user, now=timezone.now()).first()
    if substitute:
        facts = {"acting": str(substitute.user), "last_day": substitute.last_day}
        words = fault_words(Fault("action.represented", facts=facts))
    if event:
        words = _("Langkah itu tidak diperlukan lagi: %(who)s sudah melakukan “%(what)s”.") % as_change(event)
    messages.warning(request, words, "warning")
    return redirect("cases:case", case.number)


def as_change(event: Event) -> dict[str, Any]:
    """What a page says about an event that came between."""
    return {
        "who": event.actor.full_name if event.actor else _("Sistem"),
        "what": ACTION_LABELS[Action(event.action)].text,
        "at": event.at,
    }


def letter_of(case: Case) -> File | None:
    """The newest letter of the case."""
    return case.files.filter(kind=File.Kind.LETTER).order_by("added_at").last()
