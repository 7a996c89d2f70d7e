"""What an act sets going in its own transaction, as jobs that are safe to repeat."""

from panggon.complaints.models import ComplaintEvent
from panggon.core.complaints.vocabulary import ComplaintEffect
from panggon.outbox import defer


def carry_out(effects: tuple[ComplaintEffect, ...], event: ComplaintEvent) -> None:
    for effect in effects:
        defer("complaints.carry_out", event=event.pk, effect=effect.value)
