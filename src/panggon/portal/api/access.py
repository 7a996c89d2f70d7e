"""Who may call an operation: the holder of a token with its scope, with its owner's rights and nobody else's."""

from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja.errors import AuthorizationError, Throttled
from ninja.security import HttpBearer

from panggon.tokens import selectors, services
from panggon.tokens.models import Scope, Token

WINDOW_SECONDS = 60


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
        if not found.allows(self.scope):
            raise lacking(self.scope)
        if not _allowed(found):
            raise Throttled(wait=WINDOW_SECONDS)
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


def _allowed(token: Token) -> bool:
    """Counts this request; False when the token has used up those of this minute."""
    key = f"api.token:{token.pk}"
    cache.add(key, 0, timeout=WINDOW_SECONDS)
    try:
        return cache.incr(key) <= settings.PANGGON_API_RATE
    except ValueError:  # the minute ended between the two calls
        return True
