"""The sections of a request's form: which there are, what fills them in, and their page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from panggon.cases import selectors
from panggon.cases.content import readings
from panggon.cases.content.corrections import corrections_for, open_reasons
from panggon.cases.content.parts import letter_of
from panggon.cases.forms.application import LetterSection, PeopleSection, SectionForm, SiteSection, known_of
from panggon.cases.models import Case, Event, Reading
from panggon.cases.views import acting
from panggon.core.cases.procedure import Action, State
from panggon.people.models import User


@dataclass(frozen=True, slots=True)
class Section:
    slug: str
    title: Any
    form: type[SectionForm]


SECTIONS = (
    Section("surat", _("Surat"), LetterSection),
    Section("situs", _("Situs"), SiteSection),
    Section("orang", _("Orang"), PeopleSection),
)
BY_SLUG = {section.slug: section for section in SECTIONS}
# Buttons that fill what is still empty from the letter.
FILLING = frozenset({"fill", "next"})


def form_of(section: Section, case: Case, user: User, proposals: Mapping[str, str], **options: Any) -> SectionForm:
    """Only the registrar says whose letter it is, and only while there is no case yet."""
    options = {"initial": known_of(case) if case.pk else {"version": 0}, **options}
    form = section.form(case=case, **options)
    if "agency" in form.fields and (user.agency_id or case.pk):
        del form.fields["agency"]
    data = options.get("data")
    form.propose(proposals, marked=data.getlist("proposed") if data else ())
    if case.pk:
        form.show_reasons(corrections_for(case))
    return form


def reading_of(request: HttpRequest, case: Case | None) -> Reading | None:
    """Of the case's letter; of one that this person has brought before there is a case."""
    if case is not None:
        return readings.reading_of(case)
    return readings.brought_by(request.user, uuid_of(request.POST.get("reading") or request.GET.get("bacaan", "")))


def uuid_of(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def filled_in(request: HttpRequest, reading: Reading | None, case: Case | None) -> QueryDict:
    """What was filled in; with what was read in the empty fields, where a button asks for it or leads on.

    Whose letter it is, and what somebody has emptied, is not filled in on the way.
    """
    do = request.POST.get("do")
    if do not in FILLING:
        return request.POST
    data, known = request.POST.copy(), known_of(case) if case else {}
    for name, value in readings.proposals_of(reading).items():
        chosen = name == "agency" or name in data.getlist("proposed") or known.get(name)
        if not data.get(name) and (do == "fill" or not chosen):
            data[name] = value
            data.appendlist("proposed", name)
    return data


def following(section: Section, case: Case) -> str:
    following = SECTIONS[SECTIONS.index(section) + 1 :]
    if following:
        return reverse("cases:section", args=[case.number, following[0].slug])
    return reverse("cases:step", args=[case.number, sending(case)])


def sending(case: Case) -> Action:
    """The act by which the request leaves the OPD."""
    return Action.RESUBMIT if case.state == State.INCOMPLETE else Action.SUBMIT


def page(
    request: HttpRequest,
    section: Section,
    form: SectionForm,
    *,
    case: Case | None,
    reading: Reading | None,
    changed: Event | None = None,
) -> HttpResponse:
    if form.is_bound:
        shown = str(reading.pk) if reading else ""
        acting.show_newest(form, version=str(case.version if case else 0), reading=shown)
    earlier = selectors.earlier_case(case) if case and section.form is PeopleSection else None
    proposed = readings.proposals_of(reading).keys()
    context = {
        "form": form,
        "section": section,
        "sections": SECTIONS,
        "case": case,
        "action": reverse("cases:section", args=[case.number, section.slug]) if case else reverse("cases:new"),
        "changed": acting.as_change(changed) if changed else None,
        "corrections": open_reasons(case) if case else [],
        "letter": letter_of(case) if case else None,
        "earlier": earlier,
        "reading": reading,
        "may_fill": any(form[name].value() in (None, "") for name in proposed & form.fields.keys()),
        "sending": sending(case) if case else Action.SUBMIT,
    }
    return render(request, "cases/section.html", context, status=422 if form.is_bound and form.errors else 200)
