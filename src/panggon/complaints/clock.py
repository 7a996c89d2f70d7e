"""When a complaint is due: until somebody handles it by one limit, then until it is solved by that of its kind."""

from datetime import datetime

from panggon.complaints.models import Complaint
from panggon.core.complaints.deadlines import due_at
from panggon.core.complaints.procedure import TABLE
from panggon.core.complaints.vocabulary import ComplaintState, Kind
from panggon.core.errors import Fault, InvalidError, PermanentError
from panggon.core.schedule.clock import ClockEffect, ClockEvent
from panggon.office.selectors import office
from panggon.office.values import Complaints, load
from panggon.schedule import selectors as schedule

STANDS_STILL = frozenset({ComplaintState.ANSWERED, ComplaintState.SETTLED}) | TABLE.finals


def limits_of(complaint: Complaint) -> Complaints:
    """Those that were set when it came in: what its complainant was promised."""
    limits: Complaints = load(complaint.limits, onto=office().complaints)
    return limits


def due_of(complaint: Complaint, *, now: datetime) -> datetime | None:
    """None while nothing is due of the dinas. Raises `InvalidError` `calendar.missing` in a year without a calendar."""
    if ComplaintState(complaint.state) in STANDS_STILL:
        return None
    limits = limits_of(complaint)
    days = limits.days_of(kind_of(complaint)) if complaint.taken_at else limits.first_response
    try:
        return due_at(_ticking(complaint), days=days, unit=limits.unit, now=now, calendar=schedule.calendar())
    except PermanentError as error:
        raise InvalidError((Fault(error.code, facts=error.facts),)) from error


def kind_of(complaint: Complaint) -> Kind:
    return Kind(complaint.kind) if complaint.kind else Kind.GRIEVANCE


def _ticking(complaint: Complaint) -> list[ClockEvent]:
    events = [ClockEvent(ClockEffect(event.clock), event.at) for event in complaint.events.all()]
    return [event for event in events if event.effect is not ClockEffect.NONE]
