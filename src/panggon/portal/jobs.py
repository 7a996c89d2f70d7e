"""Looking after the jobs themselves and the disk, and the daily seal of the log."""

import logging

from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

from panggon.portal import logbook, room

# A worker says so often that it lives; one that was silent for longer is dead, and what it did comes back.
HEARTBEAT_SECONDS, SILENCE_SECONDS = 2.0, 10.0

logger = logging.getLogger(__name__)


@app.periodic(cron="* * * * * */5")
@app.task(name="portal.retry_stalled", pass_context=True, queueing_lock="portal.retry_stalled")
async def retry_stalled(context: JobContext, timestamp: int) -> None:
    """Bring back what a killed worker left behind; every job of ours can be run again."""
    jobs = context.app.job_manager
    for job in await jobs.get_stalled_jobs(seconds_since_heartbeat=SILENCE_SECONDS):
        if job.task_name != "portal.retry_stalled":
            logger.warning("job %s %s (%s) comes back", job.id, job.task_name, timestamp)
        try:
            await jobs.retry_job(job)
        except UniqueViolation:
            # One like it waits already, perhaps for the very lock that this one holds: that one does it all.
            await jobs.finish_job(job, status=Status.ABORTED, delete_job=True)


@app.periodic(cron="5 * * * *")
@app.task(name="portal.seal_log", queueing_lock="portal.seal_log")
def seal_log(timestamp: int) -> None:  # noqa: ARG001 (procrastinate gives it)
    """Every hour, so that a worker that was away at midnight makes it up; it seals once a day."""
    logbook.seal(at=timezone.now())


@app.periodic(cron="*/15 * * * *")
@app.task(name="portal.check_room", queueing_lock="portal.check_room")
def check_room(timestamp: int) -> None:  # noqa: ARG001
    """Before the disk is full."""
    room.check(now=timezone.now())
