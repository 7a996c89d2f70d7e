"""What the public figures are reckoned from: every request, row by row, in constant memory and without any lock."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import starmap
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, QuerySet
from django.db.models.functions import TruncMonth

from panggon.cases.filters import HANDED_OVER
from panggon.cases.models import Case
from panggon.core.cases.procedure import State, step_under_way
from panggon.core.cases.shares import seconds_by_step
from panggon.core.errors import PermanentError
from panggon.core.schedule.timeline import Timeline, timeline
from panggon.core.surveys.figures import Period, Served, month_of
from panggon.schedule import selectors as schedule

ROWS_AT_ONCE = 2_000
# Each request with its events in one text, "moment state effect": fetching every event as a row takes three times as
# long. The moment is the desk's stamp where one was recorded, as `Event.counts_at`.
_SERVED = """
SELECT (stopped_at AT TIME ZONE %s)::date, stopped_at <= due_at, working_seconds, (
    SELECT string_agg(
        date_part('epoch', coalesce((data->>'stamped_at')::timestamptz, at))::bigint || ' ' || target || ' ' || clock,
        ',' ORDER BY sequence
    ) FROM cases_event WHERE case_id = cases_case.id
)
FROM cases_case
WHERE state = ANY(%s) AND stopped_at IS NOT NULL AND due_at IS NOT NULL AND working_seconds IS NOT NULL
"""
_STEPS = {state.value: step_under_way(state) for state in State}


def sent_by_month() -> dict[Period, int]:
    return _by_month(Case.objects.exclude(submitted_at=None), "submitted_at")


def ended_by_month(state: State) -> dict[Period, int]:
    """How many were stopped in this state: withdrawn, or refused."""
    return _by_month(Case.objects.filter(state=state).exclude(stopped_at=None), "stopped_at")


def served(*, now: datetime) -> Iterator[Served]:
    """Every request that was handed over."""
    zone = ZoneInfo(settings.TIME_ZONE)
    line = timeline(schedule.calendar(), last=now.astimezone(zone).date())
    states = sorted(state.value for state in HANDED_OVER)
    connection.ensure_connection()
    # The server hands the rows over bit by bit, which wants a transaction.
    with transaction.atomic(), connection.connection.cursor("served") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        yield from starmap(_Measured(line), cursor.execute(_SERVED, [str(zone), states]))


class _Measured:
    def __init__(self, line: Timeline) -> None:
        self._line = line

    def __call__(self, day: date, in_time: bool, seconds: int, events: str | None) -> Served:
        return Served(month_of(day), in_time, seconds, self._by_step(events or ""))

    def _by_step(self, events: str) -> dict[int, int]:
        """Nothing of a request from before the calendar is known."""
        words = (event.split(" ") for event in events.split(",") if event)
        try:
            return seconds_by_step(((int(at), _STEPS[target], clock) for at, target, clock in words), line=self._line)
        except PermanentError:
            return {}


def _by_month(rows: QuerySet[Case], column: str) -> dict[Period, int]:
    month: Any = TruncMonth(column, tzinfo=ZoneInfo(settings.TIME_ZONE))
    counted = rows.order_by().values_list(month).annotate(Count("pk"))
    return {Period(first.year, month=first.month): count for first, count in counted}
