from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panggon.audit.history import history
from panggon.cases import retention
from panggon.cases.words import KEPT_SINCE, PERSONAL_DATA
from panggon.core.retention import PersonalData
from panggon.core.vocabulary import Role
from panggon.people.permissions import holders

LABELS = {"cases": _("Permohonan"), "things": _("Yang dihapus"), "before": _("Berakhir sebelum")}


@holders(Role.ADMINISTRATOR)
def plan(request: HttpRequest) -> HttpResponse:
    """What would be erased now, and what was: numbers and dates, nothing about anybody."""
    things = {retention.subject_of(kind): PERSONAL_DATA[kind] for kind in PersonalData}
    context = {
        "due": [(PERSONAL_DATA[due.kind], KEPT_SINCE[due.kind], due) for due in retention.due(now=timezone.now())],
        "history": history("cases.retention:", labels=LABELS, things=things),
    }
    return render(request, "cases/retention.html", context)
