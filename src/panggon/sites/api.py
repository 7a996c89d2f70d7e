"""The interface of the nodes: JSON in, JSON out, a bearer's token; see `docs/architecture.md`."""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from panggon.core.errors import InvalidError, PermanentError
from panggon.people.permissions import View, public
from panggon.sites import availability, machines, messages, reports, resending, selectors
from panggon.sites.models import Node, Purpose, Wish
from panggon.sites.waiting import wait_for_wish

BODY_MOST = 1024 * 1024  # bytes
WAIT_MOST = 25.0  # seconds

NodeView = Callable[..., HttpResponse]


def _error(status: int, code: str, **more: Any) -> HttpResponse:
    return JsonResponse({"error": code, **more}, status=status)


def _answering(method: str) -> Callable[[NodeView], View]:
    """One method only, a body of bounded size that is a JSON object, and faults as answers."""

    def decorate(view: NodeView) -> View:
        @public
        @wraps(view)
        def answered(request: HttpRequest, **arguments: Any) -> HttpResponse:
            if request.method != method:
                return _error(405, "method")
            if int(request.headers.get("Content-Length") or 0) > BODY_MOST:
                return _error(413, "too_large")
            try:
                return view(request, message=_message(request), **arguments)
            except InvalidError as error:
                return _error(400, "invalid", fields=[fault.field for fault in error.faults])

        return answered

    return decorate


def _message(request: HttpRequest) -> Mapping[str, Any]:
    """The body as a JSON object of text that the database can keep."""
    if request.method != "POST":
        return {}
    try:
        message = json.loads(request.body)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, Mapping) or not messages.can_be_kept(message):
        raise messages.invalid("")
    return message


def _of_node(view: NodeView) -> NodeView:
    """Only for the bearer of a node's token; the view is given the node."""

    @wraps(view)
    def checked(request: HttpRequest, **arguments: Any) -> HttpResponse:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        node = selectors.node_of(token.strip()) if scheme == "Bearer" else None
        if node is None:
            return _error(401, "token")
        return view(request, node=node, **arguments)

    return checked


@_answering("POST")
def enroll(_request: HttpRequest, *, message: Mapping[str, Any]) -> HttpResponse:
    facts = messages.facts_of(message)
    code, name = (messages.required_text(message, field, 100) for field in ("code", "name"))
    try:
        node, token = machines.enrol(code, name=name, facts=facts, at=timezone.now())
    except PermanentError as error:
        return _error(403, error.code)
    return JsonResponse({"node": node.pk, "token": token})


@_answering("GET")
@_of_node
def next_wish(request: HttpRequest, *, node: Node, message: Mapping[str, Any]) -> HttpResponse:  # noqa: ARG001
    machines.saw(node, at=timezone.now())
    try:
        seconds = min(max(float(request.GET.get("wait", 0)), 0.0), WAIT_MOST)
    except ValueError as error:
        raise messages.invalid("wait") from error
    wish = wait_for_wish(node, seconds=seconds)
    return HttpResponse(status=204) if wish is None else JsonResponse(_document(wish))


@_answering("POST")
@_of_node
def progress(_request: HttpRequest, *, node: Node, message: Mapping[str, Any], number: int) -> HttpResponse:
    wish = Wish.objects.filter(pk=number, site__node=node, taken_at__isnull=False).first()
    if wish is None:
        return _error(404, "wish")
    reports.store_progress(wish, messages.progress_of(message), at=timezone.now())
    return HttpResponse(status=204)


@_answering("POST")
@_of_node
def report(_request: HttpRequest, *, node: Node, message: Mapping[str, Any], number: int) -> HttpResponse:
    known = reports.store_report(number, node, messages.report_of(message), at=timezone.now())
    return HttpResponse(status=204) if known else _error(404, "wish")


@_answering("POST")
@_of_node
def logins(_request: HttpRequest, *, node: Node, message: Mapping[str, Any]) -> HttpResponse:
    reports.store_logins(node, messages.logins_of(message))
    return HttpResponse(status=204)


@_answering("POST")
@_of_node
def visits(_request: HttpRequest, *, node: Node, message: Mapping[str, Any]) -> HttpResponse:
    availability.count(node, messages.visits_of(message), at=timezone.now())
    return HttpResponse(status=204)


@_answering("POST")
@_of_node
def status(_request: HttpRequest, *, node: Node, message: Mapping[str, Any]) -> HttpResponse:
    version = messages.required_text(message, "version", 40)
    reduced, drift = messages.texts(message, "reduced"), messages.texts(message, "drift")
    facts = {"php_versions": list(messages.texts(message, "php_versions"))}
    generations, health = messages.generations_of(message), messages.health_of(message)
    machines.said(node, at=timezone.now(), version=version, reduced=reduced, drift=drift, health=health, facts=facts)
    if generations is not None:
        resending.compare(node, generations, at=timezone.now())
    return HttpResponse(status=204)


def _document(wish: Wish) -> dict[str, Any]:
    return {
        "wish": wish.pk,
        "mode": Purpose(wish.purpose).mode,
        "spec": wish.spec,
        "approved_digest": wish.approved_digest,
        "credentials": reports.credentials(wish),
    }
