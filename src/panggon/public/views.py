from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from panggon.cases import selectors
from panggon.cases.selectors import PublicStatus
from panggon.core.contacts import CHANNEL_LABELS, Contact
from panggon.core.procedure import STATE_LABELS
from panggon.office.selectors import office
from panggon.people.permissions import public
from panggon.public import throttle
from panggon.public.forms import TrackingForm


@public
def start(request: HttpRequest) -> HttpResponse:
    return render(request, "public/start.html", {"contacts": _contacts()})


@public
def track(request: HttpRequest) -> HttpResponse:
    """The way of a case by number and code, without any personal data; the address on the receipt leads here."""
    form = TrackingForm(request.GET or None)
    if form.is_bound and not throttle.allowed(request.META.get("REMOTE_ADDR", "")):
        form.add_error(None, _("Terlalu banyak percobaan. Silakan coba lagi beberapa menit lagi."))
        return render(request, "public/track.html", {"form": form}, status=429)
    status = _status(form) if form.is_bound and form.is_valid() else None
    context = {"form": form, "status": status, "moves": _moves(status), "steps": _steps(status)}
    return render(request, "public/track.html", context)


def _contacts() -> list[tuple[str, Contact]]:
    return [(CHANNEL_LABELS[contact.channel], contact) for contact in office().contacts.rows]


def _status(form: TrackingForm) -> PublicStatus | None:
    number, token = form.cleaned_data["nomor"].strip().upper(), form.cleaned_data["kode"].strip()
    status = selectors.public_status(number, token)
    if status is None:
        form.add_error(None, _("Nomor permohonan dan kode lacak tidak cocok. Periksa tanda terima Anda."))
    return status


def _moves(status: PublicStatus | None) -> list[dict[str, object]]:
    """The newest first."""
    return [{"at": at, "text": STATE_LABELS[state].text} for at, state in reversed(status.steps)] if status else []


def _steps(status: PublicStatus | None) -> list[dict[str, str]]:
    """The nine steps of the SK, each done, under way or still to come; none of a case that was stopped."""
    if status is None or (status.step is None and STATE_LABELS[status.state].step is None):
        return []
    steps = office().standard.steps
    now = status.step or len(steps) + 1
    looks = ["done" if number < now else "now" if number == now else "" for number in range(1, len(steps) + 1)]
    return [{"words": words, "look": look} for words, look in zip(steps, looks, strict=True)]
