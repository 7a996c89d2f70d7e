"""For the dinas: what waits, reporting one, and the steps of an incident."""

import uuid
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from panggon.complaints import selectors as complaints
from panggon.complaints.models import Complaint
from panggon.core.errors import InvalidError
from panggon.core.incidents.procedure import CONDITIONS, FINDERS, HANDLERS
from panggon.core.incidents.vocabulary import IncidentAction, Origin
from panggon.incidents import selectors, services
from panggon.incidents.forms import ReportForm, StepForm, step_form
from panggon.incidents.models import Incident
from panggon.incidents.paper_facts import chronology_of
from panggon.incidents.views.shown import incident_or_404, row_of
from panggon.incidents.words import ACTION_LABELS, FOLLOWS, STATE_LABELS
from panggon.papers import selectors as papers
from panggon.papers import store
from panggon.pdf import POLICY, pdf_response
from panggon.people import selectors as people
from panggon.people.permissions import holders
from panggon.sites import selectors as sites


@holders(*FINDERS)
def listed(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    sections = [
        ("tugas", _("Menunggu Anda"), selectors.to_do(request.user, now=now)),
        ("berjalan", _("Belum selesai"), selectors.open_to(request.user, now=now)),
        ("selesai", _("Terakhir selesai"), selectors.closed_to(request.user, now=now)),
    ]
    shown = [(name, heading, [row_of(row) for row in rows]) for name, heading, rows in sections]
    return render(request, "incidents/list.html", {"sections": shown, "now": now})


@holders(*FINDERS)
def report(request: HttpRequest) -> HttpResponse:
    """What somebody of the dinas saw: from nothing, or begun on the page of a complaint, a site or a machine."""
    complaint = _complaint_of(request)
    known = selectors.of_complaint(complaint) if complaint else None
    if known and selectors.visible_to(request.user, now=timezone.now()).filter(pk=known.pk).exists():
        messages.info(request, _("Pengaduan itu sudah menjadi insiden ini."))
        return redirect("incidents:incident", known.number)
    may_quarantine = not people.roles_of(request.user, now=timezone.now()).isdisjoint(HANDLERS)
    data = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = ReportForm(*data, initial=_begun(request, complaint), may_quarantine=may_quarantine)
    if form.is_bound:
        form.refuse_large(getattr(request, "too_large", set()))
    incident = _reported(request, form, complaint) if form.is_bound and form.is_valid() else None
    if incident is None:
        context = {"form": form, "complaint": complaint}
        return render(request, "incidents/report.html", context, status=422 if form.is_bound else 200)
    messages.success(request, _("Insiden dicatat. Yang berwenang sudah diberi tahu."), "positive")
    return redirect("incidents:incident", incident.number)


@holders(*HANDLERS)
def step(request: HttpRequest, incident: str, action: str) -> HttpResponse:
    """The page of one step: what it needs, what follows from it, and nothing else."""
    row = incident_or_404(request, incident, "step")
    found = selectors.offers(row, request.user, now=timezone.now())
    offer = next((each for each in found if each.action == action and each.possible), None)
    if offer is None:
        words = _("Langkah itu tidak dapat dilakukan sekarang. Inilah keadaan insiden ini.")
        messages.warning(request, words, "warning")
        return redirect("incidents:incident", row.number)
    asked = {CONDITIONS[need].field for need in offer.asks}
    data = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    initial = _proposed(request, row, offer.action)
    form = step_form(row, offer.action, asked, data=data[0], files=data[1], initial=initial)
    if form.is_bound:
        form.refuse_large(getattr(request, "too_large", set()))
    if form.is_bound and form.is_valid() and _done(request, row, offer.action, form):
        return redirect("incidents:incident", row.number)
    context = {
        **row_of(row),
        "form": form,
        "action": offer.action,
        "title": ACTION_LABELS[offer.action],
        "target": STATE_LABELS[offer.target],
        "follows": FOLLOWS.get(offer.action, ()),
    }
    return render(request, "incidents/step.html", context, status=422 if form.is_bound else 200)


@holders(*HANDLERS)
def evidence(request: HttpRequest, incident: str, evidence: int) -> HttpResponse:
    """A file as it was kept: always saved, never shown by the portal, whatever it is."""
    kept = selectors.evidence(incident_or_404(request, incident, "evidence"), evidence)
    if kept is None:
        raise Http404
    headers = {"Content-Disposition": f'attachment; filename="{kept.name}"', "Content-Security-Policy": POLICY}
    return HttpResponse(store.get(kept.sha256), content_type="application/octet-stream", headers=headers)


@holders(*HANDLERS)
def paper(request: HttpRequest, incident: str, paper: UUID) -> HttpResponse:
    row = incident_or_404(request, incident, "paper")
    issued = next((each for each in papers.issued(row.number) if each.pk == paper), None)
    if issued is None:
        raise Http404
    return pdf_response(store.get(issued.issued_sha256), name=f"{issued.kind.replace('_', '-')}-{row.number}.pdf")


# ------------------------------------------------------------------------------------------------------------------


def _complaint_of(request: HttpRequest) -> Complaint | None:
    """The complaint that the address or the form names, if this person may see it."""
    ticket = (request.POST.get("ticket") or request.GET.get("pengaduan", ""))[:20]
    seen = complaints.visible_to(request.user, now=timezone.now())
    return seen.filter(number=ticket).first() if ticket and "\0" not in ticket else None


def _begun(request: HttpRequest, complaint: Complaint | None) -> dict[str, Any]:
    """What is known already of what the page was opened from."""
    given = {name: request.GET.get(name, "")[:300] for name in ("situs", "temuan")}
    begun = {"page": uuid.uuid4(), "host": given["situs"], "origin": Origin.SITE if given["situs"] else Origin.PERSON}
    if given["temuan"]:
        found = sites.site_called(given["temuan"].partition(":")[0])
        begun |= {"origin": Origin.MACHINE, "subject": _("Temuan server"), "words": given["temuan"]}
        begun["host"] = found.host if found else given["situs"]
    if complaint:
        begun |= {"origin": Origin.COMPLAINT, "ticket": complaint.number, "subject": complaint.subject}
        begun["words"] = complaint.description
        about = complaint.site or complaint.case
        begun["host"] = about.host if about else ""
    return begun


def _reported(request: HttpRequest, form: ReportForm, complaint: Complaint | None) -> Incident | None:
    try:
        return services.report(
            {**form.inputs(), "complaint": complaint},
            actor=request.user,
            at=timezone.now(),
            origin=Origin(form.cleaned_data["origin"]),
            files=form.cleaned_data["files"],
            page=form.cleaned_data["page"],
            quarantine=form.cleaned_data.get("quarantine", False),
        )
    except InvalidError as error:
        form.add_faults(error.faults)
        return None


def _proposed(request: HttpRequest, row: Incident, action: IncidentAction) -> Mapping[str, Any]:
    """What a report begins with: who writes it, and what the log of the incident knows."""
    if action is not IncidentAction.WRITE_REPORT:
        return {}
    user = request.user
    who = ", ".join(filter(None, (user.full_name, *people.titles_of(user, now=timezone.now()), user.phone, user.email)))
    return {"contact": who, "description": row.description, "chronology": chronology_of(row)}


def _done(request: HttpRequest, row: Incident, action: IncidentAction, form: StepForm) -> bool:
    try:
        services.act(
            row.pk,
            action=action,
            actor=request.user,
            data=form.inputs(),
            at=timezone.now(),
            expected_version=form.cleaned_data["version"],
            files=form.cleaned_data.get("files", ()),
        )
    except InvalidError as error:
        form.add_faults(error.faults)
        return False
    messages.success(request, _("Sudah dilakukan: %(step)s.") % {"step": ACTION_LABELS[action]}, "positive")
    return True
