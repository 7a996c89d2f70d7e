"""What the passing of time and a changed calendar do to cases. Each job can be killed anywhere and run again."""

import logging

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from panggon.cases import selectors, services
from panggon.core.errors import PermanentError
from panggon.outbox import defer
from panggon.schedule import selectors as schedule

PATIENCE = RetryStrategy(max_attempts=8, exponential_wait=3)
BATCH = 200

logger = logging.getLogger(__name__)


@app.task(name="cases.recalculate", retry=PATIENCE)
def recalculate(after: int = 0) -> None:
    """Give the open cases the due moments of the present calendar, a batch at a time from the key `after` on.

    The next batch is no job that may wait only once: a calendar that changes meanwhile begins again at the first case.
    """
    calendar = schedule.calendar()
    cases = selectors.open_cases(after=after, most=BATCH)
    for case in cases:
        try:
            if selectors.due_of(case, calendar=calendar) != case.due_at:
                services.recalculate(case.pk, calendar=calendar, at=timezone.now())
        except PermanentError as error:
            logger.warning("%s keeps its due moment: %s", case.number, error)
    if len(cases) == BATCH:
        defer("cases.recalculate", lock="cases.recalculate", after=cases[-1].pk)
