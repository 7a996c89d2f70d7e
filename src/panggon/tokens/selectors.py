import hashlib
from datetime import datetime

from django.db.models import QuerySet

from panggon.office.selectors import office
from panggon.people.models import User
from panggon.tokens.models import Scope, Token


def token_of(secret: str, *, now: datetime) -> Token | None:
    """Whose token this is; None for one that is unknown, expired or withdrawn, and when its owner's account is closed.

    It is looked up by its hash, so that no comparison of secrets can be timed.
    """
    found = Token.objects.select_related("owner__agency").filter(sha256=sha256(secret), owner__is_active=True).first()
    return found if found and found.is_valid(now=now) else None


def tokens_of(owner: User) -> QuerySet[Token]:
    """Those that were not withdrawn, the newest first."""
    return Token.objects.filter(owner=owner, withdrawn_at=None)


def scopes() -> list[Scope]:
    """What can be asked for in this installation."""
    return [scope for scope in Scope if _is_open(scope)]


def allows(token: Token, scope: Scope) -> bool:
    """Whether the token has this scope, and the department leaves it to programs at all."""
    return scope in token.scopes and _is_open(scope)


def _is_open(scope: Scope) -> bool:
    return scope is not Scope.CASES_DECIDE or office().programs.decide


def sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
