"""What happens after an act, in the office worker. Each job can be killed anywhere and run again."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from panggon.cases import (
    clock_jobs,  # noqa: F401 (the worker finds the tasks of this and of paper_jobs by these)
    paper_jobs,  # noqa: F401
    taking_over,
)
from panggon.cases.archive import keeping, retention
from panggon.cases.attention import recipients
from panggon.cases.content import readings
from panggon.cases.content.paper_facts import evidence_digest, facts_of, signer_of
from panggon.cases.models import Case, Event, Reading
from panggon.cases.services import act
from panggon.core.cases.procedure import (
    ACTION_LABELS,
    STATE_LABELS,
    TABLE,
    Action,
    Effect,
    State,
    next_words,
)
from panggon.core.errors import InvalidError
from panggon.core.notify.notices import TABLE as NOTICES
from panggon.core.notify.notices import Occasion, occasion_of
from panggon.notify.endpoints import announce
from panggon.notify.services import tell_all
from panggon.office.selectors import office
from panggon.outbox import defer
from panggon.papers import services as papers
from panggon.papers.contents import SIGNED_TOGETHER, PaperKind
from panggon.people import selectors as people
from panggon.people.models import User
from panggon.sites import selectors as sites
from panggon.sites.models import Purpose, Wish
from panggon.surveys import services as surveys
from panggon.surveys.models import Service

PATIENCE = RetryStrategy(max_attempts=8, exponential_wait=3)
UNRECORDED = {Purpose.ACCESS: Occasion.ACCESS_FAILED, Purpose.PARK: Occasion.CLOSING_FAILED}
RECORDED_AS = {Purpose.PREPARE: Action.RECORD_PREPARATION, Purpose.OPEN: Action.RECORD_OPENING}


@app.task(name="cases.make_paper", retry=PATIENCE)
@transaction.atomic
def make_paper(event: int, kind: str) -> None:
    """Issue the paper of an act; asked again, the one that was issued stays.

    What nobody will sign any more, because the case was sent back in the meantime, is not made.
    """
    cause = Event.objects.select_related("case__agency", "case__applicant", "case__site__node", "actor").get(pk=event)
    paper = PaperKind(kind)
    if paper in SIGNED_TOGETHER and not _is_awaited(cause):
        return
    papers.issue(
        paper, facts_of(cause.case, event=cause), event=cause.sequence, signer=signer_of(paper, cause), at=cause.at
    )


@app.task(name="cases.notify", retry=PATIENCE)
def notify(event: int, whom: str) -> None:
    """Tell those whom the effect `whom` means what happened and what comes next; never the actor."""
    cause = Event.objects.select_related("case__agency", "actor").get(pk=event)
    state, action = State(cause.target), _(ACTION_LABELS[Action(cause.action)].text)
    for person in RECIPIENTS[Effect(whom)](cause):
        if person.pk != cause.actor_id:
            _tell(
                person,
                cause.case,
                occasion_of(Effect(whom), state),
                reference=f"case:{cause.case_id}:{cause.sequence}",
                facts={
                    # What leaves the state as it was is called by its own name: that of the state was told before.
                    "state": action if cause.source == cause.target else _(STATE_LABELS[state].text),
                    "action": action,
                    "next": _(next_words(state)),
                },
                at=cause.at,
            )


@app.task(name="cases.offer_survey", retry=PATIENCE)
def offer_survey(event: int) -> None:
    """The survey of satisfaction, once at the end: to the OPD's people, without any to the contact's address."""
    ended = Event.objects.select_related("case__agency").get(pk=event).case
    surveys.offer(
        Service.CASE,
        ended.number,
        people=recipients.applicants(ended),
        email=ended.contact_email,
        at=timezone.now(),
    )


@app.task(name="cases.publish", retry=PATIENCE)
@transaction.atomic
def publish(event: int) -> None:
    """Tell those outside what the tracking page shows as well: webhooks, and who follows without an account."""
    cause = Event.objects.select_related("case").get(pk=event)
    number, state, at = cause.case.number, State(cause.target), cause.at
    subject = NOTICES[Occasion.PUBLIC_STEP].subject.format(number=number, state=STATE_LABELS[state].text)
    data = {"subject": subject, "url": settings.PANGGON_BASE_URL, "number": number, "state": state.value}
    announce(Occasion.PUBLIC_STEP, reference=f"case:{cause.case_id}:{cause.sequence}", data=data, at=at)
    defer("public.tell_followers", number=number, sequence=cause.sequence, state=state.value)


@app.task(name="cases.site_reported", retry=PATIENCE)
def site_reported(wish: int) -> None:
    """A node has reported: what it found goes through the same door as everything else, as the system's act."""
    told = sites.wish(wish)
    case = Case.objects.filter(site=told.site_id).first()
    action = _action_for(told)
    if case is None or told.cancelled_at is not None:
        return
    if action is None:
        _tell_of_failure(case, told)
        return
    if case.events.filter(data__wish=told.pk).exists() or TABLE.row(State(case.state), action) is None:
        return
    data = {"wish": told.pk, "outcome": told.outcome, "digest": told.digest, **_said(told)}
    try:
        _record(case, action, data)
    except InvalidError as refused:
        data["problem"] = str(refused)
        act(case.pk, action=Action.RECORD_FAILURE, actor=None, data=data, at=timezone.now())


@app.task(name="cases.invite_admin", retry=PATIENCE)
def invite_admin(event: int) -> None:
    """Invite the admin teknis whom the request names, once a delivery; without an address the dinas asks for one."""
    cause = Event.objects.select_related("case__agency", "case__applicant", "actor").get(pk=event)
    case = cause.case
    name, email = taking_over.admin_of(case)
    if not email or case.access_invitations.filter(made_at__gte=cause.at).exists():
        return
    try:
        taking_over.invite(case.pk, name=name, email=email, actor=cause.actor, at=timezone.now())
    except InvalidError:  # somebody else's account: the page of the invitation asks for another address
        return


