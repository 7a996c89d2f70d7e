"""An incident as its papers tell it. Papers are Indonesian, whoever asks for them."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from panggon.cases.content.paper_facts import contact_rows, evidence_digest, head_of_the_dinas
from panggon.core.incidents.vocabulary import INCIDENT_ACTIONS, RISK_LABELS, IncidentAction, Risk
from panggon.core.sites.spec import SiteState
from panggon.incidents import selectors
from panggon.incidents.models import Incident, IncidentEvent
from panggon.office.selectors import office
from panggon.papers.contents import PaperKind
from panggon.papers.dates import moment_words
from panggon.papers.facts import IncidentFacts, Person
from panggon.sites import selectors as sites
from panggon.sites.models import Purpose, Site

PAPERS: Mapping[IncidentAction, PaperKind] = MappingProxyType(
    {
        IncidentAction.WRITE_REPORT: PaperKind.INCIDENT_REPORT,
        IncidentAction.WRITE_NOTICE: PaperKind.BREACH_NOTICE,
    }
)
# What was done, as the report tells it; the rest is the dinas's own correspondence.
TOLD = frozenset(
    {
        IncidentAction.REPORT,
        IncidentAction.QUARANTINE,
        IncidentAction.RELEASE,
        IncidentAction.CONFIRM,
        IncidentAction.CONTAIN,
        IncidentAction.RECOVER,
    }
)


def facts_of(event: IncidentEvent) -> tuple[IncidentFacts, Person]:
    """The facts of a paper that this event asks for, as they stood then, and who signs it."""
    incident, site = event.incident, event.incident.site
    before = [each for each in selectors.way(incident) if each.sequence <= event.sequence]
    facts = IncidentFacts(
        number=incident.number,
        site=site.url if site else incident.subject,
        agency=site.agency.name if site else office().letterhead.name,
        risk=_risk(incident),
        found_at=incident.reported_at,
        quarantined=_quarantined(before) if site and site.state == SiteState.QUARANTINED else "",
        described=event.data,
        timeline=tuple((moment_words(each.at), words) for each, words in _timeline(before)),
        evidence=(*_proof(site), *((kept.name, kept.sha256) for each in before for kept in each.evidence.all())),
        contacts=contact_rows(office().contacts.rows),
    )
    return facts, head_of_the_dinas(now=event.at)


def chronology_of(incident: Incident) -> str:
    """What was done so far, a line an act: where a report begins."""
    return "\n".join(f"{moment_words(each.at)}: {words}" for each, words in _timeline(selectors.way(incident)))


# ------------------------------------------------------------------------------------------------------------------


def _proof(site: Site | None) -> Iterator[tuple[str, str]]:
    """What its machine has proven of the quarantine, by digest."""
    wish = sites.last_wish(site, Purpose.QUARANTINE) if site else None
    if wish and wish.succeeded:
        yield "Bukti karantina dari server", evidence_digest(wish.evidence)


def _timeline(events: list[IncidentEvent]) -> Iterator[tuple[IncidentEvent, str]]:
    for each in events:
        action = IncidentAction(each.action)
        if action in TOLD:
            yield each, ". ".join(filter(None, (INCIDENT_ACTIONS[action], each.words)))


def _quarantined(events: list[IncidentEvent]) -> str:
    last = next((each for each in reversed(events) if each.action == IncidentAction.QUARANTINE), None)
    return f"Sejak {moment_words(last.at)}" if last else "Ya"


def _risk(incident: Incident) -> str:
    words = RISK_LABELS[Risk(incident.risk)] if incident.risk else "Belum ditetapkan"
    return f"{words}, infrastruktur informasi vital" if incident.vital else words
