"""Whether the sign-in at a provider counts as a second factor (OpenID Connect Core, 2: `acr`, `amr`; RFC 8176)."""

from collections.abc import Collection, Mapping
from typing import Any

# Methods of RFC 8176 that are no more than what a password is.
KNOWLEDGE = frozenset({"pwd", "kba"})


def is_second_factor(claims: Mapping[str, Any], *, acr: Collection[str], amr: Collection[str]) -> bool:
    """Whether the claims of an ID token name a class (`acr`) or a method (`amr`) that is trusted for it."""
    return not _words(claims.get("acr")).isdisjoint(acr) or not _words(claims.get("amr")).isdisjoint(amr)


def _words(said: object) -> frozenset[str]:
    """Some providers send one word where the specification has a list; what is neither says nothing."""
    words = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    return frozenset(word for word in words if isinstance(word, str))
