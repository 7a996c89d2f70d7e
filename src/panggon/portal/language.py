"""The language of the pages: Indonesian whatever the browser asks for, English for whoever chooses it."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from panggon.people import services as people
from panggon.people.permissions import public

KNOWN = frozenset(code for code, _ in settings.LANGUAGES)


class ChosenLanguage:
    """Who is signed in has chosen for all devices, anybody else for this browser."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with translation.override(language_of(request)):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language())
            return response


def language_of(request: HttpRequest) -> str:
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if request.user.is_authenticated:
        chosen = request.user.language
    return chosen if chosen in KNOWN else settings.LANGUAGE_CODE


@public
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Take the language of the button that was pressed, and go back to the page on which it stands."""
    language, page = request.POST.get("language", ""), request.POST.get("page", "")
    safe = url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()})
    response = redirect(page if safe and page.startswith("/") else "public:start")
    if language not in KNOWN:
        return response
    if request.user.is_authenticated:
        people.choose_language(request.user, language)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
    )
    return response
