from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from panggon.complaints.clock import limits_of
from panggon.complaints.models import Attachment, Complaint, ComplaintEvent, IncomingMail, Mailbox
from panggon.complaints.parts import facts_of, parts_of
from panggon.core.complaints.deadlines import due_at
from panggon.core.complaints.incoming_mail import Outcome
from panggon.core.complaints.procedure import TABLE, ComplaintNeed
from panggon.core.complaints.vocabulary import (
    SAID_BETWEEN_BOTH,
    ComplaintAction,
    ComplaintState,
    Confidentiality,
    Part,
)
from panggon.core.schedule.clock import ClockEffect, ClockEvent
from panggon.core.state_machine import Offer
from panggon.people import selectors as people
from panggon.people.models import User
from panggon.questions import Given, question
from panggon.schedule import selectors as schedule

Complaints = QuerySet[Complaint]
ComplaintOffer = Offer[ComplaintState, ComplaintAction, Part, ComplaintNeed]
WAITING_FOR_CONFIRMATION = (ComplaintState.ANSWERED, ComplaintState.SETTLED)
CLOSED_SHOWN = 50
MAILS_SHOWN = 100
COUNTED_TO = 100  # the menu says "99+" beyond


@dataclass(frozen=True, slots=True)
class Complainant:
    """Who complains, for whoever may know it; all empty for whoever may not."""

    name: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""
    hidden: bool = False


def visible_to(user: User, *, now: datetime) -> Complaints:
    """All but those that are about this person, for who has a part in handling them."""
    if not _parts(user, now=now):
        return Complaint.objects.none()
    return _not_about(user).select_related("officer", "official", "case", "site")


def open_to(user: User, *, now: datetime) -> Complaints:
    """What is not over, the nearest deadline first; what waits for the complainant comes last."""
    return (
        visible_to(user, now=now)
        .exclude(state__in=TABLE.finals)
        .order_by(F("due_at").asc(nulls_last=True), "filed_at", "pk")
    )


def closed_to(user: User, *, now: datetime) -> Complaints:
    return visible_to(user, now=now).filter(state__in=TABLE.finals).order_by("-state_since", "-pk")[:CLOSED_SHOWN]


def to_do(user: User, *, now: datetime) -> Complaints:
    """What waits for this person: what nobody handles yet, and what is in the own hands."""
    return visible_to(user, now=now).filter(_in_hand(Part.OFFICER in _parts(user, now=now), user=user))


def count_to_do(user: User, *, now: datetime) -> int:
    """How many wait for this person, who has a part in handling them; counted to `COUNTED_TO` at most."""
    return len(_keys_in_hand(Part.OFFICER in _parts(user, now=now), user=user.pk))


def offers(complaint: Complaint, user: User, *, now: datetime) -> list[ComplaintOffer]:
    """What this person may press now."""
    concerned = frozenset(str(key) for key in complaint.concerned.values_list("pk", flat=True))
    found: dict[ComplaintAction, ComplaintOffer] = {}
    for capacity in people.capacities_of(user, now=now):
        facts = facts_of(complaint, capacity=capacity, concerned=concerned, data={}, silent=False)
        for offer in TABLE.offers(ComplaintState(complaint.state), roles=parts_of(capacity), facts=facts):
            if offer.possible:
                found.setdefault(offer.action, offer)
    return list(found.values())


def offers_to_complainant(complaint: Complaint) -> list[ComplaintAction]:
    facts = facts_of(complaint, capacity=None, concerned=frozenset(), data={}, silent=False)
    state = ComplaintState(complaint.state)
    return [offer.action for offer in TABLE.offers(state, roles={Part.COMPLAINANT}, facts=facts) if offer.possible]


def complainant_for(complaint: Complaint, user: User) -> Complainant:
    """Who complains; of a confidential complaint only who handles it may know."""
    secret = complaint.confidentiality == Confidentiality.CONFIDENTIAL
    if secret and user.pk not in (complaint.officer_id, complaint.official_id, complaint.entered_by_id):
        return Complainant(hidden=True)
    return Complainant(complaint.name, complaint.phone, complaint.email, complaint.address)


def tracked(number: str, token: str) -> Complaint | None:
    """The complaint of this number, for whoever has its code."""
    known = Complaint.objects.filter(number=number.strip().upper()).select_related("case").first()
    right = constant_time_compare(known.token if known else "-", token.strip())
    return known if known and right else None


def said(complaint: Complaint) -> list[ComplaintEvent]:
    """What the complainant reads of its way."""
    return list(complaint.events.filter(action__in=SAID_BETWEEN_BOTH))


def way(complaint: Complaint) -> list[ComplaintEvent]:
    return list(complaint.events.select_related("actor"))


def attachment(complaint: Complaint, pk: int) -> Attachment | None:
    return complaint.attachments.filter(pk=pk).first()


def solution(complaint: Complaint) -> ComplaintEvent | None:
    """The last one that was told."""
    return complaint.events.filter(action=ComplaintAction.RESOLVE).last()


def is_silent(complaint: Complaint, *, now: datetime) -> bool:
    """Whether a complainant who was told a solution has said nothing for the set days."""
    if ComplaintState(complaint.state) not in WAITING_FOR_CONFIRMATION or _spoke_since(complaint):
        return False
    limits, told = limits_of(complaint), [ClockEvent(ClockEffect.START, complaint.state_since)]
    calendar = schedule.calendar()
    return due_at(told, days=limits.silence, unit=limits.unit, now=now, calendar=calendar) <= now


