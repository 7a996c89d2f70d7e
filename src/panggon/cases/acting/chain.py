"""The part of an event that its digest covers."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from panggon.audit.chain import Link, salted
from panggon.cases.models import Event


def body(event: Event, *, case: str) -> Mapping[str, Any]:
    """Everything but the words of people; those are covered by the salted digest in `data`. `case` is its number."""
    return {
        "case": case,
        "sequence": event.sequence,
        "action": event.action,
        "actor": event.actor_id,
        "role": event.role,
        "acting": event.acting,
        "represented": event.represented_id,
        "at": event.at.astimezone(UTC).isoformat(),
        "source": event.source,
        "target": event.target,
        "clock": event.clock,
        "data": event.data,
    }


def link(event: Event, *, case: str) -> Link:
    return Link(event.sequence, body(event, case=case), event.previous, event.digest, _words_hold(event))


def _words_hold(event: Event) -> bool:
    """Words go only together with their salt (UU 27/2022)."""
    kept = event.data.get("words", "") if isinstance(event.data, dict) else ""
    if not event.salt:
        return event.note == ""
    return salted(event.note, salt=event.salt) == kept
