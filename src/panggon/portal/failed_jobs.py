"""The administrator's page of the worker's jobs that failed and are not tried again by themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import connection, transaction
from django.db.models import Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from procrastinate.contrib.django.models import ProcrastinateJob

from panggon.audit.services import record
from panggon.core.cases.vocabulary import Role
from panggon.outbox import defer
from panggon.paging import page_of
from panggon.people.permissions import holders
from panggon.portal.job_words import ELSEWHERE, WORDS

A_PAGE = 20


@dataclass(frozen=True, slots=True)
class Row:
    """`about` are the keys of the rows that the job was for, as its task names them; never what people wrote."""

    number: int
    words: Any
    task: str
    about: str
    attempts: int
    failed_at: datetime | None


def failed() -> QuerySet[ProcrastinateJob]:
    """The latest first. Each has been tried as often as its task says."""
    ended = Max("procrastinateevent__at", filter=Q(procrastinateevent__type="failed"))
    jobs = ProcrastinateJob.objects.filter(status="failed").exclude(task_name__in=ELSEWHERE)
    return jobs.annotate(failed_at=ended).order_by("-failed_at", "-id")


@holders(Role.ADMINISTRATOR)
@require_GET
def failed_jobs(request: HttpRequest) -> HttpResponse:
    jobs = failed().values("pk", "task_name", "args", "attempts", "failed_at")
    page = page_of(request, jobs, size=A_PAGE)
    context = {"page": page, "rows": [_row(job) for job in page.object_list]}
    return render(request, "panggon/failed_jobs.html", context)


@holders(Role.ADMINISTRATOR)
@require_POST
def run_again(request: HttpRequest, job: int) -> HttpResponse:
    """Every job of ours can be run again, and one like it that waits already does it all."""
    with transaction.atomic():
        found = _take(job, actor=request.user, after="run_again")
        if found is not None:  # pressed twice, it is on its way
            defer(found.task_name, lock=found.lock, once=found.queueing_lock, queue=found.queue_name, **found.args)
    messages.success(request, _("Pekerjaan dijalankan lagi."), "positive")
    return redirect("failed_jobs")


@holders(Role.ADMINISTRATOR)
@require_POST
def drop(request: HttpRequest, job: int) -> HttpResponse:
    with transaction.atomic():
        _take(job, actor=request.user, after="dropped")
    messages.success(request, _("Pekerjaan dihapus dari daftar."), "positive")
    return redirect("failed_jobs")


# ------------------------------------------------------------------------------------------------------------------


def _row(job: Mapping[str, Any]) -> Row:
    task = job["task_name"]
    about = ", ".join(f"{name} {value}" for name, value in job["args"].items() if name != "timestamp")
    return Row(job["pk"], WORDS.get(task, task), task, about, job["attempts"], job["failed_at"])


def _take(number: int, *, actor: Any, after: str) -> ProcrastinateJob | None:
    """Off the list; None when it is not on it any more."""
    job = ProcrastinateJob.objects.select_for_update().filter(pk=number, status="failed").first()
    if job is None:
        return None
    with connection.cursor() as cursor:  # the library's models are for reading
        cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [number])
    told = {"task": job.task_name, "state": "failed"}
    record(f"portal.job:{number}", before=told, after={**told, "state": after}, actor=actor, at=timezone.now())
    return job
