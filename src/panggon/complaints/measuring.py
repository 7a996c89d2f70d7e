"""What the public figures of complaints are reckoned from."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Prefetch

from panggon.complaints.clock import was_in_time_when_answered
from panggon.complaints.models import Complaint, ComplaintEvent
from panggon.core.clock import ClockEffect
from panggon.core.complaint_vocabulary import ComplaintState
from panggon.core.figures import Answered, Period, month_of

ANSWERED = (ComplaintState.ANSWERED, ComplaintState.SETTLED, ComplaintState.CLOSED)
ROWS_AT_ONCE = 2_000


def filed_by_month() -> dict[Period, int]:
    """All that were told, also what turned out to be no complaint."""
    return _counted(Complaint.objects.values_list("filed_at", flat=True).order_by().iterator(ROWS_AT_ONCE))


def dismissed_by_month() -> dict[Period, int]:
    dismissed = Complaint.objects.filter(state=ComplaintState.DISMISSED)
    return _counted(dismissed.values_list("state_since", flat=True).order_by().iterator(ROWS_AT_ONCE))


def answered() -> Iterator[Answered]:
    """Every complaint whose answer holds, in the month of that answer."""
    ticking = ComplaintEvent.objects.exclude(clock=ClockEffect.NONE).order_by("sequence")
    rows = Complaint.objects.filter(state__in=ANSWERED).order_by("pk").only("state", "kind", "stopped_at")
    for complaint in rows.prefetch_related(Prefetch("events", ticking)).iterator(ROWS_AT_ONCE):
        in_time = was_in_time_when_answered(complaint)
        told = [event.at for event in complaint.events.all()][-1]
        if in_time is not None:
            yield Answered(_month(told), in_time)


# ------------------------------------------------------------------------------------------------------------------


def _counted(moments: Iterator[datetime]) -> dict[Period, int]:
    counts: dict[Period, int] = {}
    for moment in moments:
        month = _month(moment)
        counts[month] = counts.get(month, 0) + 1
    return counts


def _month(moment: datetime) -> Period:
    return month_of(moment.astimezone(ZoneInfo(settings.TIME_ZONE)).date())
