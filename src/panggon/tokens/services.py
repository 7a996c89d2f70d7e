"""The only writer of tokens."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q

from panggon.audit.services import record
from panggon.people.models import User
from panggon.tokens.models import Scope, Token
from panggon.tokens.selectors import sha256, tokens_of

PREFIX = "pgn_"  # so that a token in a file or a log is seen to be one
EXACTNESS = timedelta(hours=1)
WINDOW = timedelta(minutes=1)
# One statement, so that of requests at the same moment each is counted, by however many processes.
SPEND = """
    INSERT INTO tokens_spent AS spent (token_id, since, requests) VALUES (%(token)s, %(at)s, 1)
    ON CONFLICT (token_id) DO UPDATE SET
        since = CASE WHEN spent.since <= %(over)s THEN %(at)s ELSE spent.since END,
        requests = CASE WHEN spent.since <= %(over)s THEN 1 ELSE spent.requests + 1 END
    RETURNING since, requests
"""


@transaction.atomic
def make(owner: User, *, name: str, scopes: Collection[Scope], days: int, at: datetime) -> tuple[Token, str]:
    """A new token and its text, which is shown once and kept nowhere."""
    secret = PREFIX + secrets.token_urlsafe(32)
    token = Token.objects.create(
        owner=owner,
        name=name,
        scopes=sorted(scopes),
        sha256=sha256(secret),
        made_at=at,
        expires_at=at + timedelta(days=days),
    )
    record(_subject(token), before=None, after=_said(token), actor=owner, at=at)
    return token, secret


@transaction.atomic
def withdraw(owner: User, token: int, *, at: datetime) -> bool:
    """From now on it opens nothing; False when the owner has no such token."""
    found = tokens_of(owner).select_for_update().filter(pk=token).first()
    if found is None:
        return False
    found.withdrawn_at = at
    found.save(update_fields=["withdrawn_at"])
    record(_subject(found), before=_said(found), after=None, actor=owner, at=at)
    return True


def mark_used(token: Token, *, at: datetime) -> None:
    """To the hour, so that reading does not become writing."""
    stale = Q(last_used_at=None) | Q(last_used_at__lt=at - EXACTNESS)
    if token.last_used_at is None or token.last_used_at < at - EXACTNESS:
        Token.objects.filter(stale, pk=token.pk).update(last_used_at=at)


def spend(token: Token, *, most: int, at: datetime) -> timedelta | None:
    """Counts a request; how long to wait when the token has made more than `most` in its present minute, else None."""
    with connection.cursor() as cursor:
        cursor.execute(SPEND, {"token": token.pk, "at": at, "over": at - WINDOW})
        since, requests = cursor.fetchone()
    return since + WINDOW - at if requests > most else None


def _subject(token: Token) -> str:
    return f"tokens.token:{token.pk}"


def _said(token: Token) -> dict[str, object]:
    return {"name": token.name, "scopes": token.scopes, "expires_at": token.expires_at.isoformat()}
