"""The hand-over: the owner's administrator sets a key or a password. No secret is ever shown."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from panggon.cases.forms.access import AccessForm
from panggon.cases.models import Case
from panggon.cases.paper_facts import facts_of
from panggon.cases.views import acting, presentation
from panggon.core.errors import InvalidError
from panggon.people.permissions import signed_in
from panggon.sites import selectors as sites
from panggon.sites import services
from panggon.sites.models import Purpose


@signed_in
def access(request: HttpRequest, number: str) -> HttpResponse:
    """Only for people of the OPD that owns the site, once the access document was delivered."""
    case = acting.case_or_404(request, number)
    if not presentation.access_open(case, request.user):
        raise Http404
    form = AccessForm(request.POST or None, initial={"ssh_keys": "\n".join(case.site.ssh_keys)})
    if request.method == "POST" and form.is_valid() and _set(case, form):
        messages.success(request, _("Hak akses disimpan dan sedang dipasang di server."), "positive")
        return redirect("cases:access", case.number)
    context = {"case": case, "form": form, "facts": facts_of(case), "site": case.site}
    context["running"] = sites.running_wish(case.site)
    context["failed"] = _last_failed(case)
    return render(request, "cases/access.html", context, status=422 if form.is_bound and form.errors else 200)


def _last_failed(case: Case) -> bool:
    """Whether keys and password, as they stand here, did not reach the machine."""
    last = sites.last_wish(case.site, Purpose.PREPARE, Purpose.OPEN, Purpose.ACCESS)
    return last is not None and last.reported_at is not None and not last.succeeded


def _set(case: Case, form: AccessForm) -> bool:
    try:
        services.set_access(case.site.pk, **form.inputs(), at=timezone.now())
    except InvalidError as error:
        form.add_faults(error.faults)
        return False
    return True
