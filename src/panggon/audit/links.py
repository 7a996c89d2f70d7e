"""The part of a change that its digest covers."""

from datetime import UTC
from typing import Any

from panggon.audit.chain import Link, salted
from panggon.audit.models import Change
from panggon.core.node.planning.resources import canonical


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
    return Link(change.sequence, body(change), change.previous, change.digest, _contents_hold(change))


def _contents_hold(change: Change) -> bool:
    """Contents go only together with their salt (UU 27/2022)."""
    contents = [change.reason, change.before, change.after]
    if not change.salt:
        return contents == ["", None, None]
    return salted(canonical(contents), salt=change.salt) == change.contents
