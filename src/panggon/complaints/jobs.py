"""What follows from an act on a complaint, and from the passing of time. Each job can be killed and run again."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import override
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from panggon.complaints import (
    mail_jobs,  # noqa: F401 (the worker finds the tasks of mail_jobs by this)
    selectors,
    services,
    threads,
)
from panggon.complaints.models import Complaint, ComplaintAlert, ComplaintEvent
from panggon.complaints.telling import ADDED, NEAR, NEW, PAST, YOURS, Words, heads, holders, tell_of
from panggon.complaints.words import refused_words
from panggon.core.complaints.vocabulary import COMPLAINT_STATES, ComplaintAction, ComplaintEffect, ComplaintState
from panggon.core.errors import InvalidError, PermanentError
from panggon.core.notify.alerts import LATE, is_open, level_due
from panggon.core.notify.messages import MessageKind
from panggon.core.notify.notices import Occasion
from panggon.office.selectors import read_once
from panggon.outbox import defer
from panggon.schedule import selectors as schedule
from panggon.surveys import services as surveys
from panggon.surveys.models import Service

PATIENCE = RetryStrategy(max_attempts=8, exponential_wait=3)

logger = logging.getLogger(__name__)


@app.task(name="complaints.carry_out", retry=PATIENCE)
def carry_out(event: int, effect: str) -> None:
    EFFECTS[ComplaintEffect(effect)](selectors.event(event))


@app.periodic(cron="*/5 * * * *")
@app.task(name="complaints.watch", lock="complaints.watch", queueing_lock="complaints.watch")
@read_once()
def watch(timestamp: int) -> None:  # noqa: ARG001 (of the schedule; what counts is the time at which it runs)
    """In office hours: warn of what is due, and close what its complainant left silent."""
    now, calendar = timezone.now(), schedule.calendar()
    try:
        if not is_open(now, calendar=calendar):
            return
    except PermanentError as error:
        logger.warning("complaints are not watched: %s", error)
        return
    for complaint in selectors.unfinished():
        try:
            look_after(complaint, now=now)
        except (PermanentError, InvalidError) as error:
            logger.warning("%s: its time cannot be told: %s", complaint.number, error)


@app.periodic(cron="40 18 * * *")  # in the night of the office; cron runs in UTC
@app.task(name="complaints.erase_expired", queueing_lock="complaints.erase_expired", retry=PATIENCE)
def erase_expired(timestamp: int) -> None:  # noqa: ARG001 (the moment for which it was due)
    services.erase_expired(now=timezone.now())


def look_after(complaint: Complaint, *, now: datetime) -> None:
    if selectors.is_silent(complaint, now=now):
        words = "Tidak ada tanggapan pelapor sampai batas waktu."
        services.act(
            complaint.pk,
            action=ComplaintAction.CONFIRM,
            actor=None,
            data={"words": words},
            at=now,
            by_system=True,
            expected_version=complaint.version,
        )
    elif complaint.due_at is not None:
        _warn(complaint, complaint.due_at, now=now)


# ------------------------------------------------------------------------------------------------------------------


def _warn(complaint: Complaint, due: datetime, *, now: datetime) -> None:
    """By the hands of the clock: half of the time, four fifths, and all of it."""
    since = complaint.taken_at or complaint.filed_at
    given = max((alert.level for alert in complaint.alerts.filter(due_at=due)), default=0)
    level = level_due((now - since) / max(due - since, timedelta(minutes=1)), given=given)
    if level is None:
        return
    with transaction.atomic():
        _row, is_new = ComplaintAlert.objects.get_or_create(
            complaint=complaint, due_at=due, level=level, defaults={"at": now}
        )
        if is_new:
            late = heads(complaint, now=now) if level == LATE else []
            whom = dict.fromkeys([*holders(complaint, now=now), *late])
            reference = f"complaint-due:{complaint.pk}:{due:%Y%m%d%H%M}:{level}"
            words = PAST if level == LATE else NEAR
            tell_of(whom, complaint, words, reference=reference, occasion=Occasion.WARNING, at=now, level=level)


def _tell_officers(event: ComplaintEvent) -> None:
    _tell_those_who_have_it(event, NEW)


def _tell_holder(event: ComplaintEvent) -> None:
    _tell_those_who_have_it(event, ADDED if event.action == ComplaintAction.ADD else YOURS)


def _tell_those_who_have_it(event: ComplaintEvent, words: Words) -> None:
    complaint = event.complaint
    whom = [person for person in holders(complaint, now=event.at) if person.pk != event.actor_id]
    reference = f"complaint:{complaint.pk}:{event.sequence}"
    tell_of(whom, complaint, words, reference=reference, occasion=Occasion.YOUR_TURN, at=event.at)


def _write(event: ComplaintEvent, kind: MessageKind) -> None:
    """To the complainant's address, where there is one; all else is said on the page of number and code.

    It stands in the thread of what the complainant wrote by e-mail.
    """
    complaint = event.complaint
    if not complaint.email or event.data.get("unanswered"):
        return
    language = complaint.language
    with override(language):
        refused = refused_words(event.data.get("refused", []))
    label = COMPLAINT_STATES[ComplaintState(event.target)]
    facts = {
        "number": complaint.number,
        "subject": complaint.subject,
        "state": label.text,
        "next": label.next_words,
        "words": event.words,
        "path": selectors.tracking_path(complaint),
        "refused": refused,
        "thread": threads.thread_of(complaint),
        "follows": selectors.last_mail_ids(complaint),
    }
    reference = f"complaint:{complaint.pk}:{event.sequence}"
    defer("notify.write", kind=kind.value, reference=reference, to=complaint.email, facts=facts, language=language)


def _offer_survey(event: ComplaintEvent) -> None:
    complaint = event.complaint
    surveys.offer(Service.COMPLAINT, complaint.number, people=[], email=complaint.email, at=event.at)


EFFECTS: Mapping[ComplaintEffect, Callable[[ComplaintEvent], None]] = {
    ComplaintEffect.CONFIRM_RECEIPT: lambda event: _write(event, MessageKind.COMPLAINT_RECEIVED),
    ComplaintEffect.TELL_COMPLAINANT: lambda event: _write(event, MessageKind.COMPLAINT_MOVED),
    ComplaintEffect.SEND_REPLY: lambda event: _write(event, MessageKind.COMPLAINT_REPLY),
    ComplaintEffect.TELL_OFFICERS: _tell_officers,
    ComplaintEffect.TELL_HOLDER: _tell_holder,
    ComplaintEffect.INVITE_SURVEY: _offer_survey,
}
