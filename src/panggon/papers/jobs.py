from django.utils import timezone
from procrastinate.contrib.django import app

from panggon.papers import signatories, sweeping


@app.periodic(cron="45 19 * * *")  # in the night of the office, after what is expired was erased; cron runs in UTC
@app.task(name="papers.sweep", lock="papers.sweep", queueing_lock="papers.sweep")
def sweep(timestamp: int) -> None:  # noqa: ARG001 (of the schedule)
    """Files that nothing names."""
    sweeping.sweep(now=timezone.now())


@app.periodic(cron="50 19 * * *")  # in the night of the office; cron runs in UTC
@app.task(name="papers.forget_signatories", queueing_lock="papers.forget_signatories")
def forget_signatories(timestamp: int) -> None:  # noqa: ARG001 (of the schedule)
    """The NIK of who does not sign any more."""
    signatories.forget(now=timezone.now())
