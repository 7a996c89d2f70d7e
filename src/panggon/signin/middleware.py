from collections.abc import Callable
from datetime import datetime
from functools import cache
from http import HTTPStatus

from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from panggon.people import selectors
from panggon.signin import services
from panggon.signin.selectors import has_second_factor

SEEN = "seen_at"


class SessionOverMiddleware:
    """Says on the way to the page of signing in why one is led there; a part of a page has the whole page read anew."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not _leads_to_signing_in(response) or request.user.is_authenticated:
            return response
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            words = _("Sesi Anda sudah berakhir atau diakhiri. Silakan masuk lagi.")
            messages.warning(request, words, "warning", fail_silently=True)
        return HttpResponseClientRefresh() if getattr(request, "htmx", False) else response


def _leads_to_signing_in(response: HttpResponse) -> bool:
    return response.status_code == HTTPStatus.FOUND and response.headers["Location"].startswith(
        f"{resolve_url(settings.LOGIN_URL)}?"
    )


class RefusedFormMiddleware:
    """Answers 422 where a form of django-allauth is shown again, as all our pages do.

    Browsers then do not offer to keep a password that was wrong.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_template_response(self, request: HttpRequest, response: TemplateResponse) -> TemplateResponse:
        form = (response.context_data or {}).get("form")
        if request.method == "POST" and isinstance(form, BaseForm) and form.errors:
            response.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
        return response


class SecondFactorMiddleware:
    """Sends an official without a second factor to set one up; nothing else of the portal answers before that.

    A session that a provider opened with a second factor of its own, which is trusted, needs none of ours.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self._must_enrol(request):
            return redirect("mfa_activate_totp")
        return self.get_response(request)

    def _must_enrol(self, request: HttpRequest) -> bool:
        if not request.user.is_authenticated or _about_the_account(request.path):
            return False
        if not selectors.is_official(request.user, now=timezone.now()):  # the page asks for this anyway
            return False
        return not (_came_with_factor_of_provider(request) or has_second_factor(request.user))


class SessionSeenMiddleware:
    """Keeps when and from where a session was last used; now and then only, so that reading stays reading."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and self._is_due(request):
            now = timezone.now()
            request.session[SEEN] = now.isoformat()
            services.touch_session(request, at=now)
        return self.get_response(request)

    def _is_due(self, request: HttpRequest) -> bool:
        seen = request.session.get(SEEN)
        return seen is None or timezone.now() - datetime.fromisoformat(seen) >= settings.PANGGON_SESSION_SEEN_EVERY


def _came_with_factor_of_provider(request: HttpRequest) -> bool:
    records = get_authentication_records(request, request.user)
    return any(record["method"] == "mfa" and "provider" in record for record in records)


def _about_the_account(path: str) -> bool:
    factors, *others = _pages_of_the_account()
    return path.startswith(factors) or path in others


@cache
def _pages_of_the_account() -> tuple[str, ...]:
    return tuple(map(reverse, ("mfa_index", "account_logout", "account_reauthenticate")))
