"""What the rules have to know of an incident, and how its duties stand."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from panggon.core.incidents.deadlines import Obligation, Standing, obligations
from panggon.core.incidents.procedure import IncidentFacts
from panggon.core.incidents.vocabulary import Duty, PersonalData, Risk
from panggon.core.sites.life import TABLE as LIFE
from panggon.core.sites.life import SiteAction
from panggon.core.sites.spec import SiteState
from panggon.incidents.models import Incident
from panggon.people.selectors import Capacity
from panggon.sites import life
from panggon.sites import selectors as sites

INPUTS = (
    *("words", "reasons", "risk", "personal_data", "contact", "description", "chronology", "impact"),
    *("data", "how", "handling", "duty", "lessons"),
)


def facts_of(
    incident: Incident, *, capacity: Capacity, concerned: frozenset[str], data: Mapping[str, Any]
) -> IncidentFacts:
    """`concerned` are the keys of the people whom it is about."""
    site = incident.site
    quarantined = site is not None and site.state == SiteState.QUARANTINED
    return IncidentFacts(
        unconcerned=concerned.isdisjoint(capacity.people),
        unassigned=str(incident.handler_id) not in capacity.people,
        another=site is not None and quarantined and life.quarantined_by(site) not in capacity.people,
        may_be_quarantined=site is not None and LIFE.row(SiteState(site.state), SiteAction.QUARANTINE) is not None,
        quarantined=quarantined,
        work_failed=site is not None and sites.failed_aside(site) is not None,
        data_hit=incident.personal_data == PersonalData.YES,
        data_known=incident.personal_data != PersonalData.UNKNOWN,
        duties_done=not any(duty.open for duty in duties_of(incident)),
        inputs={name: str(data.get(name) or "") for name in INPUTS},
        checklist=data.get("checklist") or {},
    )


def duties_of(incident: Incident) -> tuple[Obligation, ...]:
    """What the law wants told, as the incident stands now."""
    standing = Standing(
        known_at=incident.reported_at,
        risk=Risk(incident.risk) if incident.risk else None,
        vital=incident.vital,
        breach_known_at=incident.breach_known_at,
        told={Duty(duty): datetime.fromisoformat(at) for duty, at in incident.told.items()},
    )
    return obligations(standing)