@app.task(name="cases.site_entered", retry=PATIENCE)
def site_entered(site: int) -> None:
    """Somebody of the OPD has come in for the first time: the evidence of step 9, through the door of all acts."""
    case = Case.objects.filter(site=site).first()
    if case is None or TABLE.row(State(case.state), Action.RECORD_LOGIN) is None:
        return
    first = case.site.first_login if case.site else None
    if first and not case.events.filter(action=Action.RECORD_LOGIN).exists():
        data = {"login": {name: first[name] for name in ("at", "way")}}
        act(case.pk, action=Action.RECORD_LOGIN, actor=None, data=data, at=timezone.now())


@app.task(name="cases.deliver_by_itself", retry=PATIENCE)
def deliver_by_itself(case: int) -> None:
    """Step 8 where the department lets it happen by itself; tried again while a paper is still being made."""
    if Case.objects.filter(pk=case, state=State.APPROVED).exists():
        act(case, action=Action.DELIVER, actor=None, data={}, at=timezone.now())


@app.periodic(cron="0 20 1 * *")  # in the first night of the month
@app.task(name="cases.check_archive", queueing_lock="cases.check_archive", retry=PATIENCE)
def check_archive(timestamp: int) -> None:  # noqa: ARG001 (the moment for which it was due)
    """Whether every kept file is as it was when it was kept."""
    keeping.check(at=timezone.now())


@app.task(name="cases.report_damage", retry=PATIENCE)
def report_damage(digest: str) -> None:
    """Somebody wanted to read a file that is damaged; it may have been restored since."""
    if not keeping.is_whole(digest):
        keeping.tell_of_damage(digest, at=timezone.now())


@app.periodic(cron="30 18 * * *")  # in the night of the office; cron runs in UTC
@app.task(name="cases.erase_expired", queueing_lock="cases.erase_expired", retry=PATIENCE)
def erase_expired(timestamp: int) -> None:  # noqa: ARG001 (the moment for which it was due)
    """What speaks of people goes when the department's period for it is over."""
    retention.erase(now=timezone.now())


@app.task(name="cases.read_letter", retry=PATIENCE)
def read_letter(reading: str) -> None:
    """Propose what a letter seems to say; done once."""
    waiting = Reading.objects.filter(pk=reading, state=Reading.State.WAITING).first()
    if waiting:
        readings.carry_out(waiting)


# ------------------------------------------------------------------------------------------------------------------


def _is_awaited(cause: Event) -> bool:
    """Whether this is the step 6 whose papers wait for the signature; the case stays so until the transaction ends."""
    case = Case.objects.select_for_update().get(pk=cause.case_id)
    asked = case.events.filter(action=Action.REQUEST_APPROVAL).order_by("sequence").last()
    return case.state == State.AWAITING_APPROVAL and asked == cause


@transaction.atomic
def _record(case: Case, action: Action, data: Mapping[str, Any]) -> None:
    act(case.pk, action=action, actor=None, data=data, at=timezone.now())
    if action is Action.RECORD_OPENING and office().delivery.by_itself:
        defer("cases.deliver_by_itself", case=case.pk)


def _action_for(wish: Wish) -> Action | None:
    """Plans and renewed proofs that succeed are seen on the page and are no act of the case."""
    purpose = Purpose(wish.purpose)
    if wish.succeeded:
        return RECORDED_AS.get(purpose)
    return Action.RECORD_FAILURE if purpose in (Purpose.PLAN, Purpose.PREPARE, Purpose.OPEN) else None


def _tell_of_failure(case: Case, wish: Wish) -> None:
    """What is no step of the procedure changes nothing in the case; its technician has to know all the same."""
    occasion = UNRECORDED.get(Purpose(wish.purpose))
    if occasion is None or wish.succeeded or case.technician is None:
        return
    facts = {"problem": wish.problem_words}
    at = wish.reported_at or timezone.now()
    _tell(case.technician, case, occasion, reference=f"wish:{wish.pk}", facts=facts, at=at)


def _tell(
    person: User, case: Case, occasion: Occasion, *, reference: str, facts: Mapping[str, object], at: datetime
) -> None:
    """By the table of notices, in its words."""
    rule = NOTICES[occasion]
    words, path = (_(rule.subject), _(rule.text)), reverse("cases:case", args=[case.number])
    facts = {"number": case.number, **facts}
    tell_all([person], words, facts, reference=reference, path=path, at=at, occasion=occasion)


def _said(wish: Wish) -> dict[str, str]:
    said = {"evidence_digest": evidence_digest(wish.evidence)} if wish.evidence else {}
    if wish.problem_code:
        said |= {"problem": wish.problem_code, "reasons": wish.problem_words}
    return said


def _former(event: Event) -> list[User]:
    """A closed account is told nothing any more."""
    return list(people.active(pk=event.data["former_technician"]))


RECIPIENTS: Mapping[Effect, Callable[[Event], list[User]]] = {
    Effect.NOTIFY_APPLICANT: lambda event: recipients.applicants(event.case),
    Effect.NOTIFY_TECHNICIAN: lambda event: recipients.technician(event.case),
    Effect.NOTIFY_SUCCESSOR: lambda event: recipients.technician(event.case),
    Effect.NOTIFY_FORMER: _former,
    Effect.NOTIFY_INVOLVED: lambda event: recipients.involved(event.case, State(event.source), now=timezone.now()),
    Effect.NOTIFY_NEXT: lambda event: recipients.holders(event.case, State(event.target), now=timezone.now()),
}
