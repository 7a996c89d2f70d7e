"""Invitations: the link that makes an account, and what the inviting side can do with one."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from panggon.people import selectors, services
from panggon.people.forms import AcceptForm
from panggon.people.models import Invitation
from panggon.people.permissions import public, signed_in
from panggon.people.views.common import handle, press


@public
@never_cache
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """The person who was invited sets name, NIP, telephone and password."""
    invitation = selectors.invitation_of(services.hash_of(token), now=timezone.now())
    if invitation is None:
        return render(request, "people/invitation_over.html", status=410)
    known = invitation.user
    initial = {"full_name": known.full_name, "nip": known.nip, "phone": known.phone} if known else {}
    return handle(
        request,
        AcceptForm(request.POST or None, initial=initial),
        lambda values: services.accept(invitation, **_given(values), at=timezone.now()),
        done=_ready(invitation),
        to=(_login(request),),
        context={"invitation": invitation},
        template="people/accept.html",
    )


@signed_in
@require_POST
def send_again(request: HttpRequest, invitation: int) -> HttpResponse:
    row = _managed(request, invitation)
    return press(
        request,
        lambda: services.send_again(row, actor=request.user, at=timezone.now()),
        done=_("Undangan dikirim ulang; tautan yang lama tidak berlaku lagi."),
        to=_home_of(request, row),
    )


@signed_in
@require_POST
def withdraw(request: HttpRequest, invitation: int) -> HttpResponse:
    row = _managed(request, invitation)
    return press(
        request,
        lambda: services.withdraw(row, actor=request.user, at=timezone.now()),
        done=_("Undangan dibatalkan."),
        to=_home_of(request, row),
    )


# ------------------------------------------------------------------------------------------------------------------


def _login(request: HttpRequest) -> str:
    """The sign-in, and from there the page for which the person was invited."""
    following = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(following, allowed_hosts=None)
    return f"{reverse('account_login')}?{urlencode({'next': following})}" if safe else reverse("account_login")


def _ready(invitation: Invitation) -> str:
    words = [_("Akun Anda sudah siap. Silakan masuk dengan alamat email dan kata sandi Anda.")]
    if invitation.agency_id is None:
        words.append(_("Setelah itu Anda memasang kode keamanan di ponsel."))
    return " ".join(words)


def _given(values: dict[str, Any]) -> dict[str, str]:
    return {name: values[name] for name in ("full_name", "nip", "phone", "password")}


def _managed(request: HttpRequest, invitation: int) -> Invitation:
    """The invitation, if it is this person's to look after; for anybody else it does not exist."""
    row = get_object_or_404(Invitation.objects.select_related("agency"), pk=invitation)
    if not selectors.may_manage(request.user, row, now=timezone.now()):
        raise Http404
    return row


def _home_of(request: HttpRequest, invitation: Invitation) -> tuple[Any, ...]:
    """The page on which the invitation stands for this person."""
    if request.user.agency_id is not None:
        return ("people:team",)
    return ("people:agency", invitation.agency_id) if invitation.agency_id else ("people:staff",)
