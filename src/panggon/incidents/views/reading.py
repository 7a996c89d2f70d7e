"""The page of an incident: all of it for who handles it; plain words for its site's OPD and for who reported it."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from panggon.core.incidents.vocabulary import IncidentAction, PersonalData
from panggon.incidents import selectors
from panggon.incidents.models import Incident
from panggon.incidents.parts import duties_of
from panggon.incidents.views.shown import event_of, incident_or_404, quarantine_of, row_of
from panggon.incidents.words import ACTION_LABELS, ANSWER_WORDS, DUTY_WORDS, FOLLOWS, fault_words
from panggon.papers import selectors as papers
from panggon.people.permissions import signed_in

# What leads an incident on; the rest is by the way.
LEADING = (
    IncidentAction.CONFIRM,
    IncidentAction.CONTAIN,
    IncidentAction.RECOVER,
    IncidentAction.CLOSE,
)
URGENT = (IncidentAction.QUARANTINE, IncidentAction.RELEASE, IncidentAction.REPEAT)
# What the OPD of the site reads of the way.
FOR_OWNER = (IncidentAction.QUARANTINE, IncidentAction.RELEASE)


@signed_in
def incident(request: HttpRequest, incident: str) -> HttpResponse:
    owned = selectors.visible_to_owner(request.user).filter(number=incident).first()
    if owned:
        return render(request, "incidents/outside.html", _outside_context(owned, owner=True))
    row = incident_or_404(request, incident, "page")
    if not selectors.handles(request.user, now=timezone.now()):
        return render(request, "incidents/outside.html", _outside_context(row, owner=False))
    return render(request, "incidents/incident.html", _context(request, row))


@signed_in
def site(request: HttpRequest, incident: str) -> HttpResponse:
    """The part about the site, for a page that is open while a machine works."""
    owned = selectors.visible_to_owner(request.user).filter(number=incident).first()
    row = owned or selectors.visible_to(request.user, now=timezone.now()).filter(number=incident).first()
    if row is None or row.site is None:
        raise Http404
    context = {"incident": row, "owner": owned is not None, "quarantine": quarantine_of(row.site, now=timezone.now())}
    return render(request, "incidents/site.html", context)


# ------------------------------------------------------------------------------------------------------------------


def _context(request: HttpRequest, row: Incident) -> dict[str, Any]:
    now = timezone.now()
    offers = selectors.offers(row, request.user, now=now)
    hindered = [
        (ACTION_LABELS[offer.action], fault_words(offer.blockers[0]))
        for offer in offers
        if offer.action in (*LEADING, IncidentAction.RELEASE) and not offer.possible
    ]
    return {
        **row_of(row),
        "now": now,
        "quarantine": quarantine_of(row.site, now=now) if row.site else None,
        "urgent": [_button(offer.action) for offer in offers if offer.possible and offer.action in URGENT],
        "offers": sorted(
            (_button(offer.action) for offer in offers if offer.possible and offer.action not in URGENT),
            key=lambda button: button[0] not in LEADING,
        ),
        "hindered": hindered,
        "leading": LEADING,
        "events": [event_of(event) for event in selectors.way(row)],
        "duties": [(duty, DUTY_WORDS[duty.duty], duty.is_late(now)) for duty in duties_of(row)],
        "personal_data": ANSWER_WORDS[PersonalData(row.personal_data)],
        "papers": papers.issued(row.number),
        "follows": FOLLOWS[IncidentAction.QUARANTINE],
        "broken": selectors.not_as_recorded(row),
    }


def _outside_context(row: Incident, *, owner: bool) -> dict[str, Any]:
    events = [event_of(event) for event in selectors.way(row) if owner and event.action in FOR_OWNER]
    quarantine = quarantine_of(row.site, now=timezone.now()) if row.site else None
    return {**row_of(row), "owner": owner, "quarantine": quarantine, "events": events}


def _button(action: IncidentAction) -> tuple[IncidentAction, Any]:
    return action, ACTION_LABELS[action]
