"""The department's own measures: what part of the time each step may take, and when an OPD is reminded."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from panggon.core.cases.vocabulary import Role
from panggon.core.errors import InvalidError
from panggon.people.permissions import holders
from panggon.schedule import selectors, services
from panggon.schedule.forms import CalendarForm, RemindersForm, SharesForm
from panggon.schedule.history import history


@holders(Role.ADMINISTRATOR)
def shares(request: HttpRequest) -> HttpResponse:
    form = SharesForm(request.POST or None, initial=SharesForm.initial_of(selectors.step_shares()))
    return _page(
        request,
        form,
        heading=_("Bagian waktu tiap langkah"),
        lead=_("SK memberi 2 hari kerja untuk semua langkah bersama. Bagian ini ukuran dinas sendiri; jumlahnya 100%."),
        kind="stepshare",
        keep=lambda **options: services.set_shares(form.shares(), **options),
    )


@holders(Role.ADMINISTRATOR)
def reminders(request: HttpRequest) -> HttpResponse:
    form = RemindersForm(request.POST or None, initial=RemindersForm.initial_of(selectors.reminders()))
    return _page(
        request,
        form,
        heading=_("Pengingat untuk OPD"),
        lead=_("Pengingat dikirim pada jam kerja, kepada semua orang OPD pemohon."),
        kind="reminderrule",
        keep=lambda **options: services.set_reminders(form.rules(), **options),
    )


def _page(
    request: HttpRequest, form: CalendarForm, *, heading: str, lead: str, kind: str, keep: Callable[..., None]
) -> HttpResponse:
    if form.is_bound and form.is_valid() and _kept(request, form, keep):
        return redirect(request.path)
    context: dict[str, Any] = {
        "form": form,
        "heading": heading,
        "lead": lead,
        "history": history(f"schedule.{kind}:"),
    }
    return render(request, "schedule/form.html", context, status=422 if form.is_bound else 200)


def _kept(request: HttpRequest, form: CalendarForm, keep: Callable[..., None]) -> bool:
    try:
        keep(actor=request.user, at=timezone.now())
    except InvalidError as error:
        form.add_faults(error.faults)
        return False
    messages.success(request, _("Sudah disimpan."), "positive")
    return True
