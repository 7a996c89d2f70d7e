"""The request of an OPD: three sections that are saved as they go, and the page on which all is read and sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panggon.cases import selectors, services
from panggon.cases.content import readings
from panggon.cases.content.corrections import corrections_for, open_reasons
from panggon.cases.content.facts import name_faults
from panggon.cases.content.parts import letter_of
from panggon.cases.content.request import ADMIN, CONTACT, RESPONSIBLE, VENDOR
from panggon.cases.forms.application import LetterSection, PeopleSection, SectionForm, SiteSection, known_of
from panggon.cases.models import Case, Event, Reading
from panggon.cases.views import acting
from panggon.cases.words import fault_words
from panggon.core.cases.procedure import Action, State
from panggon.core.errors import InvalidError
from panggon.core.naming import normalise
from panggon.papers import store
from panggon.people.models import User
from panggon.people.permissions import applicant, signed_in
from panggon.sites.selectors import host_of


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
# Buttons after which there is something new to see in the same section.
STAYING = frozenset({"take_over", "read", "fill"})
# Buttons that fill what is still empty from the letter.
FILLING = frozenset({"fill", "next"})
TAKEN_OVER = (*CONTACT, *RESPONSIBLE, *ADMIN, *VENDOR, "ssh_key")


@applicant
def new(request: HttpRequest) -> HttpResponse:
    """A new request. The draft comes to be when its first section is saved, not with the page."""
    section, user = SECTIONS[0], request.user
    if request.method != "POST":
        reading = _reading(request, None)
        initial = {"version": 0, "page": uuid4(), "reading": reading.pk if reading else None}
        form = _form(section, Case(), user, readings.proposals_of(reading), initial=initial)
        return _page(request, section, form, case=None, reading=reading)
    begun = _begun(request)
    if begun:
        return _saved(request, section, begun)
    reading = _reading(request, None)
    data, proposals = _data(request, reading, None), readings.proposals_of(reading)
    form = _form(section, Case(), user, proposals, data=data, files=request.FILES)
    case, is_new = _begin(request, form, reading)
    if case and not is_new:  # the page saved by itself while the letter that came with this button was looked at
        return _saved(request, section, case)
    return _after(request, section, form, case, reading=reading if case else _kept(request, form, reading))


@signed_in
def section(request: HttpRequest, number: str, section: str) -> HttpResponse:
    """One section of a draft, or of a request that has to be mended."""
    case = acting.case_or_404(request, number)
    if section not in BY_SLUG:
        raise Http404
    if acting.offer_of(case, request.user, Action.SAVE_DRAFT) is None:
        return acting.gone(request, case, Action.SAVE_DRAFT, acting.news(request, case))
    if request.method == "POST":
        return _saved(request, BY_SLUG[section], case)
    reading = readings.reading_of(case)
    initial = {**_known(case, request.user), "page": uuid4()}
    form = _form(BY_SLUG[section], case, request.user, readings.proposals_of(reading), initial=initial)
    return _page(request, BY_SLUG[section], form, case=case, reading=reading)


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


def _form(section: Section, case: Case, user: User, proposals: Mapping[str, str], **options: Any) -> SectionForm:
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


def _reading(request: HttpRequest, case: Case | None) -> Reading | None:
    """Of the case's letter; of one that this person has brought before there is a case."""
    if case is not None:
        return readings.reading_of(case)
    return readings.brought_by(request.user, _uuid(request.POST.get("reading") or request.GET.get("bacaan", "")))


def _data(request: HttpRequest, reading: Reading | None, case: Case | None) -> QueryDict:
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


def _kept(request: HttpRequest, form: SectionForm, reading: Reading | None) -> Reading | None:
    """A letter that came before anybody could say whose it is: kept and read all the same."""
    letter = form.cleaned_data.get("letter")
    return readings.ask(store.put(letter), request.user, at=timezone.now()) if letter else reading


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _known(case: Case, user: User) -> dict[str, Any]:
    """What the case says; where it names nobody to be asked yet, the person who fills it in."""
    known = known_of(case)
    if not any(known[name] for name in CONTACT) and user.agency_id == case.agency_id:
        return {**known, "contact_name": user.full_name, "contact_phone": user.phone, "contact_email": user.email}
    return known


def _begun(request: HttpRequest) -> Case | None:
    """The draft that this very page has begun already: a button was pressed twice, or the page saved by itself."""
    key = _uuid(request.POST.get("page", ""))
    drafts = selectors.visible_to(request.user, now=timezone.now()).filter(applicant=request.user)
    return drafts.filter(draft_key=key).first() if key else None


