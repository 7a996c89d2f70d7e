"""What is done with a site at once, without a plan that somebody approves first (`core/sites/life.py`)."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from panggon.audit.selectors import history_of
from panggon.audit.services import record
from panggon.core.cases.vocabulary import Role
from panggon.core.errors import InvalidError
from panggon.core.sites.life import TABLE, SiteAction, SiteEffect, SiteFacts
from panggon.core.sites.spec import SiteState
from panggon.core.state_machine import Decision
from panggon.people import selectors as people
from panggon.people.models import User
from panggon.sites import selectors, services
from panggon.sites.models import Purpose, Site, Wish

SiteDecision = Decision[SiteState, SiteAction, Role, SiteEffect]
NOT_YOURS = "action.not_your_role"
AT_ONCE = {SiteAction.QUARANTINE: Purpose.QUARANTINE, SiteAction.RELEASE: Purpose.RELEASE}


def subject_of(site: Site) -> str:
    """Under which the log of changes keeps the life of this site."""
    return f"sites.site:{site.pk}"


def quarantined_by(site: Site) -> str:
    """The key of who had the site put in quarantine last; "" when nobody has."""
    last = history_of(subject_of(site)).filter(after__state=SiteState.QUARANTINED).first()
    return str(last.actor_id) if last else ""


def quarantine(site_id: int, *, reason: str, actor: User, at: datetime) -> Wish:
    """Close the site to visitors, owner and its own programs at once, and keep everything as it is: evidence.

    Of a site that is in quarantine already the wish that brought it there is given. Raises `InvalidError`
    `need.site_reason` (field `reason`), `action.not_your_role`, `action.not_from_this_state`.
    """
    return _at_once(site_id, SiteAction.QUARANTINE, reason=reason, actor=actor, at=at)


def release(site_id: int, *, reason: str, actor: User, at: datetime) -> Wish:
    """Open a site in quarantine again as it was. Of one that was released already that wish is given.

    Raises what `quarantine` raises, and `need.not_who_quarantined`.
    """
    return _at_once(site_id, SiteAction.RELEASE, reason=reason, actor=actor, at=at)


def decide(site: Site, action: SiteAction, *, actor: User, facts: SiteFacts, at: datetime) -> SiteDecision:
    """In the first standing of the actor in which it is legal; refused in the words of the one that comes closest."""
    refusals = []
    for capacity in people.capacities_of(actor, now=at):
        known = replace(facts, people=capacity.people)
        answer = TABLE.decide(SiteState(site.state), action, roles=capacity.roles, facts=known)
        if isinstance(answer, Decision):
            return answer
        refusals.append(answer.faults)
    raise InvalidError(next((faults for faults in refusals if faults[0].code != NOT_YOURS), refusals[0]))


# ------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def _at_once(site_id: int, action: SiteAction, *, reason: str, actor: User, at: datetime) -> Wish:
    site = Site.objects.select_for_update(of=("self",)).get(pk=site_id)
    done = selectors.last_wish(site, *AT_ONCE.values())
    if done and done.purpose == AT_ONCE[action] and done.spec["state"] == site.state:
        return done
    facts = SiteFacts(reason=reason, quarantined_by=quarantined_by(site))
    decision = decide(site, action, actor=actor, facts=facts, at=at)
    before = {"state": site.state}
    site.state = decision.target
    wish = services.wish_anew(site, AT_ONCE[action], at=at)
    after = {"state": site.state, "wish": wish.pk}
    record(subject_of(site), before=before, after=after, actor=actor, at=at, reason=reason)
    return wish
