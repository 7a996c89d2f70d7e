"""The only writer of the survey."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from panggon.audit.services import record
from panggon.core.errors import Fault, InvalidError
from panggon.core.notify.messages import MessageKind
from panggon.notify.services import tell
from panggon.outbox import defer
from panggon.people.models import User
from panggon.surveys import selectors
from panggon.surveys.models import Answer, Improvement, Invitation, Service


@transaction.atomic
def offer(service: Service, number: str, *, people: list[User], email: str, at: datetime) -> Invitation:
    """Offer the survey once at the end of a service: to `people` in the portal, without any to the address `email`.

    Asked again, nothing is sent again.
    """
    invitation, is_new = Invitation.objects.get_or_create(service=service, number=number, defaults={"made_at": at})
    if not is_new:
        return invitation
    path, reference = selectors.path_of(invitation), f"survey:{invitation.pk}"
    for person in people:
        subject = _("Bagaimana pelayanan kami? Survei satu menit")
        tell(person, reference=reference, subject=subject, text=WORDS_OF_OFFER, path=path, at=at)
    if email and not people:
        facts = {"number": number, "path": path}
        defer("notify.write", kind=MessageKind.SURVEY.value, reference=reference, to=email, facts=facts)
    return invitation


@transaction.atomic
def answer(invitation: Invitation, values: Mapping[str, Any], *, at: datetime) -> Answer:
    """Keep what one respondent answers. Raises `InvalidError` `survey.over` for an offer that was used or has expired.

    Which answer belongs to which offer is written down nowhere.
    """
    offered = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if not selectors.is_open(offered, now=at):
        raise InvalidError((Fault("survey.over"),))
    offered.used = True
    offered.save(update_fields=["used"])
    return Answer.objects.create(service=offered.service, answered_on=localdate(at), **values)


@transaction.atomic
def read(answer: Answer, *, publish: bool, actor: User, at: datetime) -> None:
    """What an officer decides about the free words of an answer; a later decision takes the place of this one."""
    kept = Answer.objects.select_for_update().get(pk=answer.pk)
    before = kept.standing
    kept.standing = Answer.Standing.PUBLISHED if publish else Answer.Standing.WITHHELD
    kept.read_by = actor
    kept.save(update_fields=["standing", "read_by"])
    record(
        f"surveys.words:{kept.pk}", before={"standing": before}, after={"standing": kept.standing}, actor=actor, at=at
    )


def erase_words_before(moment: datetime) -> int:
    """The words of older answers, published or not; what was marked stays. How many."""
    return selectors.words_before(moment).update(words="")


@transaction.atomic
def add_improvement(*, said: str, done: str, day: date, actor: User, at: datetime) -> Improvement:
    improvement = Improvement.objects.create(said=said, done=done, day=day)
    record(_subject(improvement), before=None, after=_values(improvement), actor=actor, at=at)
    return improvement


@transaction.atomic
def remove_improvement(improvement: Improvement, *, actor: User, at: datetime) -> None:
    record(_subject(improvement), before=_values(improvement), after=None, actor=actor, at=at)
    improvement.delete()


WORDS_OF_OFFER = _("Sembilan pertanyaan, tanpa nama. Jawaban Anda dipakai untuk memperbaiki pelayanan.")


def _subject(improvement: Improvement) -> str:
    return f"surveys.improvement:{improvement.pk}"


def _values(improvement: Improvement) -> dict[str, str]:
    return {"said": improvement.said, "done": improvement.done, "day": improvement.day.isoformat()}
