"""For everybody: to complain without an account, and to follow a complaint by its number and code."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from panggon.complaints import selectors, services
from panggon.complaints.forms import ComplaintForm, StepForm, TrackForm, step_form
from panggon.complaints.models import Complaint, ComplaintEvent
from panggon.complaints.words import ACTION_LABELS, PARTS, STATE_LABELS
from panggon.core.complaints.vocabulary import ComplaintAction, ComplaintState, Part, Source
from panggon.core.errors import InvalidError
from panggon.people.permissions import public
from panggon.signin import door

SAYS = {ComplaintAction.ADD: {"words"}, ComplaintAction.CONFIRM: set(), ComplaintAction.REOPEN: {"reasons"}}


@never_cache
@public
def start(request: HttpRequest) -> HttpResponse:
    """The form. Number and code come right after it: on the page, and by mail to who left an address."""
    form = ComplaintForm(request.POST or None, request.FILES or None, initial={"page": uuid.uuid4()})
    if not form.is_bound:
        return render(request, "complaints/start.html", {"form": form})
    form.refuse_large(getattr(request, "too_large", set()))
    try:
        complaint = _filed(request, form) if form.is_valid() else None
    except ValidationError as held:
        form.add_error(None, held)
        return render(request, "complaints/start.html", {"form": form}, status=429)
    if complaint is None:
        return render(request, "complaints/start.html", {"form": form}, status=422)
    messages.success(request, _("Pengaduan Anda sudah kami terima. Simpan nomor dan kode di bawah ini."), "positive")
    return redirect(selectors.tracking_path(complaint))


@never_cache
@public
def track(request: HttpRequest) -> HttpResponse:
    """A complaint by its number and code: what was said, who has it now, and what the complainant may say."""
    form = TrackForm(request.GET or None)
    try:
        complaint = _known(request, form) if form.is_bound and form.is_valid() else None
    except ValidationError as held:
        form.add_error(None, held)
        return render(request, "complaints/track.html", {"form": form}, status=429)
    return _tracked(request, form, complaint)


@public
@require_POST
def say(request: HttpRequest, action: str) -> HttpResponse:
    """What a complainant says: more of what happened, that it is solved, or that it is not."""
    said = next((known for known in SAYS if known == action), None)
    tracking = TrackForm(request.POST)
    if said is None:
        raise Http404
    try:
        complaint = _known(request, tracking) if tracking.is_valid() else None
    except ValidationError as held:
        tracking.add_error(None, held)
        return render(request, "complaints/track.html", {"form": tracking}, status=429)
    if complaint is None:
        return _tracked(request, tracking, None, status=422)
    form = _say_form(complaint, said, request)
    if not form.is_valid() or not _said(complaint, said, form):
        return _tracked(request, tracking, complaint, refused={said: form}, status=422)
    messages.success(request, _("Terima kasih, sudah kami terima."), "positive")
    return redirect(selectors.tracking_path(complaint))


# ------------------------------------------------------------------------------------------------------------------


def _filed(request: HttpRequest, form: ComplaintForm) -> Complaint | None:
    data = {**form.inputs(), "source": Source.WEBSITE}
    with door.braked(door.complaint_try(request)):
        try:
            return services.file(
                data,
                actor=None,
                at=timezone.now(),
                files=form.cleaned_data["files"],
                language=get_language() or "id",
                page=form.cleaned_data["page"],
            )
        except InvalidError as error:
            form.add_faults(error.faults)
            return None


def _known(request: HttpRequest, form: TrackForm) -> Complaint | None:
    with door.braked(door.tracking_try(request)) as was_right:
        complaint = selectors.tracked(form.cleaned_data["nomor"], form.cleaned_data["kode"])
        if complaint is not None:
            was_right()
    if complaint is None:
        form.add_error(None, _("Tidak ada pengaduan dengan nomor dan kode ini."))
    return complaint


def _tracked(
    request: HttpRequest,
    form: TrackForm,
    complaint: Complaint | None,
    *,
    refused: dict[ComplaintAction, StepForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "complaint": complaint}
    if complaint is not None:
        forms = {action: _say_form(complaint, action, None) for action in _asked(complaint)}
        context |= {
            "state": STATE_LABELS[ComplaintState(complaint.state)],
            "events": [
                (event, ACTION_LABELS[ComplaintAction(event.action)], _who(event))
                for event in selectors.said(complaint)
            ],
            "says": [(action, ACTION_LABELS[action], shown) for action, shown in {**forms, **(refused or {})}.items()],
        }
    return render(request, "complaints/track.html", context, status=status)


def _asked(complaint: Complaint) -> list[ComplaintAction]:
    """Once a solution was told, only whether it is one."""
    offered = selectors.offers_to_complainant(complaint)
    return [action for action in offered if action is not ComplaintAction.ADD or ComplaintAction.CONFIRM not in offered]


def _who(event: ComplaintEvent) -> str:
    """No person of the dinas is named to the outside: it is the dinas that answers."""
    part = Part(event.part)
    return str(_("Anda")) if part is Part.COMPLAINANT else str(PARTS[part])


def _say_form(complaint: Complaint, action: ComplaintAction, request: HttpRequest | None) -> StepForm:
    return step_form(complaint, action, SAYS[action], officials=[], data=request.POST if request else None)


def _said(complaint: Complaint, action: ComplaintAction, form: StepForm) -> bool:
    try:
        services.act(
            complaint.pk,
            action=action,
            actor=None,
            data=form.inputs(),
            at=timezone.now(),
            expected_version=form.cleaned_data["version"],
        )
    except InvalidError as error:
        form.add_faults(error.faults)
        return False
    return True
