"""What follows from an act on an incident, from a machine's report and from the passing of time. Each can run again."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from panggon.core.cases.vocabulary import Role
from panggon.core.incidents.deadlines import Obligation
from panggon.core.incidents.procedure import HANDLERS
from panggon.core.incidents.vocabulary import IncidentAction, IncidentEffect, IncidentState
from panggon.core.notify.alerts import LATE
from panggon.core.notify.notices import Occasion
from panggon.incidents import selectors, services
from panggon.incidents.models import Incident, IncidentAlert, IncidentEvent
from panggon.incidents.paper_facts import PAPERS, facts_of
from panggon.incidents.parts import duties_of
from panggon.incidents.words import ACTION_LABELS, DUTY_WORDS, STATE_LABELS
from panggon.notify.services import tell_all
from panggon.office.selectors import read_once
from panggon.papers import selectors as paper_selectors
from panggon.papers import services as papers
from panggon.papers.dates import moment_words
from panggon.people import selectors as people
from panggon.people.models import User
from panggon.sites import selectors as sites
from panggon.sites.models import Outcome, Purpose

PATIENCE = RetryStrategy(max_attempts=8, exponential_wait=3)
HEAD_FROM = 80  # percent of the time from which the Kepala Dinas is told as well
DONE = (_("{number}: {action}"), _("{state}. {next}"))
OWNER = _("{host}: {owner}")
PROVEN = {
    Purpose.QUARANTINE: _("{number}: karantina terbukti di server"),
    Purpose.RELEASE: _("{number}: situs terbukti terbuka lagi"),
}
NEAR = (_("{number}: {level}% waktu terpakai"), _("{duty}: batas waktu {due}."))
PAST = (_("{number}: batas waktu terlampaui"), _("{duty}: batas waktu {due} sudah lewat."))


@app.task(name="incidents.carry_out", retry=PATIENCE)
def carry_out(event: int, effect: str) -> None:
    EFFECTS[IncidentEffect(effect)](selectors.event(event))


@app.task(name="incidents.site_reported", retry=PATIENCE)
@transaction.atomic
def site_reported(wish: int) -> None:
    """A machine has closed or opened a site, is still at it, or could not: it stands in every incident of that site,
    each outcome once.
    """
    told = sites.wish(wish)
    data = {"wish": told.pk, "purpose": told.purpose, "outcome": told.outcome, "words": told.problem_words}
    for incident in selectors.not_over_of(told.site_id).select_for_update(of=("self",)):
        if not incident.events.filter(data__wish=told.pk, data__outcome=told.outcome).exists():
            now = timezone.now()
            services.act(incident.pk, action=IncidentAction.RECORD_WORK, actor=None, data=data, at=now)


@app.task(name="incidents.replace_paper", retry=PATIENCE)
@transaction.atomic
def replace_paper(paper: str) -> None:
    """Issue another paper for one whose number was made void, once."""
    void = paper_selectors.known(UUID(paper))
    facts, signer = facts_of(selectors.event_of(void.case_number, void.event))
    papers.replace(void, facts, signer=signer, at=timezone.now())


@app.periodic(cron="*/5 * * * *")
@app.task(name="incidents.watch", lock="incidents.watch", queueing_lock="incidents.watch")
@read_once()
def watch(timestamp: int) -> None:  # noqa: ARG001 (of the schedule; what counts is the time at which it runs)
    """Warn of what the law wants told, day and night: these hours know no closing time."""
    now = timezone.now()
    for incident in selectors.not_over():
        for duty in duties_of(incident):
            warn(incident, duty, now=now)


@app.periodic(cron="50 18 * * *")  # in the night of the office; cron runs in UTC
@app.task(name="incidents.erase_expired", queueing_lock="incidents.erase_expired", retry=PATIENCE)
def erase_expired(timestamp: int) -> None:  # noqa: ARG001 (the moment for which it was due)
    services.erase_expired(now=timezone.now())


@transaction.atomic
def warn(incident: Incident, duty: Obligation, *, now: datetime) -> None:
    """At 50, 80 and 100 % of the time of one duty, once each; the Kepala Dinas from `HEAD_FROM` on."""
    alerts = incident.alerts.filter(duty=duty.duty, due_at=duty.due_at)
    level = duty.level_due(given=max((alert.level for alert in alerts), default=0), now=now)
    if level is None:
        return
    key = {"incident": incident, "duty": duty.duty, "due_at": duty.due_at, "level": level}
    _row, is_new = IncidentAlert.objects.get_or_create(**key, defaults={"at": now})
    if not is_new:
        return
    subject, text = PAST if level == LATE else NEAR
    facts = {"level": level, "duty": DUTY_WORDS[duty.duty], "due": moment_words(duty.due_at)}
    heads = [Role.HEAD] if level >= HEAD_FROM else []
    whom = [*_holders(incident, now=now), *_with(*heads, now=now)]
    reference = f"incident-due:{incident.pk}:{duty.duty}:{duty.due_at:%Y%m%d%H%M}:{level}"
    _tell(_unconcerned(incident, whom), incident, subject, text, facts, reference=reference, at=now)


# ------------------------------------------------------------------------------------------------------------------


def _holders(incident: Incident, *, now: datetime) -> list[User]:
    """Who handles it, or all technicians while nobody does; and the officials who decide."""
    technicians = [incident.handler] if incident.handler else _with(Role.TECHNICIAN, now=now)
    return [*technicians, *_with(Role.DIVISION_HEAD, now=now)]


def _with(*roles: Role, now: datetime) -> list[User]:
    return [person for role in roles for person in people.holders_of(role, now=now)]


def _unconcerned(incident: Incident, whom: Iterable[User]) -> list[User]:
    concerned = selectors.concerned_by(incident)
    return [person for person in dict.fromkeys(whom) if str(person.pk) not in concerned]


def _tell_dinas(event: IncidentEvent) -> None:
    incident = event.incident
    whom = [person for person in _with(*HANDLERS, now=event.at) if person.pk != event.actor_id]
    subject, text = DONE
    if event.action == IncidentAction.RECORD_WORK:
        if event.data["outcome"] != Outcome.APPLIED:
            return  # those who can ask for it again are told by `upkeep`
        subject = PROVEN[Purpose(event.data["purpose"])]
    reference = f"incident:{incident.pk}:{event.sequence}"
    _tell(_unconcerned(incident, whom), incident, subject, text, _facts(event), reference=reference, at=event.at)


def _tell_agency(event: IncidentEvent) -> None:
    """The people of the site's OPD, in plain words: what became of their site, and where to read on."""
    incident = event.incident
    if incident.site is None:
        return
    facts = {**_facts(event), "host": incident.site.host}
    reference = f"incident-owner:{incident.pk}:{event.sequence}"
    whom = people.active(agency=incident.site.agency)
    _tell(whom, incident, OWNER, "{owner}", facts, reference=reference, at=event.at)


