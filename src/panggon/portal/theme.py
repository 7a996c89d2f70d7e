"""Light pages, dark pages, or as the device wishes: chosen with a button, so that no script is needed."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from panggon.people import services as people
from panggon.people.looks import COOKIE
from panggon.people.models import Theme
from panggon.people.permissions import public
from panggon.portal.wishes import back, from_own_page, remember


@public
@require_POST
@from_own_page
def choose(request: HttpRequest) -> HttpResponse:
    """Take the button that was pressed, and go back to the page on which it stands."""
    theme, response = request.POST.get("theme", ""), back(request)
    if theme in Theme.values:
        if request.user.is_authenticated:
            people.choose_theme(request.user, Theme(theme))
        remember(response, COOKIE, theme)
    return response
