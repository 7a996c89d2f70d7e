"""Light pages, dark pages, or as the device wishes: chosen with a button, so that no script is needed."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from panggon.people import services as people
from panggon.people.models import Theme
from panggon.people.permissions import public
from panggon.portal.wishes import back, remember

COOKIE = f"{settings.PANGGON_COOKIE_PREFIX}tampilan"


def theme_of(request: HttpRequest) -> Theme:
    """Who is signed in has chosen for all devices, anybody else for this browser."""
    user = getattr(request, "user", None)
    chosen = user.theme if user and user.is_authenticated else request.COOKIES.get(COOKIE, "")
    return Theme(chosen) if chosen in Theme.values else Theme.SYSTEM


@public
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Take the button that was pressed, and go back to the page on which it stands."""
    theme, response = request.POST.get("theme", ""), back(request)
    if theme in Theme.values:
        if request.user.is_authenticated:
            people.choose_theme(request.user, Theme(theme))
        remember(response, COOKIE, theme)
    return response
