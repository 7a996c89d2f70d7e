"""What a change makes of a site after its case: its values as they would be, as they are wished, and back."""

import copy
from datetime import datetime

from panggon.core.sites.spec import SiteState
from panggon.sites.models import Purpose, RetiredName, Site, Wish
from panggon.sites.services import Values, ask_node, wish_anew


def asked_for(site: Site, values: Values) -> Site:
    """The site as it would be wished with these values: columns by name, `details` as a whole. It is not kept."""
    target = copy.copy(site)
    for name, value in values.items():
        setattr(target, name, value)
    target.generation = site.generation + 1
    return target


def wish_proposal(site: Site, values: Values, *, at: datetime) -> Wish:
    """Ask what would be done if the site had these values. Raises `InvalidError` for what is no spec."""
    return ask_node(asked_for(site, values), Purpose.PROPOSAL, at=at)


def wish_change(site: Site, values: Values, *, digest: str, at: datetime) -> Wish:
    """Give the site these values, and ask to carry out the plan with this digest, which was approved for them."""
    _set(site, values)
    _hold_name(site, at=at)
    return wish_anew(site, Purpose.CHANGE, at=at, approved_digest=digest)


def take_back(site: Site, values: Values, *, at: datetime) -> None:
    """The machine has not done what was asked, so the site is wished again as it was; of that it needs no word."""
    _set(site, values)
    _hold_name(site, at=at)


def let_go_of_names(site: Site, *, at: datetime) -> None:
    """Of the names that it gave up nothing is left on the machine: others may have them once somebody allows it."""
    hosts = site.details.pop("retired_hosts", [])
    for host in hosts:
        RetiredName.objects.get_or_create(host=host, defaults={"retired_at": at})
    if hosts:
        site.save(update_fields=["details"])


# ------------------------------------------------------------------------------------------------------------------


def _set(site: Site, values: Values) -> None:
    for name, value in values.items():
        setattr(site, name, value)
    site.save(update_fields=list(values))


def _hold_name(site: Site, *, at: datetime) -> None:
    """A parked site gives its name up, any other has it; one that was live once is remembered as retired."""
    parked = site.state in (SiteState.PARKED, SiteState.PURGED)
    if parked == (site.released_at is not None):
        return
    if parked:
        RetiredName.objects.get_or_create(host=site.host, defaults={"retired_at": at})
    site.released_at = at if parked else None
    site.save(update_fields=["released_at"])
