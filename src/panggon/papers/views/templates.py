"""The administrator's pages about papers: their numbers and their templates."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from panggon.core.cases.vocabulary import Role
from panggon.core.errors import InvalidError
from panggon.forms import refuse_large
from panggon.office.values import Group
from panggon.office.views import edit
from panggon.papers import printing, rendering
from panggon.papers.forms import NumberingForm, PrintedLetterheadForm, TemplateForm
from panggon.papers.models import TemplateVersion
from panggon.papers.samples import SAMPLES
from panggon.papers.words import TEMPLATES, fault_words
from panggon.pdf import pdf_response
from panggon.people.permissions import holders


@holders(Role.ADMINISTRATOR)
def letterhead(request: HttpRequest) -> HttpResponse:
    """The head of papers and pages; a logo is tried on a paper before it is used."""
    return edit(request, Group.LETTERHEAD, PrintedLetterheadForm, template="office/settings.html")


@holders(Role.ADMINISTRATOR)
def numbering(request: HttpRequest) -> HttpResponse:
    """Classification codes and the form of numbers."""
    return edit(request, Group.NUMBERING, NumberingForm, template="office/settings.html")


@holders(Role.ADMINISTRATOR)
def template_list(request: HttpRequest) -> HttpResponse:
    changed = printing.changed()
    rows = [(name, TEMPLATES.get(name, name), changed.get(name)) for name in rendering.shipped()]
    return render(request, "papers/templates.html", {"templates": rows, "samples": SAMPLES})


@holders(Role.ADMINISTRATOR)
def template(request: HttpRequest, name: str) -> HttpResponse:
    """One template: changed, tried on a sample without being saved, with its history."""
    if name not in rendering.shipped():
        raise Http404
    versions = list(TemplateVersion.objects.filter(name=name).select_related("made_by"))
    newest = versions[0] if versions else None
    initial = {"text": printing.shipped_or(newest, name), "version": newest.pk if newest else 0}
    form = TemplateForm(request.POST or None, request.FILES or None, initial=initial, name=name)
    refuse_large(form, request)
    if form.is_bound and form.is_valid():
        answer = _try(request, name, form) if request.POST.get("do") == "try" else _save(request, name, form)
        if answer:
            return answer
    context = {
        "form": form,
        "name": name,
        "title": TEMPLATES.get(name, name),
        "versions": versions,
        "samples": _samples_of(name),
        "is_changed": bool(newest and newest.text),
    }
    return render(request, "papers/template.html", context, status=422 if form.is_bound else 200)


@holders(Role.ADMINISTRATOR)
@require_POST
def put_back(request: HttpRequest, name: str) -> HttpResponse:
    """Back to the shipped template."""
    if name not in rendering.shipped():
        raise Http404
    printing.put_in_use(name, "", actor=request.user, at=timezone.now())
    messages.success(request, _("Templat bawaan dipakai lagi."), "positive")
    return redirect("papers:template", name)


@holders(Role.ADMINISTRATOR)
def template_version(request: HttpRequest, name: str, version: int) -> HttpResponse:  # noqa: ARG001
    """The text of a version, to be kept or put in use again."""
    kept = get_object_or_404(TemplateVersion, pk=version, name=name)
    headers = {"Content-Disposition": f'attachment; filename="{kept.pk}-{name}"'}
    return HttpResponse(printing.shipped_or(kept, name), content_type="text/plain; charset=utf-8", headers=headers)


@holders(Role.ADMINISTRATOR)
def sample(request: HttpRequest, sample: str) -> HttpResponse:  # noqa: ARG001 (the signature is Django's)
    """A paper with made-up contents, as the templates in use make it."""
    if sample not in SAMPLES:
        raise Http404
    return pdf_response(printing.sample(sample), name="contoh.pdf")


# ------------------------------------------------------------------------------------------------------------------


def _samples_of(name: str) -> dict[str, Any]:
    """The samples that this template makes; those of all for what the others share."""
    made = {key: sample for key, sample in SAMPLES.items() if sample.template == name}
    return made or dict(SAMPLES)


def _try(request: HttpRequest, name: str, form: TemplateForm) -> HttpResponse:
    chosen = request.POST.get("sample", "")
    key = chosen if chosen in SAMPLES else next(iter(_samples_of(name)))
    return pdf_response(printing.sample(key, trial={name: form.cleaned_data["text"]}), name="contoh.pdf")


def _save(request: HttpRequest, name: str, form: TemplateForm) -> HttpResponse | None:
    values = form.cleaned_data
    try:
        printing.put_in_use(
            name, values["text"], actor=request.user, at=timezone.now(), expected_version=values["version"]
        )
    except InvalidError as error:
        for fault in error.faults:
            form.add_error("text", fault_words(fault))
        return None
    messages.success(request, _("Templat sudah dipakai."), "positive")
    return redirect("papers:template", name)
