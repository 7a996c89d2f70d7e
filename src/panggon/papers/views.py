"""The administrator's pages about papers: their numbers."""

from django.http import HttpRequest, HttpResponse

from panggon.core.vocabulary import Role
from panggon.office.values import Group
from panggon.office.views import edit
from panggon.papers.forms import NumberingForm
from panggon.people.permissions import holders


@holders(Role.ADMINISTRATOR)
def numbering(request: HttpRequest) -> HttpResponse:
    """Classification codes and the form of numbers."""
    return edit(request, Group.NUMBERING, NumberingForm, template="office/settings.html")
