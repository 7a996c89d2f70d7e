"""The people of one's own OPD: who they are, inviting another, closing the account of one who left."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from panggon.people import selectors, services
from panggon.people.forms import InvitationForm
from panggon.people.models import Agency, User
from panggon.people.permissions import applicant
from panggon.people.views.common import handle, press


@applicant
def team(request: HttpRequest) -> HttpResponse:
    agency = _own_agency(request)
    return handle(
        request,
        InvitationForm(request.POST or None),
        lambda values: services.invite_to_agency(values["email"], agency, actor=request.user, at=timezone.now()),
        done=_("Undangan dikirim. Rekan Anda mengisi nama dan kata sandinya sendiri."),
        to=("people:team",),
        context={
            "agency": agency,
            "people": selectors.people_of(agency),
            "invitations": selectors.open_invitations(agency, now=timezone.now()),
        },
        template="people/team.html",
    )


@applicant
@require_POST
def close_colleague(request: HttpRequest, user: int) -> HttpResponse:
    agency = _own_agency(request)
    colleague = get_object_or_404(User, pk=user, agency=agency)
    return press(
        request,
        lambda: services.close_colleague(colleague, actor=request.user, at=timezone.now()),
        done=_("Akun ditutup. Permohonan OPD tetap terlihat oleh rekan yang lain."),
        to=("people:team",),
    )


def _own_agency(request: HttpRequest) -> Agency:
    """Tata Usaha may enter requests too, but is of no OPD."""
    if request.user.agency is None:
        raise PermissionDenied
    return request.user.agency