def unfinished() -> Complaints:
    return Complaint.objects.exclude(state__in=TABLE.finals).order_by("pk")


def with_words_ended_before(moment: datetime) -> Complaints:
    """Those that are over since then and still say something."""
    return Complaint.objects.filter(state__in=TABLE.finals, state_since__lt=moment).exclude(description="")


def tracking_path(complaint: Complaint) -> str:
    query = urlencode({"nomor": complaint.number, "kode": complaint.token})
    return f"{reverse('complaints:track')}?{query}"


def event(pk: int) -> ComplaintEvent:
    return ComplaintEvent.objects.select_related("complaint__officer", "complaint__official", "actor").get(pk=pk)


# -- Mails ---------------------------------------------------------------------------------------------------------


def mail(pk: int) -> IncomingMail:
    return IncomingMail.objects.select_related("complaint__officer", "complaint__official").get(pk=pk)


def mailbox(pk: int) -> Mailbox:
    return Mailbox.objects.get(pk=pk)


def present_mailbox(address: str) -> Mailbox | None:
    """None before it was ever tried."""
    return Mailbox.objects.filter(address=address).first()


def waiting_mails() -> list[int]:
    return list(
        IncomingMail.objects.filter(state=IncomingMail.State.WAITING).order_by("pk").values_list("pk", flat=True)
    )


def fetched_uids(box: Mailbox, *, uid_validity: int, among: Collection[int]) -> set[int]:
    known = box.mails.filter(uid_validity=uid_validity, uid__in=among)
    return set(known.values_list("uid", flat=True))


def unmarked_mails(box: Mailbox, *, uid_validity: int) -> list[IncomingMail]:
    """Those that are not yet marked as seen on the server."""
    return list(box.mails.filter(uid_validity=uid_validity, marked_at=None).only("pk", "uid"))


def is_known(mail: IncomingMail) -> bool:
    """Whether the same mail came in before: the same bytes, or the same id of the same sender."""
    same = Q(digest=mail.digest)
    if mail.message_id:
        same |= Q(message_id=mail.message_id, sender=mail.sender)
    return IncomingMail.objects.filter(same, pk__lt=mail.pk).exists()


def held_mails(user: User) -> QuerySet[IncomingMail]:
    """Those about which this person decides."""
    about = IncomingMail.concerned.through.objects.filter(incomingmail=OuterRef("pk"), user=user)
    return _mails_for(user).filter(~Exists(about), state=IncomingMail.State.HELD)


def other_mails(user: User) -> QuerySet[IncomingMail]:
    """The last ones of which nobody had to decide anything, and nothing followed."""
    return _mails_for(user).filter(outcome=Outcome.NOTHING)[:CLOSED_SHOWN]


def mails_of(complaint: Complaint) -> list[IncomingMail]:
    """All that came in about it, the oldest first."""
    return list(complaint.mails.order_by("fetched_at", "pk"))


def last_mail_ids(complaint: Complaint) -> list[str]:
    """Of what the complainant wrote, the last one at the end: an answer belongs to these."""
    said = complaint.mails.filter(outcome__in=(Outcome.COMPLAINT, Outcome.ADDITION)).exclude(message_id="")
    return list(said.order_by("-pk").values_list("message_id", flat=True)[:10])[::-1]


def old_mails(moment: datetime) -> QuerySet[IncomingMail]:
    """Those before this moment that belong to no complaint."""
    return IncomingMail.objects.filter(complaint=None, fetched_at__lt=moment).exclude(state=IncomingMail.State.WAITING)


# ------------------------------------------------------------------------------------------------------------------


def _mails_for(user: User) -> QuerySet[IncomingMail]:
    """Not in the thread of a complaint that is about this person, nor of a confidential one that others handle."""
    concerned = Complaint.concerned.through.objects.filter(complaint=OuterRef("complaint"), user=user)
    secret = Q(complaint__confidentiality=Confidentiality.CONFIDENTIAL)
    theirs = Q(complaint__officer=user) | Q(complaint__official=user) | Q(complaint__entered_by=user)
    return IncomingMail.objects.filter(~Exists(concerned), ~secret | theirs).select_related("complaint")


def _spoke_since(complaint: Complaint) -> bool:
    """Whether the complainant said something since a solution was told, which a person has to read."""
    return complaint.spoke_at is not None and complaint.spoke_at > complaint.state_since


def _not_about(user: Any) -> Complaints:
    about = Complaint.concerned.through.objects.filter(complaint=OuterRef("pk"), user=user)
    return Complaint.objects.filter(~Exists(about))


def _in_hand(officer: bool, *, user: Any) -> Q:
    spoke = Q(spoke_at__gt=F("state_since"))  # instead of confirming: somebody has to read what it means
    mine = Q(state=ComplaintState.HANDLED, officer=user) | Q(state=ComplaintState.PASSED_ON, official=user)
    mine |= Q(spoke, state=ComplaintState.ANSWERED, officer=user)
    mine |= Q(spoke, state=ComplaintState.SETTLED, official=user)
    return mine | Q(state=ComplaintState.RECEIVED) if officer else mine


@question
def _keys_in_hand(officer: bool) -> QuerySet[Complaint, int]:
    user = Given("user")
    mine = _not_about(user).filter(_in_hand(officer, user=user))
    return mine.order_by().values_list("pk", flat=True)[:COUNTED_TO]


def _parts(user: User, *, now: datetime) -> frozenset[Part]:
    return frozenset(part for capacity in people.capacities_of(user, now=now) for part in parts_of(capacity))
