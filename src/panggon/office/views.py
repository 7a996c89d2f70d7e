"""The pages on which the administrator fills in the settings, and the logo that all pages show."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from panggon.audit.history import history
from panggon.core.cases.vocabulary import Role
from panggon.core.errors import InvalidError
from panggon.forms import refuse_large
from panggon.office import selectors, services
from panggon.office.forms import FORMS, GroupForm, initial_of
from panggon.office.values import Group
from panggon.office.words import PAGES, fault_words
from panggon.people.permissions import holders, public

# An SVG that is opened by itself runs nothing and loads nothing.
LOGO_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@holders(Role.ADMINISTRATOR)
def settings(request: HttpRequest, group: Group) -> HttpResponse:
    """One group of settings, with its history."""
    return edit(request, group, FORMS[group], template="office/settings.html")


def edit(
    request: HttpRequest, group: Group, form_class: type[GroupForm], *, template: str, **context: Any
) -> HttpResponse:
    """The page of a group: every fault at its field, nothing that was typed is lost.

    What is published may be looked at first; then nothing is written.
    """
    now = selectors.office()
    initial = initial_of(now.of(group), version=now.versions[group])
    form, page = form_class(request.POST or None, request.FILES or None, initial=initial), PAGES[group]
    refuse_large(form, request)
    shown = {**context, "form": form, "page": page, "group": group, "history": _history(group, form.labels)}
    if form.is_bound and form.is_valid():
        if page.preview and "preview" in request.POST:
            return render(request, template, {**shown, "preview": form.value()})
        if _save(request, group, form):
            messages.success(request, _("Pengaturan sudah disimpan."), "positive")
            return redirect(request.path)
    return render(request, template, shown, status=422 if form.is_bound else 200)


@public
def logo(request: HttpRequest, sha256: str) -> HttpResponse:  # noqa: ARG001 (the signature is Django's)
    """The picture of the letterhead, which never changes under its name."""
    picture = selectors.logo(sha256)
    if picture is None:
        raise Http404
    headers = {"Content-Security-Policy": LOGO_POLICY, "Cache-Control": "public, max-age=31536000, immutable"}
    return HttpResponse(bytes(picture.data), content_type=picture.media_type, headers=headers)


# ------------------------------------------------------------------------------------------------------------------


def _save(request: HttpRequest, group: Group, form: GroupForm) -> bool:
    try:
        services.change(
            group,
            form.value(),
            actor=request.user,
            at=timezone.now(),
            expected_version=form.cleaned_data["version"],
        )
    except InvalidError as error:
        for fault in error.faults:
            form.add_error(None, fault_words(fault))
        return False
    return True


def _history(group: Group, labels: Mapping[str, Any]) -> list[Any]:
    return history(services.subject_of(group), labels=labels)
