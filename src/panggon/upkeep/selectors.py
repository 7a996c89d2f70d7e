"""What people may see of sites and their changes, and what waits for whom. Reading changes nothing."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from panggon.core.cases.procedure import TABLE as CASES
from panggon.core.cases.procedure import State
from panggon.core.cases.vocabulary import Role
from panggon.core.sites.life import APPROVALS, TABLE, SiteAction, SiteFacts, SiteNeed
from panggon.core.sites.spec import SiteState
from panggon.people import selectors as people
from panggon.people.models import User
from panggon.people.selectors import Capacity
from panggon.sites import life
from panggon.sites import selectors as sites
from panggon.sites.models import Site
from panggon.upkeep.models import Alteration, Request

State_ = Alteration.State
WAITING = (State_.PROPOSED, State_.RUNNING)
# Whoever asks for changes of sites, or lets them run.
KEEPERS = frozenset({Role.TECHNICIAN, Role.DIVISION_HEAD, Role.HEAD})


def is_keeper(user: User, *, now: datetime) -> bool:
    return not people.roles_of(user, now=now).isdisjoint(KEEPERS)


def visible_to(user: User, *, now: datetime) -> QuerySet[Site]:
    """Every site for an official, the own agency's for others."""
    shown = Site.objects.select_related("agency", "node", "plan", "case__technician").exclude(
        state=SiteState.PREPARED, released_at=None, case=None
    )
    return shown if people.is_official(user, now=now) else shown.filter(agency=user.agency_id or 0)


def found(user: User, *, words: str, state: str, now: datetime) -> QuerySet[Site]:
    """Of these the sites whose name, agency or machine has these words, and that are in this state if one is given."""
    rows = visible_to(user, now=now).order_by("host", "number")
    if words:
        meant = Q(host__icontains=words) | Q(agency__name__icontains=words) | Q(agency__short_name__icontains=words)
        rows = rows.filter(meant | Q(node__name__iexact=words))
    rows = rows.filter(state=state) if state else rows
    waiting = Alteration.objects.filter(site=OuterRef("pk"), state__in=WAITING)
    asked = Request.objects.filter(site=OuterRef("pk"), answered_at=None)
    silent = sites.silent_sites().filter(pk=OuterRef("pk"))
    return rows.annotate(changing=Exists(waiting), asked=Exists(asked), silent=Exists(silent))


def site_for(user: User, identifier: str, *, now: datetime) -> Site | None:
    number = identifier.removeprefix("s")
    if not (number.isascii() and number.isdigit() and len(number) == 6):
        return None
    return visible_to(user, now=now).filter(number=int(number)).first()


def open_alteration(site: Site) -> Alteration | None:
    """What waits to be approved or is being carried out."""
    return _related(site.alterations.filter(state__in=WAITING)).first()


def alterations_of(site: Site) -> QuerySet[Alteration]:
    return _related(site.alterations.all())


def alteration(site: Site, key: int) -> Alteration | None:
    return alterations_of(site).filter(pk=key).first()


def open_requests(site: Site) -> QuerySet[Request]:
    return site.requests.filter(answered_at=None).select_related("asked_by")


def requests_for(user: User, *, now: datetime) -> QuerySet[Request]:
    """What OPDs have asked and nobody has answered: for the dinas all, for an OPD its own."""
    waiting = Request.objects.filter(answered_at=None).select_related("site__agency", "asked_by").order_by("id")
    return waiting if people.is_official(user, now=now) else waiting.filter(site__agency=user.agency_id or 0)


def proposals_for(user: User, *, now: datetime) -> QuerySet[Alteration]:
    """What waits for this person's approval."""
    roles = people.roles_of(user, now=now)
    actions = [action for action, approval in APPROVALS.items() if not approval.roles.isdisjoint(roles)]
    waiting = Alteration.objects.filter(state=State_.PROPOSED, action__in=actions).exclude(
        Q(asked_by=user) & ~Q(action=SiteAction.RESTORE)
    )
    return waiting.select_related("site__agency", "asked_by").order_by("id")


