"""Jobs that belong to a change: enqueued by name in the very transaction that makes the change, or not at all."""

from typing import Any

from django.db import transaction
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task

# Always Django's own connection. A worker gives procrastinate's application another one, and a job deferred over that
# would be there even when the transaction that it belongs to is rolled back.
_jobs = JobManager(DjangoConnector())


def defer(
    task: str, *, lock: str | None = None, once: str | None = None, queue: str | None = None, **arguments: Any
) -> None:
    """Enqueue a job. Jobs with one `lock` run one after the other; of jobs with one `once` only one may wait.

    `queue` None is the office's own; a job that talks to servers of others names another (`portal/working.py`).

    The savepoint keeps a job of `once` that is waiting already from breaking the transaction around.
    """
    deferrer = configure_task(name=task, job_manager=_jobs, lock=lock, queueing_lock=once, queue=queue)
    try:
        with transaction.atomic(savepoint=once is not None):
            deferrer.defer(**arguments)
    except AlreadyEnqueued:
        return