def _begin(request: HttpRequest, form: SectionForm, reading: Reading | None) -> tuple[Case | None, bool]:
    """A draft with all that is right in the form, and whether it is new; None where nobody can say yet whose it is."""
    acting.is_acceptable(request, form)
    agency = request.user.agency or form.cleaned_data.get("agency")
    if agency is None:
        return None, False
    unconfirmed = form.unconfirmed(request.POST.getlist("confirmed"))
    values = {**form.inputs(), "machine_read": unconfirmed, "by_itself": _by_itself(request)}
    if reading and not values.get("letter"):
        values["letter"] = store.get(reading.sha256)
    try:
        return services.begin_draft(agency, request.user, values, at=timezone.now(), key=form.cleaned_data.get("page"))
    except InvalidError as error:
        form.add_faults(error.faults)
        return None, False


def _saved(request: HttpRequest, section: Section, case: Case) -> HttpResponse:
    """Saves what is right; what is wrong is said at its field, and what others have changed above all.

    On a slow line the page still saves by itself when a button is pressed: the later of the two begins anew.
    """
    try:
        return _saved_on(request, section, case)
    except acting.OvertakenError:
        return _saved(request, section, acting.case_or_404(request, case.number))


def _saved_on(request: HttpRequest, section: Section, case: Case) -> HttpResponse:
    """Raises `OvertakenError` when the case was saved since it was looked at; nothing was done then."""
    event, reading = _news(request, case), _reading(request, case)
    data, proposals = _data(request, reading, case), readings.proposals_of(reading)
    form = _form(section, case, request.user, proposals, data=data, files=request.FILES)
    acting.is_acceptable(request, form)
    if event and _by_itself(request):
        return _quiet(request, form, case, stale=event)
    if event:
        return _page(request, section, form, case=case, changed=event, reading=reading)
    more = _taken_over(request, case, form)
    unconfirmed = form.unconfirmed(request.POST.getlist("confirmed"))
    if unconfirmed != case.machine_read:
        more["machine_read"] = unconfirmed
    if (form.is_changed or more) and "version" not in form.errors:
        case = _save(request, case, form, {**form.inputs(), **more, "by_itself": _by_itself(request)})
    return _after(request, section, form, case, reading=reading)


def _news(request: HttpRequest, case: Case) -> Event | None:
    version = request.POST.get("version", "")
    if not acting.is_version(version):
        return None
    # A page that began the draft has seen no version of it, but has made the first one itself.
    page = request.POST.get("page", "")
    return selectors.others_since(case, int(version), user=request.user, page=page, by_itself=_by_itself(request))


def _by_itself(request: HttpRequest) -> bool:
    return request.POST.get("do") == "quiet"


def _save(request: HttpRequest, case: Case, form: SectionForm, values: Mapping[str, Any]) -> Case:
    """Raises `OvertakenError` when somebody, or the page by itself, was faster by a moment."""
    try:
        return services.act(
            case.pk,
            action=Action.SAVE_DRAFT,
            actor=request.user,
            data=values,
            at=timezone.now(),
            expected_version=case.version,
        )
    except InvalidError as error:
        if any(fault.code == "case.changed" for fault in error.faults):
            raise acting.OvertakenError from error
        form.add_faults(error.faults)
        return case


def _taken_over(request: HttpRequest, case: Case, form: SectionForm) -> dict[str, Any]:
    """The people of the OPD's last request, where this one names nobody yet."""
    earlier = selectors.earlier_case(case) if request.POST.get("do") == "take_over" else None
    if earlier is None:
        return {}
    known = {name: getattr(earlier, name) for name in TAKEN_OVER if not form.cleaned_data.get(name)}
    return {name: value for name, value in known.items() if value}


def _after(
    request: HttpRequest, section: Section, form: SectionForm, case: Case | None, *, reading: Reading | None
) -> HttpResponse:
    """Where the pressed button leads once all is saved; back to the page with its faults otherwise."""
    do = request.POST.get("do", "")
    if _by_itself(request):
        return _quiet(request, form, case)
    if case is None or form.errors:
        return _page(request, section, form, case=case, reading=reading)
    if do == "later":
        return redirect("cases:case", case.number)
    if do in STAYING:
        return redirect("cases:section", case.number, section.slug)
    return redirect(_following(section, case))


def _following(section: Section, case: Case) -> str:
    following = SECTIONS[SECTIONS.index(section) + 1 :]
    if following:
        return reverse("cases:section", args=[case.number, following[0].slug])
    return reverse("cases:step", args=[case.number, sending(case)])


def sending(case: Case) -> Action:
    """The act by which the request leaves the OPD."""
    return Action.RESUBMIT if case.state == State.INCOMPLETE else Action.SUBMIT


def _quiet(request: HttpRequest, form: SectionForm, case: Case | None, *, stale: Event | None = None) -> HttpResponse:
    """What a page is told that saves by itself: when it was saved, how many fields were not, or why nothing was."""
    context: dict[str, Any] = {
        "case": case,
        "action": request.path,
        "faults": len(form.errors),
        "saved_at": timezone.now(),
    }
    context["stale"] = acting.as_change(stale) if stale else None
    return render(request, "cases/saved.html", context)


def _page(
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
        "sending": sending(case) if case else Action.SUBMIT,
    }
    return render(request, "cases/section.html", context, status=422 if form.is_bound and form.errors else 200)
