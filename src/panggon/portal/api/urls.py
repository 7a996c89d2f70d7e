"""The addresses of the API, declared as those of pages are."""

from django.urls import path

from panggon.people.permissions import public, with_token
from panggon.portal.api import documentation
from panggon.portal.api.application import api

OPEN: frozenset[str | None] = frozenset({"api-root", "openapi-json", "public_status"})

addresses, _application, namespace = api.urls
for address in addresses:
    address.callback = (public if address.name in OPEN else with_token)(address.callback)

urlpatterns = [
    path("api/", documentation.show, name="api_documentation"),
    path("api/v1/", (addresses, namespace, namespace)),
]
