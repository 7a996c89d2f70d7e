"""The language of the pages: Indonesian whatever the browser asks for, English for whoever chooses it."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.http import require_POST

from panggon.people import services as people
from panggon.people.permissions import public
from panggon.portal.wishes import back, from_own_page, remember

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
@from_own_page
def choose(request: HttpRequest) -> HttpResponse:
    """Take the language of the button that was pressed, and go back to the page on which it stands."""
    language, response = request.POST.get("language", ""), back(request)
    if language in KNOWN:
        if request.user.is_authenticated:
            people.choose_language(request.user, language)
        remember(response, settings.LANGUAGE_COOKIE_NAME, language)
    return response
