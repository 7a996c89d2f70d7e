"""What a person wishes of every page, at any device; who is not signed in, of this browser."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.csrf import csrf_failure
from django.views.decorators.csrf import csrf_exempt

View = Callable[[HttpRequest], HttpResponse]


def from_own_page(view: View) -> View:
    """For the buttons that stand on every page: with a token in it no page could be the same for everybody.

    Browsers say themselves from where a form is sent (Fetch Metadata; those before 2023 the origin alone), and no page
    can make them say otherwise. A neighbour below the city's domain is not our own page either.
    """

    @csrf_exempt
    @wraps(view)
    def checked(request: HttpRequest) -> HttpResponse:
        return view(request) if _is_own(request) else csrf_failure(request)

    return checked


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


def _is_own(request: HttpRequest) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    own = f"{request.scheme}://{request.get_host()}"
    return site == "same-origin" if site else request.headers.get("Origin") == own
