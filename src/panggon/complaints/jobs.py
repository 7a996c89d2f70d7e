"""What follows from an act on a complaint, and from the passing of time. Each job can be killed and run again."""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from panggon.complaints import selectors, services
from panggon.complaints.models import Complaint, ComplaintAlert, ComplaintEvent
from panggon.core.alerts import LATE, is_open, level_due
from panggon.core.complaint_vocabulary import (
    COMPLAINT_STATES,
    SOURCE_LABELS,
    ComplaintAction,
    ComplaintEffect,
    ComplaintState,
    Source,
)
from panggon.core.errors import InvalidError, PermanentError
from panggon.core.messages import MessageKind
from panggon.core.notices import Occasion
from panggon.core.vocabulary import Role
from panggon.notify.services import tell
from panggon.office.selectors import read_once
from panggon.outbox import defer
from panggon.papers.dates import moment_words
from panggon.people import selectors as people
from panggon.people.models import User
from panggon.schedule import selectors as schedule
from panggon.surveys import services as surveys
from panggon.surveys.models import Service

PATIENCE = RetryStrategy(max_attempts=8, exponential_wait=3)
NEW = (_("{number}: pengaduan baru"), _("Pengaduan lewat {source}. Batas penanganan {due}."))
YOURS = (_("{number}: {state}"), _("{next} Batas waktu {due}."))
NEAR = (_("{number}: {level}% waktu pengaduan terpakai"), _("Batas waktu {due}. {next}"))
PAST = (_("{number}: batas waktu pengaduan terlampaui"), _("Batas waktu {due} sudah lewat. {next}"))
Words = tuple[Any, Any]

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
            late = _heads(complaint, now=now) if level == LATE else []
            whom = dict.fromkeys([*_holders(complaint, now=now), *late])
            reference = f"complaint-due:{complaint.pk}:{due:%Y%m%d%H%M}:{level}"
            words = PAST if level == LATE else NEAR
            _tell(whom, complaint, words, reference=reference, occasion=Occasion.WARNING, at=now, level=level)


def _holders(complaint: Complaint, *, now: datetime) -> list[User]:
    """Those who have it; of what nobody has taken yet all officers, or the Kepala Dinas where it concerns them all."""
    holder = {
        ComplaintState.HANDLED: complaint.officer,
        ComplaintState.PASSED_ON: complaint.official,
    }.get(ComplaintState(complaint.state))
    if holder is not None:
        return [holder]
    officers = people.holders_of(Role.COMPLAINTS_OFFICER, now=now)
    return _unconcerned(complaint, officers) or _heads(complaint, now=now)


def _heads(complaint: Complaint, *, now: datetime) -> list[User]:
    return _unconcerned(complaint, people.holders_of(Role.HEAD, now=now))


def _unconcerned(complaint: Complaint, whom: Iterable[User]) -> list[User]:
    concerned = set(complaint.concerned.values_list("pk", flat=True))
    return [person for person in whom if person.pk not in concerned]


def _tell_officers(event: ComplaintEvent) -> None:
    _tell_those_who_have_it(event, NEW)


def _tell_holder(event: ComplaintEvent) -> None:
    _tell_those_who_have_it(event, YOURS)


def _tell_those_who_have_it(event: ComplaintEvent, words: Words) -> None:
    complaint = event.complaint
    whom = [person for person in _holders(complaint, now=event.at) if person.pk != event.actor_id]
    reference = f"complaint:{complaint.pk}:{event.sequence}"
    _tell(whom, complaint, words, reference=reference, occasion=Occasion.YOUR_TURN, at=event.at)


def _tell(
    whom: Iterable[User],
    complaint: Complaint,
    words: Words,
    *,
    reference: str,
    occasion: Occasion,
    at: datetime,
    level: int = 0,
) -> None:
    """Never what was complained, nor by whom: that is read behind the sign-in."""
    label = COMPLAINT_STATES[ComplaintState(complaint.state)]
    facts = {
        "number": complaint.number,
        "source": _(SOURCE_LABELS[Source(complaint.source)]),
        "state": _(label.text),
        "next": _(label.next_words),
        "due": moment_words(complaint.due_at) if complaint.due_at else "–",
        "level": level,
    }
    subject, text = words
    for person in whom:
        tell(
            person,
            occasion=occasion,
            reference=reference,
            subject=format_lazy(subject, **facts),
            text=format_lazy(text, **facts),
            path=reverse("complaints:complaint", args=[complaint.number]),
            at=at,
        )


def _write(event: ComplaintEvent, kind: MessageKind) -> None:
    """To the complainant's address, where there is one; all else is said on the page of number and code."""
    complaint = event.complaint
    if not complaint.email:
        return
    label = COMPLAINT_STATES[ComplaintState(event.target)]
    facts = {
        "number": complaint.number,
        "subject": complaint.subject,
        "state": label.text,
        "next": label.next_words,
        "words": event.words,
        "path": selectors.tracking_path(complaint),
    }
    reference = f"complaint:{complaint.pk}:{event.sequence}"
    language = complaint.language
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
