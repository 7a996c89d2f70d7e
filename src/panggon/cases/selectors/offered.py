"""What a person may do with a case now, and what is still in the way."""

from dataclasses import replace
from datetime import datetime

from panggon.cases.content.facts import explained, facts_for, in_capacity
from panggon.cases.models import Case
from panggon.core.cases.procedure import TABLE, Action, Need, Offer, Refusal, Role, State
from panggon.core.errors import Fault
from panggon.people import selectors as people
from panggon.people.models import User

# Needs that say whose a case is: to anybody else its actions are not offered at all.
_OWNERSHIP = frozenset({f"need.{need}" for need in (Need.OWN_AGENCY, Need.OWN_DIVISION, Need.ASSIGNED_TECHNICIAN)})
CaseOffer = Offer[State, Action, Role, Need]


def offers(case: Case, user: User, *, now: datetime) -> tuple[CaseOffer, ...]:
    """What this person may press now; an offer with `blockers` is shown with its reasons, not as a button.

    Of one action that is offered in several standings (own posts, acting in others) the possible one.
    """
    if State(case.state) in TABLE.finals:
        return ()
    facts = facts_for(case, actor=user, data={})
    offered: dict[Action, CaseOffer] = {}
    for capacity in people.capacities_of(user, now=now):
        known = in_capacity(facts, case, capacity)
        for offer in TABLE.offers(State(case.state), roles=capacity.roles, facts=known):
            is_own = not any(fault.code in _OWNERSHIP for fault in offer.blockers)
            if is_own and (offer.action not in offered or not offered[offer.action].possible):
                offered[offer.action] = replace(offer, blockers=explained(offer.blockers, facts))
    return tuple(offered.values())


def lacking(case: Case, user: User, action: Action, *, now: datetime) -> tuple[Fault, ...]:
    """What still keeps this person from doing this, as the rules would say it now; inputs of its form apart."""
    facts = facts_for(case, actor=user, data={})
    refusals = []
    for capacity in people.capacities_of(user, now=now):
        answer = TABLE.decide(State(case.state), action, roles=capacity.roles, facts=in_capacity(facts, case, capacity))
        refusals.append(answer.faults if isinstance(answer, Refusal) else ())
    return explained(min(refusals, key=len), facts)