def _facts(event: IncidentEvent) -> dict[str, Any]:
    label = STATE_LABELS[IncidentState(event.target)]
    action = ACTION_LABELS[IncidentAction(event.action)]
    return {"action": action, "state": label.text, "next": label.next_words, "owner": label.owner_words}


def _tell(
    whom: Iterable[User],
    incident: Incident,
    subject: Any,
    text: Any,
    facts: Mapping[str, Any],
    *,
    reference: str,
    at: datetime,
) -> None:
    """Never what was found: that is read behind the sign-in."""
    facts = {"number": incident.number, **facts}
    path = reverse("incidents:incident", args=[incident.number])
    tell_all(whom, (subject, text), facts, reference=reference, path=path, at=at, occasion=Occasion.WARNING)


def _make_paper(event: IncidentEvent) -> None:
    facts, signer = facts_of(event)
    papers.issue(PAPERS[IncidentAction(event.action)], facts, event=event.sequence, signer=signer, at=event.at)


EFFECTS: Mapping[IncidentEffect, Callable[[IncidentEvent], None]] = {
    IncidentEffect.TELL_DINAS: _tell_dinas,
    IncidentEffect.TELL_AGENCY: _tell_agency,
    IncidentEffect.REPORT_PAPER: _make_paper,
    IncidentEffect.NOTICE_PAPER: _make_paper,
}
