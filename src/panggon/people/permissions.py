"""Who may call a page. Every view declares one of these; a test walks the URLs and refuses a view without one."""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from panggon.core.cases.vocabulary import Role
from panggon.people import selectors

View = Callable[..., HttpResponseBase]


class Permission(StrEnum):
    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    APPLICANT = "applicant"
    OFFICIAL = "official"
    HOLDERS = "holders"
    PROGRAM = "program"


def public(view: View) -> View:
    """For everybody, without personal data."""
    return _declare(view, Permission.PUBLIC)


def signed_in(view: View) -> View:
    """For every account; which rows it sees is the selectors' business."""
    return _declare(login_required(view), Permission.SIGNED_IN)


def applicant(view: View) -> View:
    """For people of an agency, and for the dinas's registrar who enters a letter brought on paper."""
    checked = _checked(view, lambda user: selectors.may_apply(user, now=timezone.now()))
    return _declare(login_required(checked), Permission.APPLICANT)


def official(view: View) -> View:
    """For whoever holds a post of the dinas, or acts in one."""
    checked = _checked(view, lambda user: selectors.is_official(user, now=timezone.now()))
    return _declare(login_required(checked), Permission.OFFICIAL)


def holders(*roles: Role) -> Callable[[View], View]:
    """For whoever has one of these posts in hand."""

    def declared(view: View) -> View:
        checked = _checked(view, lambda user: not selectors.roles_of(user, now=timezone.now()).isdisjoint(roles))
        return _declare(login_required(checked), Permission.HOLDERS)

    return declared


def with_token(view: View) -> View:
    """For programs; which token each operation wants is declared there (`portal/api`)."""
    return _declare(view, Permission.PROGRAM)


def permission_of(view: View) -> Permission | None:
    """What a view of the URL configuration has declared."""
    return getattr(view, "panggon_permission", None)


def _checked(view: View, allowed: Callable[[Any], bool]) -> View:
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not allowed(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return checked


def _declare(view: View, permission: Permission) -> View:
    @wraps(view)
    def declared(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs)

    declared.panggon_permission = permission  # type: ignore[attr-defined]
    return declared