def behind_for(user: User, *, now: datetime) -> int:
    """Of how many sites this person may send again what their machines have lost."""
    return sites.behind_sites().count() if is_keeper(user, now=now) else 0


def to_do(user: User, *, now: datetime) -> int:
    """How many changes wait for this person's approval, and for a technician how many requests for an answer."""
    roles = people.roles_of(user, now=now)
    if roles.isdisjoint(KEEPERS):
        return 0
    asked = requests_for(user, now=now).count() if Role.TECHNICIAN in roles else 0
    return proposals_for(user, now=now).count() + asked


def drift_of(site: Site) -> tuple[str, ...]:
    """What people changed on the machine by hand, a sentence each."""
    lines = site.node.drift if site.node else []
    return tuple(line.removeprefix(f"{site.identifier}: ") for line in lines if line.startswith(f"{site.identifier}: "))


def fullness_of(site: Site) -> tuple[str, ...]:
    """Why the site may not write, in its machine's sentences; nothing while it may."""
    begin = f"{site.identifier}: "
    lines = site.node.reduced if site.node else []
    return tuple(line.removeprefix(begin) for line in lines if line.startswith(begin))


def has_case_over(site: Site) -> bool:
    case = getattr(site, "case", None)
    return case is None or State(case.state) in CASES.finals


def facts_of(
    site: Site, *, now: datetime, capacity: Capacity | None = None, change: Alteration | None = None
) -> SiteFacts:
    """What the rules look at, but for what a form is to give."""
    parked = site.released_at if site.state == SiteState.PARKED else None
    plan = change.plan if change and change.plan.outcome == "planned" else None
    return SiteFacts(
        case_over=has_case_over(site),
        unchanged=open_alteration(site) is None,
        name_free=not sites.is_taken(site.host, except_for=site),
        drifted=bool(drift_of(site)),
        host=site.host,
        parked_for=now - parked if parked else None,
        purge_after=settings.PANGGON_PURGE_AFTER,
        people=capacity.people if capacity else frozenset(),
        quarantined_by=life.quarantined_by(site) if site.state == SiteState.QUARANTINED else "",
        asked_by=str(change.asked_by_id) if change else "",
        plan_digest=plan.digest if plan else "",
        wish_running=sites.running_wish(site) is not None,
    )


def offers(site: Site, user: User, *, now: datetime) -> list[SiteAction]:
    """What this person may ask for now; what cannot be for a reason that no form can change is left out."""
    facts, found_actions = facts_of(site, now=now), []
    for capacity in people.capacities_of(user, now=now):
        own = replace(facts, people=capacity.people)
        possible = TABLE.offers(SiteState(site.state), roles=capacity.roles, facts=own)
        found_actions += [offer.action for offer in possible if offer.possible]
    return list(dict.fromkeys(found_actions))


def blockers(site: Site, user: User, *, now: datetime) -> list[SiteNeed]:
    """Why there is nothing, or not all, that this person could ask for: each reason once."""
    behind = frozenset[str]().union(*(capacity.people for capacity in people.capacities_of(user, now=now)))
    facts = replace(facts_of(site, now=now), people=behind)
    roles: Collection[Role] = people.roles_of(user, now=now)
    faults = (
        fault.code.removeprefix("need.")
        for offer in TABLE.offers(SiteState(site.state), roles=roles, facts=facts)
        for fault in offer.blockers
    )
    return [need for need in map(SiteNeed, dict.fromkeys(faults)) if need is not SiteNeed.DRIFT]


# ------------------------------------------------------------------------------------------------------------------


def _related(rows: QuerySet[Alteration]) -> QuerySet[Alteration]:
    return rows.select_related("plan", "wish", "asked_by", "decided_by", "request")
