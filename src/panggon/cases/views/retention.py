from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from panggon.audit.history import history
from panggon.cases.archive import keeping, retention
from panggon.cases.forms.holding import HoldForm
from panggon.cases.words import KEPT_SINCE, PERSONAL_DATA
from panggon.core.cases.vocabulary import Role
from panggon.core.errors import InvalidError
from panggon.core.people.retention import PersonalData
from panggon.people.permissions import holders

LABELS = {"cases": _("Permohonan"), "things": _("Yang dihapus"), "before": _("Berakhir sebelum")}


@holders(Role.ADMINISTRATOR)
def plan(request: HttpRequest) -> HttpResponse:
    """What would be erased now, what was, and of which cases nothing is."""
    return _page(request, HoldForm())


@holders(Role.ADMINISTRATOR)
@require_POST
def hold(request: HttpRequest) -> HttpResponse:
    """Keeps a case from being erased, for a reason."""
    form = HoldForm(request.POST)
    if form.is_valid():
        try:
            keeping.hold(**form.cleaned_data, actor=request.user, at=timezone.now())
        except InvalidError as error:
            form.add_faults(error.faults)
        else:
            messages.success(request, _("Permohonan ditahan: tidak ada yang dihapus darinya."), "positive")
            return redirect("cases:retention")
    return _page(request, form)


@holders(Role.ADMINISTRATOR)
@require_POST
def release(request: HttpRequest, hold: int) -> HttpResponse:
    keeping.release(hold, actor=request.user, at=timezone.now())
    messages.success(request, _("Penahanan dilepas; masa simpan berlaku lagi."), "positive")
    return redirect("cases:retention")


# ------------------------------------------------------------------------------------------------------------------


def _page(request: HttpRequest, form: HoldForm) -> HttpResponse:
    things = {retention.subject_of(kind): PERSONAL_DATA[kind] for kind in PersonalData}
    context = {
        "due": [(PERSONAL_DATA[due.kind], KEPT_SINCE[due.kind], due) for due in retention.due(now=timezone.now())],
        "history": history("cases.retention:", labels=LABELS, things=things),
    }
    context |= {"form": form, "holds": keeping.holds()}
    return render(request, "cases/retention.html", context, status=422 if form.is_bound else 200)
