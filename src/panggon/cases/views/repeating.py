"""What is asked of a machine outside of the procedure's steps: closing a site or installing the owner's access once
more, looking at what is to be seen there.
"""

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from panggon.audit.services import record
from panggon.cases.models import Case
from panggon.cases.views import acting
from panggon.core.cases.procedure import Role, State
from panggon.people.models import User
from panggon.people.permissions import holders
from panggon.sites import selectors as sites
from panggon.sites import services


@holders(Role.TECHNICIAN)
@require_POST
def repeat(request: HttpRequest, number: str) -> HttpResponse:
    """For the technician of the case; pressed twice it asks once."""
    case = acting.case_or_404(request, number)
    if case.site is None or case.technician_id != request.user.pk:
        raise Http404
    if _repeat(case, request.user):
        messages.success(request, _("Server diminta mencoba lagi. Hasilnya diberitahukan kepada Anda."), "positive")
    else:
        messages.info(request, _("Tidak ada yang perlu diulang: server sudah diminta atau sudah berhasil."))
    return redirect("cases:case", case.number)


@holders(Role.TECHNICIAN)
@require_POST
def look(request: HttpRequest, number: str) -> HttpResponse:
    """Look at the machine once more while the access is being mended; pressed twice it asks once."""
    case = acting.case_or_404(request, number)
    if case.site is None or case.technician_id != request.user.pk or case.state != State.FIXING:
        raise Http404
    if sites.running_wish(case.site) is None:
        services.wish_look(case.site, at=timezone.now())
    return redirect("cases:case", case.number)


@transaction.atomic
def _repeat(case: Case, user: User) -> bool:
    now = timezone.now()
    failed = sites.failed_aside(case.site)
    wish = services.repeat(case.site.pk, at=now)
    if wish is None:
        return False
    before = {"wish": failed.pk, "outcome": failed.outcome} if failed else None
    record(f"sites.site:{case.site.pk}", before=before, after={"wish": wish.pk}, actor=user, at=now)
    return True
