"""What every page of a step shares: finding the case, acting, and telling what came between."""

import re
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from panggon.cases import selectors, services
from panggon.cases.forms.base import StepForm
from panggon.cases.models import Case, Event
from panggon.cases.views import presentation
from panggon.cases.words import fault_words
from panggon.core.cases.procedure import Action, State
from panggon.core.errors import Fault, InvalidError
from panggon.core.state_machine import Offer
from panggon.labels import ACTION_LABELS, next_words
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


def blockers_of(case: Case, user: User, action: Action) -> list[str]:
    """Why what belongs to this person cannot be done yet."""
    offered = (offer for offer in selectors.offers(case, user, now=timezone.now()) if offer.action == action)
    return [fault_words(fault) for offer in offered for fault in offer.blockers]


def is_acceptable(request: HttpRequest, form: StepForm) -> bool:
    """Whether the form is filled in rightly; a file that was too large to be taken in is a fault at its field."""
    form.refuse_large(getattr(request, "too_large", set()))
    return form.is_valid()


class OvertakenError(Exception):
    """Somebody else acted on the case between the look at it and this act; nothing of this act was done."""


def attempt(request: HttpRequest, case: Case, action: Action, form: StepForm) -> HttpResponse | None:
    """Acts with what the form holds; None when the form has to be shown again, with every fault at its field.

    Raises `OvertakenError` when somebody else was faster by a moment.
    """
    if not is_acceptable(request, form):
        return None
    try:
        case = services.act(
            case.pk,
            action=action,
            actor=request.user,
            data=form.inputs(),
            at=timezone.now(),
            expected_version=form.cleaned_data["version"],
        )
    except InvalidError as error:
        if any(fault.code == "case.changed" for fault in error.faults):
            raise OvertakenError from error
        form.add_faults(error.faults)
        return None
    return arrive(request, case, action)


def arrive(request: HttpRequest, case: Case, done: Action) -> HttpResponse:
    """Where one goes on after an act: with the case if its next step is one's own too, else to what waits besides."""
    now = timezone.now()
    at_list = people.is_official(request.user, now=now) and not selectors.is_in_hand(case, request.user, now=now)
    tell_done(request, done, case if at_list else None)
    return redirect("cases:home") if at_list else redirect("cases:case", case.number)


def tell_done(request: HttpRequest, action: Action, case: Case | None = None) -> None:
    """What was done; away from the case's own page also which case, and who has it now."""
    words = _("“%(action)s” sudah dilakukan.") % {"action": ACTION_LABELS[action].text}
    if case:
        words = format_html(
            '{} <a href="{}">{}</a>. {}',
            words,
            reverse("cases:case", args=[case.number]),
            case.title or case.number,
            whereabouts(case),
        )
    messages.success(request, words, "positive")


def whereabouts(case: Case) -> str:
    """Who has the case now, in a sentence."""
    holder = presentation.holder(case)
    return _("Sekarang di %(holder)s.") % {"holder": holder} if holder else next_words(State(case.state))


def news(request: HttpRequest, case: Case) -> Event | None:
    """The last event of weight that came after the page was opened, and the last of all where no page ever said such a
    version; None when the page is up to date.
    """
    seen = request.POST.get("version", "")
    if not is_version(seen):
        return None
    return selectors.last_event(case) if int(seen) > case.version else selectors.news_since(case, int(seen))


def is_version(text: str) -> bool:
    """Whether a page could have said this of the case that it shows."""
    return re.fullmatch("[0-9]{1,9}", text) is not None  # up to VERSION_MOST


def renewed(request: HttpRequest, case: Case, event: Event | None) -> QueryDict:
    """What was filled in, on the case as it stands now, so that nobody has to type it again."""
    if event is None:
        return request.POST
    data = request.POST.copy()
    data["version"] = str(case.version)
    return data


def show_newest(form: StepForm, **hidden: str) -> None:
    """What a form that is shown again accepts by its hidden fields is what its page shows now."""
    shown = form.data.copy()
    for name in hidden.keys() & form.fields.keys():
        shown[name] = hidden[name]
    form.data = shown


def is_repetition(event: Event, request: HttpRequest, action: Action) -> bool:
    """A button pressed twice: the last event is the same act of the same person, so nothing is left to do."""
    return event.actor_id == request.user.pk and event.action == action


def gone(request: HttpRequest, case: Case, action: Action, event: Event | None) -> HttpResponse:
    """Back to the case, saying why the step cannot be done any more, or not yet."""
    words = _("Langkah itu tidak dapat dilakukan pada keadaan permohonan sekarang.")
    if substitutes := people.substitutes_of(request.user, now=timezone.now()):
        facts = {"acting": str(substitutes[0].user), "last_day": substitutes[0].last_day}
        words = fault_words(Fault("action.represented", facts=facts))
    done = event or _done_last(case, action)
    if done:
        said = {**as_change(done), "at": date_format(localtime(done.at), "j F Y, H.i")}
        words = _("Langkah itu tidak diperlukan lagi: %(who)s sudah melakukan “%(what)s” pada %(at)s.") % said
    elif blockers := blockers_of(case, request.user, action):
        words = _("Belum dapat dilakukan: %(why)s") % {"why": " ".join(blockers)}
    messages.warning(request, words, "warning")
    return redirect("cases:case", case.number)


def _done_last(case: Case, action: Action) -> Event | None:
    """The last event, if it is this very act: the way here was the back button or an old list."""
    last = selectors.last_event(case)
    return last if last and last.action == action else None


def as_change(event: Event) -> dict[str, Any]:
    """What a page says about an event that came between."""
    return {
        "who": event.actor.full_name if event.actor else _("Sistem"),
        "what": ACTION_LABELS[Action(event.action)].text,
        "at": event.at,
    }
