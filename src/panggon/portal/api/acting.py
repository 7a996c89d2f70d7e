"""Doing a step by the API: which version was looked at, and what to say when somebody was faster."""

import re
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from panggon.cases import selectors
from panggon.cases.acting.inputs import FIELDS, FILES
from panggon.cases.words import fault_words
from panggon.core.cases.procedure import ACTION_LABELS, ROLE_LABELS, Action, Role
from panggon.core.errors import Fault, InvalidError
from panggon.portal.api.inputs import EXTRA, LISTS
from panggon.portal.api.problems import CHANGED, ChangeOut, problem

DECIDING = frozenset({Action.APPROVE, Action.REFUSE})
_NAMED = {name for table in (FIELDS, EXTRA) for names in table.values() for name in names}
_TEXTS = sorted({"reasons", "note", *_NAMED} - {*LISTS, *FILES})


def _body(properties: dict[str, Any], *, required: list[str]) -> dict[str, Any]:
    files = {name: {"type": "string", "format": "binary"} for name in FILES}
    form = {
        "type": "object",
        "properties": {**properties, **files},
        "required": required,
        "additionalProperties": False,
    }
    return {"requestBody": {"required": bool(required), "content": {"multipart/form-data": {"schema": form}}}}


_INPUTS: dict[str, Any] = {
    **{name: {"type": "string"} for name in _TEXTS},
    **{name: {"type": "array", "items": {"type": "string"}} for name in sorted(LISTS)},
}
ACT_BODY = _body({"expected_version": {"type": "integer", "minimum": 0}, **_INPUTS}, required=["expected_version"])
DRAFT_BODY = _body({name: {"type": "string"} for name in FIELDS[Action.SAVE_DRAFT]}, required=[])


def expected_version(request: HttpRequest) -> int:
    """Raises `InvalidError` when it is not given."""
    said = request.POST.get("expected_version", "")
    if not re.fullmatch("[0-9]{1,9}", said):
        words = (_("Sebutkan versi permohonan yang Anda lihat."),)
        raise InvalidError((Fault("field.invalid", "expected_version", {"words": words}),))
    return int(said)


def changed(case: Any, version: int) -> HttpResponse:
    """Nothing was done, because somebody acted since that version; what came between, the oldest first."""
    events = [event for event in selectors.timeline(case) if event.sequence > version]
    if events:
        last = events[-1]
        detail = fault_words(Fault(CHANGED, facts={"actor": str(last.actor or ROLE_LABELS[Role.SYSTEM])}))
    else:
        detail = _("Permohonan ini belum mencapai versi itu.")
    return problem(HTTPStatus.CONFLICT, "changed", detail, changes=[_change(event) for event in events])


def _change(event: Any) -> ChangeOut:
    return ChangeOut(
        sequence=event.sequence,
        action=event.action,
        label=ACTION_LABELS[Action(event.action)].text,
        actor=str(event.actor or ROLE_LABELS[Role.SYSTEM]),
        at=event.at,
    )
