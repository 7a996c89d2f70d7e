"""The part of a change that its digest covers."""

from datetime import UTC
from typing import Any

from panggon.audit.chain import Link
from panggon.audit.models import Change


def body(change: Change) -> dict[str, Any]:
    """All that the digest covers: what was changed by whom and when, and its contents as a salted digest."""
    return {
        "sequence": change.sequence,
        "subject": change.subject,
        "actor": change.actor_id,
        "at": change.at.astimezone(UTC).isoformat(),
        "contents": change.contents,
    }


def link(change: Change) -> Link:
    return Link(change.sequence, body(change), change.previous, change.digest)
