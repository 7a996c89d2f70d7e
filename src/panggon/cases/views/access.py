"""The hand-over: the owner's admin teknis takes the access over and sets a key or a password. No secret is shown."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters

from panggon.audit.history import history
from panggon.cases import taking_over
from panggon.cases.content.facts import documents, handed_over_changes
from panggon.cases.content.paper_facts import facts_of
from panggon.cases.filters import HANDED_OVER
from panggon.cases.forms.access import AccessForm, InvitationForm, TakeOverForm
from panggon.cases.models import AccessInvitation, Case
from panggon.cases.views import acting, presentation
from panggon.core.cases.procedure import Role, State
from panggon.core.errors import InvalidError
from panggon.core.sites.spec import SiteState
from panggon.people import selectors as people
from panggon.people.models import User
from panggon.people.permissions import public, signed_in
from panggon.signin import door
from panggon.sites import selectors as sites
from panggon.sites.models import Purpose

OK, HELD = 200, 429
CLOSED = (SiteState.QUARANTINED, SiteState.PARKED, SiteState.PURGED)
LABELS = {
    "sent": gettext_lazy("Undangan untuk"),
    "until": gettext_lazy("Berlaku sampai"),
    "holder": gettext_lazy("Pemegang hak akses"),
    "code": gettext_lazy("Kode pada dokumen"),
    "keys": gettext_lazy("Jumlah kunci SSH"),
    "password": gettext_lazy("Sidik kata sandi"),
    "database": gettext_lazy("Kata sandi basis data dibuat baru"),
    "set": gettext_lazy("Dipasang"),
}


@public
@sensitive_post_parameters("password", "password_again", "code")
def access(request: HttpRequest, number: str) -> HttpResponse:
    """Where the QR on the paper leads, for ever. Who is not signed in is told what to do first, the same of every case;
    only people of the OPD that owns the site see more, once the access document was delivered.
    """
    if not request.user.is_authenticated:
        return render(request, "cases/access_first.html", {"following": request.path})
    case = acting.case_or_404(request, number)
    if not presentation.access_open(case, request.user):
        raise Http404
    invitation, holder = taking_over.newest(case), taking_over.holder_of(case)
    form = _form(request, case, invitation, holder)
    refused = _answer(request, case, form) if form and request.method == "POST" else OK
    if refused is None:
        messages.success(request, _("Hak akses disimpan dan sedang dipasang di server."), "positive")
        return redirect("cases:access", case.number)
    context: dict[str, Any] = {"case": case, "form": form, "facts": facts_of(case), "site": case.site}
    context |= {"invitation": invitation, "holder": holder, "invited": _is_invited(request.user, invitation)}
    context |= {"changes": handed_over_changes(case, documents(case))}
    context |= {"entered": taking_over.first_login(case.site)}
    context |= {"closed": SiteState(case.site.state) in CLOSED}
    context |= {"running": sites.running_wish(case.site), "failed": _last_failed(case)}
    return render(request, "cases/access.html", context, status=refused)


@signed_in
def invitation(request: HttpRequest, number: str) -> HttpResponse:
    """Who is invited to take the access over, what became of it, and the invitation once more."""
    case = acting.case_or_404(request, number)
    if State(case.state) not in HANDED_OVER:
        raise Http404
    form = _invitation_form(request, case)
    if form and form.is_bound and form.is_valid() and _invite(request, case, form):
        messages.success(request, _("Undangan dikirim; undangan yang lama tidak berlaku lagi."), "positive")
        return redirect("cases:invitation", case.number)
    context = {
        "case": case,
        "form": form,
        "newest": taking_over.newest(case),
        "holder": taking_over.holder_of(case),
        "now": timezone.now(),
        "history": history(taking_over.subject_of(case), labels=LABELS),
    }
    return render(request, "cases/invitation.html", context, status=422 if form and form.errors else 200)


# ------------------------------------------------------------------------------------------------------------------


def _is_invited(user: User, invitation: AccessInvitation | None) -> bool:
    return taking_over.is_open(invitation, now=timezone.now()) and taking_over.is_for(invitation, user)


def _form(
    request: HttpRequest, case: Case, invitation: AccessInvitation | None, holder: User | None
) -> AccessForm | None:
    """The holder changes what is set; who is invited takes over; nobody else does anything here, and nobody at all
    while the site lets nobody in.
    """
    if SiteState(case.site.state) in CLOSED:
        return None
    initial = {"ssh_keys": "\n".join(case.site.ssh_keys)}
    if _is_invited(request.user, invitation):
        return TakeOverForm(request.POST or None, initial=initial)
    if holder == request.user:
        has_database = case.site.database and case.site.state == SiteState.OPEN
        return AccessForm(request.POST or None, initial=initial, has_database=has_database)
    return None


def _answer(request: HttpRequest, case: Case, form: AccessForm) -> int | None:
    """None when all is done, else the status with which the form is shown again."""
    if not form.is_valid():
        return 422
    try:
        if isinstance(form, TakeOverForm):
            _take_over(request, case, form)
        else:
            taking_over.set_access(case, user=request.user, **form.inputs(), at=timezone.now())
    except InvalidError as error:
        form.add_faults(error.faults)
        return 422
    except ValidationError as held:
        form.add_error("code", held)
        return HELD
    return None


def _take_over(request: HttpRequest, case: Case, form: TakeOverForm) -> None:
    now = timezone.now()
    with door.braked(door.access_code_try(request.user, case.number)) as was_right:
        taking_over.refuse_wrong_code(case, form.cleaned_data["code"], user=request.user, at=now)
        was_right()
    taking_over.take_over(case.pk, user=request.user, **form.inputs(), at=now)


def _last_failed(case: Case) -> bool:
    """Whether keys and password, as they stand here, did not reach the machine."""
    last = sites.last_wish(case.site, Purpose.PREPARE, Purpose.OPEN, Purpose.ACCESS)
    return last is not None and last.reported_at is not None and not last.succeeded


def _named(case: Case) -> dict[str, str]:
    newest = taking_over.newest(case)
    name, email = (newest.name, newest.email) if newest else taking_over.admin_of(case)
    return {"name": name, "email": email}


def _invitation_form(request: HttpRequest, case: Case) -> InvitationForm | None:
    """Tata Usaha may name another person, the OPD sends to the named one again; others only look."""
    changes = Role.REGISTRAR in people.roles_of(request.user, now=timezone.now())
    if not changes and request.user.agency_id != case.agency_id:
        return None
    named = _named(case)
    if not changes and not named["email"]:
        return None
    return InvitationForm(request.POST if request.method == "POST" else None, initial=named, changes=changes)


def _invite(request: HttpRequest, case: Case, form: InvitationForm) -> bool:
    values = form.cleaned_data
    try:
        taking_over.invite(
            case.pk,
            name=values["name"],
            email=values["email"],
            actor=request.user,
            at=timezone.now(),
            reason=values.get("reason", ""),
        )
    except InvalidError as error:
        form.add_faults(error.faults)
        return False
    return True
