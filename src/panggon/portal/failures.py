"""What is answered where a request could not be worked on. 503: it can be once the database is back (RFC 9110, 15.6.4);
nothing is written meanwhile, so it may be sent again.
"""

import sys
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.utils.translation import gettext as _
from django.views.defaults import server_error

from panggon.portal.database import is_away

SECONDS = "10"  # until it is worth another try


def page(request: HttpRequest) -> HttpResponse:
    """Of the portal's pages and of its interface for programs; called while the error is being handled."""
    if not is_away(sys.exception()):
        return server_error(request)
    if request.path.startswith("/api/v1/"):
        from panggon.portal.api.problems import problem  # noqa: PLC0415 (not loaded for pages alone)

        response = problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "unavailable",
            _("Basis data portal sedang tidak dapat dipakai. Coba lagi sebentar lagi."),
        )
    else:
        response = HttpResponse(loader.get_template("503.html").render(), status=HTTPStatus.SERVICE_UNAVAILABLE)
    response.headers["Retry-After"] = SECONDS
    return response


def answer(_request: HttpRequest) -> HttpResponse:
    """Of the interface of the nodes, which ask again after any of these."""
    away = is_away(sys.exception())
    status = HTTPStatus.SERVICE_UNAVAILABLE if away else HTTPStatus.INTERNAL_SERVER_ERROR
    return JsonResponse({"error": "unavailable" if away else "failed"}, status=status)
