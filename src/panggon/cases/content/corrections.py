"""What the OPD was asked to add or mend: the open list, each reason at its field, and the rounds before."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from panggon.cases.content.checklist import ITEMS, words_of
from panggon.cases.content.parts import events_of
from panggon.cases.models import Case, Correction
from panggon.core.cases.procedure import Action


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing to mend; `field` is where the OPD's form shows it, empty when it concerns the whole."""

    item: str
    field: str
    words: str


@dataclass(frozen=True, slots=True)
class Round:
    """What was asked for at once; `resolved_at` is None while the OPD has not answered."""

    asked_at: datetime
    resolved_at: datetime | None
    reasons: tuple[Reason, ...]


def rounds(case: Case) -> tuple[Round, ...]:
    """Every round, the newest first."""
    if all(event.action != Action.RETURN_TO_APPLICANT for event in events_of(case)):
        return ()
    together = groupby(case.corrections.order_by("asked_at", "id"), key=attrgetter("asked_at"))
    asked = [(at, list(rows)) for at, rows in together]
    return tuple(Round(at, rows[0].resolved_at, tuple(map(_reason, rows))) for at, rows in reversed(asked))


def open_reasons(case: Case) -> tuple[Reason, ...]:
    """What the OPD still has to add or mend."""
    return tuple(map(_reason, case.corrections.filter(resolved_at=None)))


def corrections_for(case: Case) -> dict[str, tuple[str, ...]]:
    """The open reasons by the field of the OPD's form that each one concerns."""
    found: dict[str, tuple[str, ...]] = {}
    for reason in open_reasons(case):
        if reason.field:
            found[reason.field] = (*found.get(reason.field, ()), reason.words)
    return found


def _reason(row: Correction) -> Reason:
    known = ITEMS.get(row.item)
    return Reason(words_of(row.item) if row.item else "", known.field if known else "", row.reason)
