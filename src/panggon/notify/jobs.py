"""What the office worker does to tell people. Each job can be killed anywhere and run again."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import ngettext, override
from procrastinate.contrib.django import app

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.notify.messages import MessageKind
from panggon.core.notify.notices import last_opening
from panggon.notify import endpoints, messages, selectors, services
from panggon.notify.composing import compose
from panggon.notify.mail import Mail, link, send
from panggon.notify.models import Notice
from panggon.notify.posting import post
from panggon.notify.retries import MAIL, WEBHOOKS, GrowingPauses
from panggon.outbox import defer
from panggon.people.models import User
from panggon.schedule import selectors as schedule

logger = logging.getLogger(__name__)


@app.task(name="notify.send_mail", queue=MAIL, retry=GrowingPauses())
def send_mail(notice: int) -> None:
    """Send one notice. Killed between sending and marking it sends twice, rather than never."""
    row = selectors.to_mail(notice)
    if row is None:
        return
    _attempt(
        _mail_of(row),
        sent=lambda: services.mark_mailed(row, at=timezone.now()),
        given_up=lambda problem: services.give_up_mail(row, problem=problem),
        failed=lambda problem: services.count_try(row, problem=problem),
    )


@app.task(name="notify.write")
def write(kind: str, reference: str, to: str, facts: dict[str, Any], language: str = "id") -> None:
    """What apps below this one have to write to somebody; see `core.notify.messages`."""
    messages.write(MessageKind(kind), reference=reference, to=to, facts=facts, language=language, at=timezone.now())


@app.task(name="notify.send_message", queue=MAIL, retry=GrowingPauses())
def send_message(message: int) -> None:
    """Send one message. Killed between sending and removing it sends twice, rather than never."""
    row = selectors.message_to_send(message)
    if row is None:
        return
    mail = compose(row, now=timezone.now())
    if mail is None:
        messages.remove(row)
        return
    _attempt(
        mail,
        sent=lambda: messages.remove(row),
        given_up=lambda problem: messages.give_up(row, problem=problem),
        failed=lambda problem: messages.count_try(row, problem=problem),
    )


@app.periodic(cron="*/10 * * * *")
@app.task(name="notify.send_digests", queueing_lock="notify.send_digests")
def send_digests(timestamp: int) -> None:  # noqa: ARG001 (the moment for which it was due)
    """Who wants one mail each morning of a working day gets it then, or as soon as a worker runs again."""
    before = last_opening(timezone.now(), calendar=schedule.calendar())
    for reader in selectors.digest_readers(before=before):
        defer("notify.send_digest", queue=MAIL, once=f"digest-{reader}", user=reader, before=before.isoformat())


@app.task(name="notify.send_digest", queue=MAIL)
def send_digest(user: int, before: str) -> None:
    """One person's digest. When it cannot be sent now, `send_digests` asks again ten minutes later."""
    notices = selectors.digest_of(user, before=datetime.fromisoformat(before))
    if not notices:
        return
    try:
        send(_digest_of(notices[0].recipient, notices, before))
    except PermanentError as refused:
        services.give_up_mail(*notices, problem=refused.detail)
    except TemporaryError as error:
        logger.warning("digest for %s not sent: %s", user, error.detail)
    else:
        services.mark_mailed(*notices, at=timezone.now())


@app.task(name="notify.deliver", queue=WEBHOOKS, retry=GrowingPauses())
def deliver(delivery: str) -> None:
    """One attempt. Killed before it was kept, the receiver gets the same message again, with the same id."""
    row = selectors.to_deliver(delivery)
    if row is None:
        return
    at = timezone.now()
    body, headers = endpoints.request_of(row, at=at)
    answer = post(row.endpoint.url, body, headers, allowed=settings.PANGGON_WEBHOOK_NETWORKS)
    if endpoints.keep_attempt(row, answer, at=at):
        raise TemporaryError("webhook.not_delivered", answer.problem or str(answer.status))


@app.periodic(cron="15 19 * * *")
@app.task(name="notify.forget_old", queueing_lock="notify.forget_old")
def forget_old(timestamp: int) -> None:  # noqa: ARG001 (the moment for which it was due)
    endpoints.forget_old(now=timezone.now())
    messages.forget_old(now=timezone.now())


# ------------------------------------------------------------------------------------------------------------------


def _attempt(
    mail: Mail, *, sent: Callable[[], None], given_up: Callable[[str], None], failed: Callable[[str], bool]
) -> None:
    """One try. `failed` says whether there is to be another one: then the job fails, and comes back after its pause."""
    try:
        send(mail)
    except PermanentError as refused:
        given_up(refused.detail)
    except TemporaryError as error:
        if failed(error.detail):
            raise
    else:
        sent()


def _mail_of(notice: Notice) -> Mail:
    return Mail(
        to=notice.recipient.email,
        subject=notice.subject,
        template="notice",
        name=f"notice-{notice.pk}-{notice.made_at:%Y%m%d%H%M%S}",
        thread=slugify(notice.path.replace("/", "-")) or "portal",
        language=notice.recipient.language,
        facts={"url": link(notice.path), "preference_url": link(reverse("notify:preference"))},
    )


def _digest_of(reader: User, notices: Sequence[Notice], before: str) -> Mail:
    with override(reader.language):
        subject = ngettext("%(n)d pemberitahuan", "%(n)d pemberitahuan", len(notices)) % {"n": len(notices)}
    return Mail(
        to=reader.email,
        subject=subject,
        template="digest",
        name=f"digest-{reader.pk}-{slugify(before)}",
        thread="digest",
        language=reader.language,
        facts={
            "items": [{"subject": notice.subject, "url": link(notice.path)} for notice in notices],
            "preference_url": link(reverse("notify:preference")),
        },
    )
