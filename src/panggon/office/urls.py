from django.urls import path, register_converter

from panggon.office import views
from panggon.office.forms import FORMS
from panggon.office.values import Group
from panggon.office.words import PAGES

GROUPS = {PAGES[group].slug: group for group in FORMS}


class GroupConverter:
    """`/pengaturan/<slug>/`; an address that names no group does not match at all."""

    regex = "|".join(GROUPS)

    def to_python(self, value: str) -> Group:
        return GROUPS[value]

    def to_url(self, value: Group) -> str:
        return PAGES[Group(value)].slug


register_converter(GroupConverter, "group")

app_name = "office"
urlpatterns = [
    path("pengaturan/<group:group>/", views.settings, name="settings"),
    path("logo/<str:sha256>/", views.logo, name="logo"),
]
