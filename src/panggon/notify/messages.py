"""The only writer of messages. A message that was sent is gone; one that was given up waits for a person."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from panggon.core.notify.messages import MessageKind
from panggon.core.notify.notices import PAUSES
from panggon.notify.models import Message
from panggon.notify.retries import MAIL
from panggon.notify.services import tell
from panggon.office.selectors import office
from panggon.outbox import defer
from panggon.people import selectors as people
from panggon.people.models import Invitation


@transaction.atomic
def write(
    kind: MessageKind, *, reference: str, to: str, facts: dict[str, Any], language: str = "id", at: datetime
) -> Message:
    """Keep it, and send it in a job. A newer one of the same reference takes the place of the one that waits."""
    values = {"kind": kind, "to": to, "facts": facts, "language": language, "made_at": at, "tries": 0, "problem": ""}
    message, _is_new = Message.objects.update_or_create(reference=reference, defaults=values)
    _enqueue(message)
    return message


def remove(message: Message) -> None:
    """It was sent, or there is nothing to say any more."""
    Message.objects.filter(pk=message.pk, made_at=message.made_at).delete()


def give_up(message: Message, *, problem: str) -> None:
    """No more tries, unless a person says so."""
    message.problem = problem[:300]
    message.save(update_fields=["problem"])
    if message.kind == MessageKind.INVITATION:
        _tell_inviter(message, at=timezone.now())


def count_try(message: Message, *, problem: str) -> bool:
    """Counts a try that failed; whether it is to be tried again."""
    message.tries += 1
    message.save(update_fields=["tries"])
    if message.tries <= len(PAUSES):
        return True
    give_up(message, problem=problem)
    return False


@transaction.atomic
def send_again(message: Message) -> None:
    """Send one that was given up."""
    given_up = Message.objects.filter(pk=message.pk).exclude(problem="")
    if given_up.update(problem="", tries=0):
        _enqueue(message)


def forget_old(*, now: datetime) -> int:
    """Remove what was given up and nobody sent again for as long as deliveries are kept; how many went."""
    before = now - timedelta(days=office().retention.deliveries_days)
    return Message.objects.filter(made_at__lt=before).exclude(problem="").delete()[0]


def _tell_inviter(message: Message, *, at: datetime) -> None:
    """Who invited waits for somebody who never heard of it."""
    invitation = people.open_invitation(message.facts["invitation"], now=at)
    if invitation is None or invitation.invited_by is None:
        return
    tell(
        invitation.invited_by,
        reference=f"{message.reference}:{message.made_at:%Y%m%d%H%M%S}",
        subject=format_lazy(_("Undangan untuk {email} tidak terkirim"), email=message.to),
        text=format_lazy(
            _("Periksa alamatnya, lalu kirim ulang. Jawaban server email: {problem}"), problem=message.problem
        ),
        path=_home_of(invitation),
        at=at,
    )


def _home_of(invitation: Invitation) -> str:
    """The page on which the inviting person finds the invitation."""
    if invitation.invited_by.agency_id is not None:
        return reverse("people:team")
    return reverse("people:agency", args=[invitation.agency_id]) if invitation.agency else reverse("people:staff")


def _enqueue(message: Message) -> None:
    defer("notify.send_message", queue=MAIL, message=message.pk)
