"""The desk's stamp on what an OPD brought on paper, for the acts that the registrar enters in its stead."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from panggon.cases.models import Case
from panggon.core.cases.procedure import Action, Role
from panggon.core.errors import Fault, InvalidError
from panggon.core.schedule.clock import ClockEffect
from panggon.core.schedule.desk import FIELD, stamp_faults
from panggon.papers.dates import OFFICE_ZONE

# What an OPD does itself, and what therefore may lie on the desk before somebody enters it.
STAMPED = frozenset({Action.SUBMIT, Action.RESUBMIT, Action.CONFIRM, Action.REPORT_NO_ACCESS, Action.WITHDRAW})


def stamp_of(case: Case, action: Action, role: Role, data: Mapping[str, Any], *, at: datetime) -> datetime | None:
    """The moment of the stamp in UTC; None when none was given. Raises `InvalidError` `stamp.…`."""
    stamp = data.get(FIELD)
    if stamp is None:
        return None
    if role is not Role.REGISTRAR or action not in STAMPED:
        raise InvalidError((Fault("stamp.not_desk", FIELD),))
    last = _last_moment(case)
    reason = str(data.get("stamp_reason") or "")
    faults = stamp_faults(stamp, now=at, zone=OFFICE_ZONE, letter_date=case.letter_date, last=last, reason=reason)
    if faults:
        raise InvalidError(faults)
    return max(stamp, last or stamp).astimezone(UTC)


def _last_moment(case: Case) -> datetime | None:
    last = case.events.exclude(clock=ClockEffect.NONE).order_by("sequence").last()
    return last.counts_at if last else None
