"""The API as one value: its operations, what it says of itself, and how it answers when something is wrong."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, AuthorizationError, Throttled, ValidationError
from ninja.openapi.schema import OpenAPISchema

from panggon.core.errors import InvalidError
from panggon.portal.api import cases, office
from panggon.portal.api.access import Bearer, refuse
from panggon.portal.api.problems import MEDIA_TYPE, Problem, asks_for_token, invalid, of_rule, of_shape, problem

DESCRIPTION = """\
Pelayanan Hosting for other programs: the same rules as the pages, with exactly the rights of the token's owner.

Send `Authorization: Bearer pgn_…`; a token is made on the page `/akun/token/`. Times are ISO 8601 in UTC.
Errors are `application/problem+json` (RFC 9457) with a `code` for programs and `detail` in Indonesian for people.
Lists come in pages: ask again with `after` set to `next` until `next` is empty.
"""
# What every operation may answer besides its own; the first two only where a token is asked for.
COMMON = {
    401: "No token, or one that is unknown, expired or withdrawn.",
    403: "The token lacks the scope, or its owner the right.",
    404: "There is nothing, or nothing for the eyes of the token's owner.",
    422: "The input breaks rules; `errors` names each.",
    429: "Too many requests; `Retry-After` says for how long.",
}
ONLY_WITH_TOKEN = (401, 403)


class API(NinjaAPI):
    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """With the errors of every operation in their own media type, and the scope that it asks for."""
        schema = super().get_openapi_schema(**options)
        schema["components"]["schemas"].update(_problem_schemas())
        declared = scopes()
        for operations in schema["paths"].values():
            for operation in operations.values():
                _complete(operation, scope=declared[operation["operationId"]])
        return schema

    def get_openapi_operation_id(self, operation: Any) -> str:
        return operation.view_func.__name__


api = API(
    title="Panggon",
    version="1",
    description=DESCRIPTION,
    openapi_url="openapi.json",
    docs_url=None,
    urls_namespace="api",
    servers=[{"url": settings.PANGGON_BASE_URL}],
    auth=refuse,
)
api.add_router("", cases.router)
api.add_router("", office.router)


@api.exception_handler(InvalidError)
def _invalid(_request: HttpRequest, error: InvalidError) -> HttpResponse:
    return invalid(map(of_rule, error.faults))


@api.exception_handler(ValidationError)
def _misshapen(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    return invalid(map(of_shape, error.errors))


@api.exception_handler(AuthenticationError)
def _no_token(request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    return asks_for_token(request, _("Token tidak ada, tidak dikenal, atau tidak berlaku lagi."))


@api.exception_handler(AuthorizationError)
def _no_scope(_request: HttpRequest, error: AuthorizationError) -> HttpResponse:
    return problem(HTTPStatus.FORBIDDEN, "scope", error)


@api.exception_handler(PermissionDenied)
def _forbidden(_request: HttpRequest, _error: PermissionDenied) -> HttpResponse:
    return problem(HTTPStatus.FORBIDDEN, "forbidden", _("Ini bukan tugas Anda."))


@api.exception_handler(Http404)
def _missing(_request: HttpRequest, _error: Http404) -> HttpResponse:
    return problem(HTTPStatus.NOT_FOUND, "not_found", _("Tidak ditemukan."))


@api.exception_handler(Throttled)
def _too_many(_request: HttpRequest, error: Throttled) -> HttpResponse:
    response = problem(HTTPStatus.TOO_MANY_REQUESTS, "rate", _("Terlalu banyak permintaan. Tunggu sebentar."))
    response.headers["Retry-After"] = str(error.wait)
    return response


@api.exception_handler(SuspiciousOperation)
@api.exception_handler(BadRequest)
@api.exception_handler(MultiPartParserError)
def _unreadable(_request: HttpRequest, _error: Exception) -> HttpResponse:
    return problem(HTTPStatus.BAD_REQUEST, "request", _("Permintaan tidak dapat dibaca."))


# ------------------------------------------------------------------------------------------------------------------


def _complete(operation: dict[str, Any], *, scope: str) -> None:
    if scope:
        operation["security"] = [{Bearer.__name__: [scope]}]
    for status, words in COMMON.items():
        if scope or status not in ONLY_WITH_TOKEN:
            operation["responses"].setdefault(status, {"description": words})
    for status, response in operation["responses"].items():
        if status >= HTTPStatus.BAD_REQUEST:
            response["description"] = COMMON.get(status, response["description"])
            response["content"] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}


def _problem_schemas() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    return {**schema.pop("$defs"), "Problem": schema}


def scopes() -> dict[str, str]:
    """The scope that each operation declares, by its id; empty: for everybody."""
    declared = {}
    for router in api._get_bound_routers():  # noqa: SLF001 (ninja has no other way to its operations)
        for view in router.path_operations.values():
            for operation in view.operations:
                bearer = next((auth for auth in operation.auth_callbacks if isinstance(auth, Bearer)), None)
                declared[operation.view_func.__name__] = bearer.scope.value if bearer else ""
    return declared
