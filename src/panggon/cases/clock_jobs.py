"""What the passing of time and a changed calendar do to cases. Each job can be killed anywhere and run again."""

import logging

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from panggon.cases import selectors, services
from panggon.cases.attention import unattended, watching
from panggon.core.errors import PermanentError
from panggon.office.selectors import read_once
from panggon.outbox import defer
from panggon.schedule import selectors as schedule

PATIENCE = RetryStrategy(max_attempts=8, exponential_wait=3)
BATCH = 200

logger = logging.getLogger(__name__)


@app.task(name="cases.recalculate", retry=PATIENCE)
@read_once()
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


@app.periodic(cron="*/5 * * * *")
@app.task(name="cases.watch", lock="cases.watch", queueing_lock="cases.watch")
@read_once()
def watch(timestamp: int) -> None:  # noqa: ARG001 (of the schedule; what counts is the time at which it runs)
    """In office hours: warn of deadlines, remind OPDs, withdraw what stayed unanswered. Late runs skip nothing."""
    calendar = schedule.calendar()
    if not watching.may_speak(timezone.now(), calendar=calendar):
        return
    rules = schedule.reminders()
    for case in selectors.watched_cases():
        try:
            watching.watch(case, now=timezone.now(), calendar=calendar, rules=rules)
        except PermanentError as error:
            logger.warning("%s: its time cannot be told: %s", case.number, error)


@app.periodic(cron="*/5 * * * *")
@app.task(name="cases.check_posts", queueing_lock="cases.check_posts")
@read_once()
def check_posts(timestamp: int) -> None:  # noqa: ARG001
    """In office hours: tell whoever can help of cases that wait for a post that nobody has."""
    now = timezone.now()
    if watching.may_speak(now, calendar=schedule.calendar()):
        unattended.tell_of_posts(now=now)
        unattended.tell_of_technicians(now=now)


@app.periodic(cron="15 1 * * 1-5")  # 08.15 WIB
@app.task(name="cases.check_calendar", queueing_lock="cases.check_calendar")
def check_calendar(timestamp: int) -> None:  # noqa: ARG001
    """Tell the administrator, once a week, of a year that deadlines will fall in and whose days are not known yet."""
    watching.check_calendar(now=timezone.now())
