"""What the public figures of complaints are reckoned from."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from panggon.complaints.models import Complaint
from panggon.core.complaints.vocabulary import ComplaintState
from panggon.core.surveys.figures import Answered, Period, month_of

ANSWERED = (ComplaintState.ANSWERED, ComplaintState.SETTLED, ComplaintState.CLOSED)
ROWS_AT_ONCE = 2_000


def filed_by_month() -> dict[Period, int]:
    """All that were told, also what turned out to be no complaint."""
    return _counted(Complaint.objects.values_list("filed_at", flat=True).order_by().iterator(ROWS_AT_ONCE))


def dismissed_by_month() -> dict[Period, int]:
    dismissed = Complaint.objects.filter(state=ComplaintState.DISMISSED)
    return _counted(dismissed.values_list("state_since", flat=True).order_by().iterator(ROWS_AT_ONCE))


def answered() -> Iterator[Answered]:
    """Every complaint whose answer holds, in the month of that answer; in time by what it was promised."""
    rows = Complaint.objects.filter(state__in=ANSWERED).order_by()
    for told, due in rows.values_list("stopped_at", "was_due_at").iterator(ROWS_AT_ONCE):
        if told and due:
            yield Answered(_month(told), told <= due)


# ------------------------------------------------------------------------------------------------------------------


def _counted(moments: Iterator[datetime]) -> dict[Period, int]:
    counts: dict[Period, int] = {}
    for moment in moments:
        month = _month(moment)
        counts[month] = counts.get(month, 0) + 1
    return counts


def _month(moment: datetime) -> Period:
    return month_of(moment.astimezone(ZoneInfo(settings.TIME_ZONE)).date())
