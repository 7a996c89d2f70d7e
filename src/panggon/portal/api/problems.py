"""What goes wrong, as RFC 9457 says it: a code for programs, a sentence for people, and each fault at its field."""

from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Field, Schema

from panggon.cases.words import fault_words
from panggon.core.errors import Fault

MEDIA_TYPE = "application/problem+json"
CHANGED = "case.changed"


class FaultOut(Schema):
    code: str = Field(description="The rule that is broken, for example `label.taken`.")
    field: str = Field(description="The input that breaks it; empty: the whole.")
    detail: str = Field(description="A sentence for people, in Indonesian.")


class ChangeOut(Schema):
    """What somebody did meanwhile."""

    sequence: int
    action: str
    label: str
    actor: str
    at: datetime


class Problem(Schema):
    type: str = Field(description="`urn:panggon:problem:<code>`")
    title: str
    status: int
    code: str = Field(
        description="`changed`, `invalid`, `scope`, `token`, `rate`, `forbidden`, `not_found`, `request`, `unavailable`"
    )
    detail: str = Field(description="A sentence for people, in Indonesian.")
    errors: list[FaultOut] = Field(default=[], description="With `invalid`: every fault at once.")
    changes: list[ChangeOut] = Field(default=[], description="With `changed`: what came between, the oldest first.")


def problem(status: HTTPStatus, code: str, detail: object, **more: Any) -> HttpResponse:
    said = Problem(
        type=f"urn:panggon:problem:{code}", title=status.phrase, status=status, code=code, detail=str(detail), **more
    )
    return JsonResponse(said.model_dump(mode="json"), status=status, content_type=MEDIA_TYPE)


def invalid(faults: Iterable[FaultOut]) -> HttpResponse:
    errors = list(faults)
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", " ".join(fault.detail for fault in errors), errors=errors
    )


def of_rule(fault: Fault) -> FaultOut:
    return FaultOut(code=fault.code, field=fault.field, detail=fault_words(fault))


def of_shape(error: dict[str, Any]) -> FaultOut:
    """What pydantic says of a parameter."""
    return FaultOut(code=f"parameter.{error['type']}", field=str(error["loc"][-1]), detail=str(error["msg"]))


def asks_for_token(request: HttpRequest, detail: object) -> HttpResponse:  # noqa: ARG001 (as ninja calls it)
    response = problem(HTTPStatus.UNAUTHORIZED, "token", detail)
    response.headers["WWW-Authenticate"] = 'Bearer realm="panggon"'
    return response
