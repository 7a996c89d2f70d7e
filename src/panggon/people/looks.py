"""Light or dark: how somebody wishes the pages to look."""

from django.conf import settings
from django.http import HttpRequest

from panggon.people.models import Theme

COOKIE = f"{settings.PANGGON_COOKIE_PREFIX}tampilan"


def theme_of(request: HttpRequest) -> Theme:
    """Who is signed in has chosen for all devices, anybody else for this browser."""
    user = getattr(request, "user", None)
    chosen = user.theme if user and user.is_authenticated else request.COOKIES.get(COOKIE, "")
    return Theme(chosen) if chosen in Theme.values else Theme.SYSTEM
