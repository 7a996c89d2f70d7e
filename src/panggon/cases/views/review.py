"""The page on which a request is read as it will be sent, and sent."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panggon.cases import selectors
from panggon.cases.content import readings
from panggon.cases.content.corrections import open_reasons
from panggon.cases.content.parts import letter_of
from panggon.cases.content.request import ADMIN, CONTACT, LABELS, LETTER, RESPONSIBLE, SITE, VENDOR, Row, rows_of
from panggon.cases.content.sheets import SHEETS
from panggon.cases.forms.base import StepForm
from panggon.cases.forms.steps import form_for
from panggon.cases.models import Case, Event
from panggon.cases.views import acting
from panggon.cases.views.buttons import EXPLANATIONS
from panggon.cases.views.sections import SECTIONS
from panggon.cases.words import fault_words
from panggon.core.cases.procedure import Action
from panggon.core.errors import Fault
from panggon.core.state_machine import Offer
from panggon.labels import ACTION_LABELS

# Section, heading, fields, and which of the rules' faults are mended there.
PARTS = (
    ("surat", _("Surat"), LETTER, ("letter", "agency")),
    ("situs", _("Situs"), SITE, ("label",)),
    ("orang", _("Narahubung"), CONTACT, ("contact",)),
    ("orang", _("Penanggung jawab"), RESPONSIBLE, ()),
    ("orang", _("Admin teknis"), (*ADMIN, "ssh_key"), ()),
    ("orang", _("Penyedia atau pengembang"), VENDOR, ()),
)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the request with the section in which it is changed, and what is still missing in it."""

    slug: str
    title: Any
    rows: tuple[Row, ...]
    faults: tuple[str, ...]


def send(request: HttpRequest, case: Case, offer: Offer, event: Event | None) -> HttpResponse:
    """GET shows the whole request with what it still lacks; POST sends it. `event` came between."""
    if request.method != "POST":
        return _page(request, case, offer.action, form_for(offer, case), changed=None)
    form = form_for(offer, case, data=acting.renewed(request, case, event), files=request.FILES)
    done = None if event else acting.attempt(request, case, offer.action, form)
    return done or _page(request, case, offer.action, form, changed=event)


# ------------------------------------------------------------------------------------------------------------------


def _page(request: HttpRequest, case: Case, action: Action, form: StepForm, *, changed: Event | None) -> HttpResponse:
    lacking = _lacking(request, case, action, form)
    parts = _parts(case, lacking)
    context = {
        "case": case,
        "form": form,
        "parts": parts,
        "lacking": bool(lacking),
        "unfilled": [LABELS[name] for name in readings.proposals_of(readings.reading_of(case)) if _is_open(case, name)],
        "machine_read": any(row.machine_read for part in parts for row in part.rows),
        "sections": SECTIONS,
        "sending": action,
        "sheet": action if action in SHEETS and "signed_sheet" in form.fields else None,
        "heading": ACTION_LABELS[action].text,
        "explanation": EXPLANATIONS.get(action, ""),
        "changed": acting.as_change(changed) if changed else None,
        "corrections": open_reasons(case),
        "letter": letter_of(case),
    }
    return render(request, "cases/review.html", context, status=422 if form.is_bound and form.errors else 200)


def _is_open(case: Case, name: str) -> bool:
    """Whether the letter's own section still lacks this: its letter was read only after people had gone on."""
    return name in LETTER and not getattr(case, name)


def _lacking(request: HttpRequest, case: Case, action: Action, form: StepForm) -> list[Fault]:
    """What the form of this page cannot give."""
    faults = selectors.lacking(case, request.user, action, now=timezone.now())
    return [fault for fault in faults if fault.field not in form.fields]


def _parts(case: Case, lacking: list[Fault]) -> list[Part]:
    return [
        Part(
            slug,
            title,
            tuple(row for row in rows_of(case, names) if row.value),
            tuple(fault_words(fault) for fault in lacking if fault.field in mended),
        )
        for slug, title, names, mended in PARTS
    ]
