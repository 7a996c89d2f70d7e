"""Who may call an operation: the holder of a token with its scope, with its owner's rights and nobody else's."""

from math import ceil
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja.errors import AuthorizationError, Throttled
from ninja.security import HttpBearer

from panggon.office.selectors import office
from panggon.tokens import selectors, services
from panggon.tokens.models import Scope, Token


class Bearer(HttpBearer):
    """Cookies are of no use here, so that no page of somebody else can make a browser act."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> Token | None:
        now = timezone.now()
        found = selectors.token_of(token, now=now)
        if found is None:
            return None
        if not selectors.allows(found, self.scope):
            raise lacking(self.scope)
        wait = services.spend(found, most=office().programs.requests, at=now)
        if wait:
            raise Throttled(wait=ceil(wait.total_seconds()))
        services.mark_used(found, at=now)
        request.user = found.owner
        return found


def requires(scope: Scope) -> Any:
    """For holders of a token with this scope."""
    return Bearer(scope)


def lacking(scope: Scope) -> AuthorizationError:
    return AuthorizationError(message=_("Token ini tidak mempunyai izin %(scope)s.") % {"scope": scope})


def refuse(_request: HttpRequest) -> None:
    """What an operation gets that declares nothing: nobody may call it."""


PUBLIC: Any = None  # for everybody, without personal data
