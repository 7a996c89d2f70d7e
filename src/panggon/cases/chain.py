"""The part of an event that its digest covers."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from panggon.audit.chain import Link
from panggon.cases.models import Event


def body(event: Event) -> Mapping[str, Any]:
    """Everything but the words of people; those are covered by the salted digest in `data`."""
    return {
        "case": event.case.number,
        "sequence": event.sequence,
        "action": event.action,
        "actor": event.actor_id,
        "role": event.role,
        "at": event.at.astimezone(UTC).isoformat(),
        "source": event.source,
        "target": event.target,
        "clock": event.clock,
        "data": event.data,
    }


def link(event: Event) -> Link:
    return Link(event.sequence, body(event), event.previous, event.digest)
