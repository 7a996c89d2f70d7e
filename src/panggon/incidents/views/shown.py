"""What the pages of incidents show, in words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from panggon.audit.access import looked_at
from panggon.core.cases.vocabulary import Role
from panggon.core.incidents.vocabulary import IncidentAction, IncidentState
from panggon.core.sites.life import SITE_STATE_LABELS
from panggon.core.sites.spec import SiteState
from panggon.incidents import selectors
from panggon.incidents.models import Incident, IncidentEvent
from panggon.incidents.words import ACTION_LABELS, CHECKLIST, KIND_WORDS, STATE_LABELS
from panggon.labels import ROLE_LABELS
from panggon.sites import selectors as sites
from panggon.sites.models import Outcome, Purpose, Site, Wish


@dataclass(frozen=True, slots=True)
class Quarantine:
    """How far the machine is with closing or opening a site: `look` and `mark` of the badge, and in words.

    `running`: the page looks again; `away`: the machine is not heard of, since `silent_since` (None: it never was).
    """

    closed: bool
    look: str
    mark: str
    words: str
    running: bool
    away: bool
    silent_since: datetime | None
    wish: Wish | None


def incident_or_404(request: HttpRequest, number: str, what: str) -> Incident:
    """The incident, if this person may see it; one about oneself does not exist. That this person looked is logged."""
    row = selectors.visible_to(request.user, now=timezone.now()).filter(number=number).first()
    if row is None:
        raise Http404
    looked_at(row.number, what, by=request.user)
    return row


def row_of(row: Incident) -> dict[str, Any]:
    return {"incident": row, "state": STATE_LABELS[IncidentState(row.state)]}


def event_of(event: IncidentEvent) -> dict[str, Any]:
    """One act of the way; of a closing the checklist in words."""
    action = IncidentAction(event.action)
    heading = ACTION_LABELS[action]
    if action is IncidentAction.NOTE:
        heading = KIND_WORDS.get(event.data.get("kind"), heading)
    answers = event.data.get("checklist") or {}
    return {
        "event": event,
        "heading": heading,
        "who": event.actor or ROLE_LABELS[Role(event.role)],
        "checklist": [(CHECKLIST[item], "" if said == "met" else said) for item, said in answers.items()],
        "lessons": event.data.get("lessons", ""),
        "goes_on": event.data.get("outcome") == Outcome.CLOSING,
        "proven": event.data.get("outcome") == "applied" if action is IncidentAction.RECORD_WORK else None,
    }


def quarantine_of(site: Site, *, now: datetime) -> Quarantine:
    """What is shown as done is what the machine has proven, not what was asked."""
    closed = site.state == SiteState.QUARANTINED
    wish = sites.last_wish(site, Purpose.QUARANTINE, Purpose.RELEASE)
    running = wish is not None and wish.running
    away = running and (site.node is None or _is_silent(site.node.seen_at, now=now))
    if wish is None:
        look, mark, words = "", "world", _("Situs tidak dikarantina.")
    elif running:
        look, mark = "warning", "clock"
        words = (
            _("Karantina sudah diminta; server sedang menutup situs.")
            if closed
            else (_("Pelepasan sudah diminta; server sedang membuka situs."))
        )
    elif wish.outcome == Outcome.CLOSING and closed:
        look, mark = "warning", "clock"
        words = _("Penutupan tidak dibatalkan, tetapi belum semuanya terbukti; server terus mencoba.")
    elif not wish.succeeded:
        look, mark, words = "negative", "alert-triangle", _("Server belum berhasil. Minta server mengulangi.")
    elif closed:
        look, mark, words = "negative", "lock", _("Dikarantina, dan terbukti di server.")
    elif wish.purpose == Purpose.RELEASE:
        look, mark, words = "positive", "check", _("Terbuka lagi, dan terbukti di server.")
    else:
        look, mark = "", "world"
        words = _("Tidak dikarantina lagi: %(state)s.") % {"state": _(SITE_STATE_LABELS[SiteState(site.state)])}
    silent_since = site.node.seen_at if site.node else None
    return Quarantine(closed, look, mark, words, running, away, silent_since, wish)


def _is_silent(seen_at: datetime | None, *, now: datetime) -> bool:
    return seen_at is None or now - seen_at > settings.PANGGON_NODE_SILENCE
