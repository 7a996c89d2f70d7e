"""What a person wishes of every page, at any device; who is not signed in, of this browser."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme


def back(request: HttpRequest) -> HttpResponse:
    """To the page on which the button stands that was pressed; to no other host."""
    page = request.POST.get("page", "")
    safe = url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()})
    return redirect(page if safe and page.startswith("/") else "public:start")


def remember(response: HttpResponse, cookie: str, value: str) -> None:
    response.set_cookie(
        cookie,
        value,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
    )
