from collections.abc import Callable

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from panggon.people import selectors


class SecondFactorMiddleware:
    """Sends an official without an authenticator app to set one up; nothing else of the portal answers before that."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self._must_enrol(request):
            return redirect("mfa_activate_totp")
        return self.get_response(request)

    def _must_enrol(self, request: HttpRequest) -> bool:
        if not request.user.is_authenticated or _about_the_account(request.path):
            return False
        if is_mfa_enabled(request.user, [Authenticator.Type.TOTP]):
            return False
        return selectors.is_official(request.user, now=timezone.now())


def _about_the_account(path: str) -> bool:
    return path.startswith(reverse("mfa_index")) or path in {
        reverse("account_logout"),
        reverse("account_reauthenticate"),
    }
