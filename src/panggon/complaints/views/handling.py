"""For the dinas: the list by what is due, entering what was told, and the steps of a complaint."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from panggon.audit.access import looked_at
from panggon.complaints import parts, selectors, services
from panggon.complaints.forms import EntryForm, StepForm, step_form
from panggon.complaints.models import Complaint
from panggon.complaints.receipt import receipt_of
from panggon.complaints.views.mails import shown
from panggon.complaints.words import ACTION_LABELS, PARTS, STATE_LABELS, refused_files
from panggon.core.complaints.procedure import CONDITIONS
from panggon.core.complaints.vocabulary import ComplaintAction, ComplaintState, Part, Source
from panggon.core.errors import InvalidError
from panggon.papers import store
from panggon.pdf import POLICY, pdf_response
from panggon.people import selectors as people
from panggon.people.permissions import holders

# What leads a complaint on; the rest is by the way.
LEADING = (ComplaintAction.TAKE, ComplaintAction.RESOLVE, ComplaintAction.CONFIRM)
HANDLERS = tuple(parts.PARTS)


@holders(*HANDLERS)
def listed(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    sections = [
        ("tugas", _("Menunggu Anda"), selectors.to_do(request.user, now=now).order_by("due_at", "filed_at")),
        ("berjalan", _("Belum selesai"), selectors.open_to(request.user, now=now)),
        ("selesai", _("Terakhir selesai"), selectors.closed_to(request.user, now=now)),
    ]
    filled = [(name, heading, [_row(row) for row in rows]) for name, heading, rows in sections]
    officer = not parts.OFFICERS.isdisjoint(people.roles_of(request.user, now=now))
    held = selectors.held_mails(request.user).count() if officer else 0
    return render(request, "complaints/list.html", {"sections": filled, "now": now, "held_mails": held})


@holders(*parts.OFFICERS)
def enter(request: HttpRequest) -> HttpResponse:
    """What somebody tells by telephone, at the desk or elsewhere; the receipt is printed from the next page."""
    initial = {"page": uuid.uuid4(), "source": request.GET.get("lewat", Source.IN_PERSON)}
    form = EntryForm(request.POST or None, request.FILES or None, initial=initial)
    if form.is_bound:
        form.refuse_large(getattr(request, "too_large", set()))
    complaint = _entered(request, form) if form.is_bound and form.is_valid() else None
    if complaint is None:
        return render(request, "complaints/enter.html", {"form": form}, status=422 if form.is_bound else 200)
    if selectors.visible_to(request.user, now=timezone.now()).filter(pk=complaint.pk).exists():
        messages.success(request, _("Pengaduan dicatat. Berikan tanda terimanya kepada pelapor."), "positive")
        return redirect("complaints:complaint", complaint.number)
    words = _("%(number)s dicatat. Karena menyangkut Anda, orang lain yang menanganinya dan mencetak tanda terimanya.")
    messages.success(request, words % {"number": complaint.number}, "positive")
    return redirect("complaints:list")


@holders(*HANDLERS)
def complaint(request: HttpRequest, ticket: str) -> HttpResponse:
    """One complaint with its way and what this person may do."""
    return render(request, "complaints/complaint.html", _context(request, _complaint_or_404(request, ticket, "page")))


@holders(*HANDLERS)
def step(request: HttpRequest, ticket: str, action: str) -> HttpResponse:
    """The page of one step: what it needs, and nothing else."""
    row = _complaint_or_404(request, ticket, "step")
    offer = next(
        (each for each in selectors.offers(row, request.user, now=timezone.now()) if each.action == action), None
    )
    if offer is None:
        messages.warning(
            request, _("Langkah itu tidak dapat dilakukan sekarang. Inilah keadaan pengaduan ini."), "warning"
        )
        return redirect("complaints:complaint", row.number)
    asked = {CONDITIONS[need].field for need in offer.asks}
    data = request.POST if request.method == "POST" else None
    form = step_form(row, offer.action, asked, officials=parts.officials(row, now=timezone.now()), data=data)
    if form.is_bound and form.is_valid() and _done(request, row, offer.action, form):
        return redirect("complaints:complaint", row.number)
    context = {
        **_context(request, row),
        "form": form,
        "title": ACTION_LABELS[offer.action],
        "target": STATE_LABELS[offer.target],
    }
    return render(request, "complaints/step.html", context, status=422 if form.is_bound else 200)


@holders(*HANDLERS)
def receipt(request: HttpRequest, ticket: str) -> HttpResponse:
    """Tanda terima, to be printed at the desk."""
    row = _complaint_or_404(request, ticket, "receipt")
    return pdf_response(receipt_of(row), name=f"tanda-terima-{row.number}.pdf")


@holders(*HANDLERS)
def attachment(request: HttpRequest, ticket: str, attachment: int) -> HttpResponse:
    """A file as it was attached: always saved, never shown by the portal."""
    row = _complaint_or_404(request, ticket, "attachment")
    kept = selectors.attachment(row, attachment)
    if kept is None:
        raise Http404
    headers = {"Content-Disposition": f'attachment; filename="{kept.name}"', "Content-Security-Policy": POLICY}
    return HttpResponse(store.get(kept.sha256), content_type=kept.media_type, headers=headers)


# ------------------------------------------------------------------------------------------------------------------


def _complaint_or_404(request: HttpRequest, ticket: str, what: str) -> Complaint:
    """The complaint, if this person may see it; one about oneself does not exist. That this person looked is logged."""
    row = selectors.visible_to(request.user, now=timezone.now()).filter(number=ticket).first()
    if row is None:
        raise Http404
    looked_at(row.number, what, by=request.user)
    return row


def _entered(request: HttpRequest, form: EntryForm) -> Complaint | None:
    try:
        return services.file(
            form.inputs(),
            actor=request.user,
            at=timezone.now(),
            files=form.cleaned_data["files"],
            page=form.cleaned_data["page"],
        )
    except InvalidError as error:
        form.add_faults(error.faults)
        return None


def _done(request: HttpRequest, row: Complaint, action: ComplaintAction, form: StepForm) -> bool:
    try:
        services.act(
            row.pk,
            action=action,
            actor=request.user,
            data=form.inputs(),
            at=timezone.now(),
            expected_version=form.cleaned_data["version"],
        )
    except InvalidError as error:
        form.add_faults(error.faults)
        return False
    messages.success(request, _("Sudah dilakukan: %(step)s.") % {"step": ACTION_LABELS[action]}, "positive")
    return True


def _context(request: HttpRequest, row: Complaint) -> dict[str, Any]:
    now = timezone.now()
    events = [
        (
            event,
            ACTION_LABELS[ComplaintAction(event.action)],
            PARTS[Part(event.part)],
            refused_files(event.data.get("refused", [])),
        )
        for event in selectors.way(row)
    ]
    return {
        **_row(row),
        "complainant": selectors.complainant_for(row, request.user),
        "offers": [
            (offer.action, ACTION_LABELS[offer.action]) for offer in selectors.offers(row, request.user, now=now)
        ],
        "leading": LEADING,
        "events": events,
        "attachments": row.attachments.all(),
        "may_decide": not parts.OFFICERS.isdisjoint(people.roles_of(request.user, now=now)),
        "mails": [shown(mail) for mail in selectors.mails_of(row)],
        "now": now,
    }


def _row(row: Complaint) -> dict[str, Any]:
    label = STATE_LABELS[ComplaintState(row.state)]
    holder = row.official if row.state in (ComplaintState.PASSED_ON, ComplaintState.SETTLED) else row.officer
    return {"complaint": row, "state": label, "holder": holder}
