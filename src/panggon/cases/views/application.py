"""The request of an OPD: three sections that are saved as they go, and the page on which all is read and sent."""

from typing import Any
from uuid import UUID, uuid4

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from panggon.cases import selectors, services
from panggon.cases.content import readings
from panggon.cases.content.facts import name_faults
from panggon.cases.content.request import CONTACT
from panggon.cases.forms.application import SectionForm, known_of
from panggon.cases.models import Case, Reading
from panggon.cases.views import acting, saving, sections
from panggon.cases.words import fault_words
from panggon.core.cases.procedure import Action
from panggon.core.errors import InvalidError
from panggon.core.naming import normalise
from panggon.papers import store
from panggon.people.models import User
from panggon.people.permissions import applicant, signed_in
from panggon.sites.selectors import host_of


@applicant
def new(request: HttpRequest) -> HttpResponse:
    """A new request. The draft comes to be when its first section is saved, not with the page."""
    section, user = sections.SECTIONS[0], request.user
    if request.method != "POST":
        reading = sections.reading_of(request, None)
        initial = {"version": 0, "page": uuid4(), "reading": reading.pk if reading else None}
        form = sections.form_of(section, Case(), user, readings.proposals_of(reading), initial=initial)
        return sections.page(request, section, form, case=None, reading=reading)
    begun = _begun(request)
    if begun:
        return saving.saved(request, section, begun)
    reading = sections.reading_of(request, None)
    data, proposals = sections.filled_in(request, reading, None), readings.proposals_of(reading)
    form = sections.form_of(section, Case(), user, proposals, data=data, files=request.FILES)
    if request.POST.get("do") in saving.STAYING and "agency" in form.fields:
        form.fields["agency"].required = False  # the letter may say whose it is
    case, is_new = _begin(request, form, reading)
    if case and not is_new:  # the page saved by itself while the letter that came with this button was looked at
        return saving.saved(request, section, case)
    return saving.after(request, section, form, case, reading=reading if case else _kept(request, form, reading))


@signed_in
def section(request: HttpRequest, number: str, section: str) -> HttpResponse:
    """One section of a draft, or of a request that has to be mended."""
    case = acting.case_or_404(request, number)
    shown = sections.BY_SLUG.get(section)
    if shown is None:
        raise Http404
    if acting.offer_of(case, request.user, Action.SAVE_DRAFT) is None:
        return acting.gone(request, case, Action.SAVE_DRAFT, acting.news(request, case))
    if request.method == "POST":
        return saving.saved(request, shown, case)
    reading = readings.reading_of(case)
    initial = {**_known(case, request.user), "page": uuid4()}
    form = sections.form_of(
        sections.BY_SLUG[section], case, request.user, readings.proposals_of(reading), initial=initial
    )
    return sections.page(request, shown, form, case=case, reading=reading)


@signed_in
def reading(request: HttpRequest, reading: UUID) -> HttpResponse:
    """How far the reading of a letter has come; asked for again and again until it is over."""
    found = selectors.reading_for(request.user, reading, now=timezone.now())
    if found is None:
        raise Http404
    return render(request, "cases/reading.html", {"reading": found, "may_fill": True})


@signed_in
def check_name(request: HttpRequest) -> HttpResponse:
    """Whether a name could be given out, while it is being typed; the same rule decides when the form is sent."""
    case = selectors.case_for(request.user, request.GET.get("case", ""), now=timezone.now()) or Case()
    wished = request.GET.get("alternative_label" if request.GET.get("of") == "alternative_label" else "label", "")
    case.label = normalise(wished.strip())[:200]
    faults = [fault_words(fault) for fault in name_faults(case) or ()]
    context = {"faults": faults, "host": host_of(case.label) if case.label else ""}
    return render(request, "cases/name_check.html", context)


# ------------------------------------------------------------------------------------------------------------------


def _kept(request: HttpRequest, form: SectionForm, reading: Reading | None) -> Reading | None:
    """A letter that came before anybody could say whose it is: kept and read all the same."""
    letter = form.cleaned_data.get("letter")
    return readings.ask(store.put(letter), request.user, at=timezone.now()) if letter else reading


def _known(case: Case, user: User) -> dict[str, Any]:
    """What the case says; where it names nobody to be asked yet, the person who fills it in."""
    known = known_of(case)
    if not any(known[name] for name in CONTACT) and user.agency_id == case.agency_id:
        return {**known, "contact_name": user.full_name, "contact_phone": user.phone, "contact_email": user.email}
    return known


def _begun(request: HttpRequest) -> Case | None:
    """The draft that this very page has begun already: a button was pressed twice, or the page saved by itself."""
    key = sections.uuid_of(request.POST.get("page", ""))
    drafts = selectors.visible_to(request.user, now=timezone.now()).filter(applicant=request.user)
    return drafts.filter(draft_key=key).first() if key else None


def _begin(request: HttpRequest, form: SectionForm, reading: Reading | None) -> tuple[Case | None, bool]:
    """A draft with all that is right in the form, and whether it is new; None where nobody can say yet whose it is."""
    acting.is_acceptable(request, form)
    agency = request.user.agency or form.cleaned_data.get("agency")
    if agency is None:
        return None, False
    unconfirmed = form.unconfirmed(request.POST.getlist("confirmed"))
    values = {**form.inputs(), "machine_read": unconfirmed, "by_itself": saving.by_itself(request)}
    if reading and not values.get("letter"):
        values["letter"] = store.get(reading.sha256)
    try:
        return services.begin_draft(agency, request.user, values, at=timezone.now(), key=form.cleaned_data.get("page"))
    except InvalidError as error:
        form.add_faults(error.faults)
        return None, False
