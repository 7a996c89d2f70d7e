"""Saving a section of a request: what its button has sent, and what its page sends by itself."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from panggon.cases import selectors, services
from panggon.cases.content import readings
from panggon.cases.content.request import ADMIN, CONTACT, RESPONSIBLE, VENDOR
from panggon.cases.forms.application import SectionForm
from panggon.cases.models import Case, Event, Reading
from panggon.cases.views import acting, sections
from panggon.core.cases.procedure import Action
from panggon.core.errors import InvalidError

# Buttons after which there is something new to see in the same section.
STAYING = frozenset({"take_over", "read", "fill"})
TAKEN_OVER = (*CONTACT, *RESPONSIBLE, *ADMIN, *VENDOR, "ssh_key")


def saved(request: HttpRequest, section: sections.Section, case: Case) -> HttpResponse:
    """Saves what is right; what is wrong is said at its field, and what others have changed above all.

    On a slow line the page still saves by itself when a button is pressed: the later of the two begins anew.
    """
    try:
        return _saved_on(request, section, case)
    except acting.OvertakenError:
        return saved(request, section, acting.case_or_404(request, case.number))


def _saved_on(request: HttpRequest, section: sections.Section, case: Case) -> HttpResponse:
    """Raises `OvertakenError` when the case was saved since it was looked at; nothing was done then."""
    event, reading = _news(request, case), sections.reading_of(request, case)
    data, proposals = sections.filled_in(request, reading, case), readings.proposals_of(reading)
    form = sections.form_of(section, case, request.user, proposals, data=data, files=request.FILES)
    acting.is_acceptable(request, form)
    if event and by_itself(request):
        return _quiet(request, form, case, stale=event)
    if event:
        return sections.page(request, section, form, case=case, changed=event, reading=reading)
    more = _taken_over(request, case, form)
    unconfirmed = form.unconfirmed(request.POST.getlist("confirmed"))
    if unconfirmed != case.machine_read:
        more["machine_read"] = unconfirmed
    if (form.is_changed or more) and "version" not in form.errors:
        case = _save(request, case, form, {**form.inputs(), **more, "by_itself": by_itself(request)})
    return after(request, section, form, case, reading=reading)


def _news(request: HttpRequest, case: Case) -> Event | None:
    version = request.POST.get("version", "")
    if not acting.is_version(version):
        return None
    # A page that began the draft has seen no version of it, but has made the first one itself.
    page = request.POST.get("page", "")
    return selectors.others_since(case, int(version), user=request.user, page=page, by_itself=by_itself(request))


def by_itself(request: HttpRequest) -> bool:
    """Whether no button was pressed."""
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


def after(
    request: HttpRequest, section: sections.Section, form: SectionForm, case: Case | None, *, reading: Reading | None
) -> HttpResponse:
    """Where the pressed button leads once all is saved; back to the page with its faults otherwise."""
    do = request.POST.get("do", "")
    if by_itself(request):
        return _quiet(request, form, case)
    if case is None or form.errors:
        reading = readings.reading_of(case) if case else reading  # of the letter that came along
        return sections.page(request, section, form, case=case, reading=reading)
    if do == "later":
        return redirect("cases:case", case.number)
    if do in STAYING:
        return redirect("cases:section", case.number, section.slug)
    return redirect(sections.following(section, case))


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
