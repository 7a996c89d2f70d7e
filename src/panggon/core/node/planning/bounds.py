"""How much a portal may ask of a machine: what one that was broken into must not do before somebody looks.

DESIGN section 4: more than max(5, 10 %) of the sites changed, re-keyed or removed in 24 h waits for a word given on
the machine. New names have a bound of their own: whoever could make any number would make the first one grow, and
fill the city's domain with pages of strangers.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from panggon.core.node.planning.plan import Change, Plan
from panggon.core.node.planning.resources import Attributes, Kind
from panggon.core.sites.spec import SiteState

WITHIN = timedelta(hours=24)
LEAST = 5
LEAST_NAMES = 20
SHARE_PERCENT = 10


def is_new(plan: Plan) -> bool:
    """Whether nothing of the site is there yet."""
    return all(change.before is None for change in _ways(plan))


def names(plan: Plan) -> frozenset[str]:
    """The names that lead somewhere and did not before."""
    new = (way for way in plan.changes if way.before is None and way.after is not None)
    return frozenset(way.key.name for way in new if way.key.kind is Kind.HOST)


def disturbs(plan: Plan, *, let_in: bool = False) -> bool:
    """Whether it changes, re-keys or removes anything of a site that is there. Free are only renewed certificates,
    another generation of the same, opening what was prepared, with its tasks, and the first key or password where
    nobody could come in; that once a site: `let_in` tells that somebody was before.
    """
    if is_new(plan):
        return False
    opening = any(_opens(change, plan) for change in plan.changes)
    first = not let_in and not any(_has_access(change, change.before) for change in _ways(plan))
    return any(_disturbs(change, plan, opening=opening, first=first) for change in plan.changes)


def lets_in(plan: Plan) -> bool:
    """Whether somebody may come in over SFTP afterwards."""
    return any(_has_access(change, change.after) for change in _ways(plan))


def most(sites: int, *, least: int = LEAST) -> int:
    """How many of so many sites may be disturbed within 24 hours; with LEAST_NAMES, how many names may be new."""
    return max(least, -(-sites * SHARE_PERCENT // 100))


@dataclass(frozen=True, slots=True)
class Counted:
    """A site that was changed or a name that was made, and when last: however often, it counts once. `was_here` is
    whether its site was there, neither parked nor purged, before the first of it.
    """

    at: datetime
    site: str
    was_here: bool


def sites_before(here: Set[str], *, changed: Mapping[str, Counted], made: Set[str]) -> int:
    """How many sites there were a day ago, by those that are `here` now and what was done since: neither making sites
    nor taking them out of parking makes the number grow.
    """
    former = {site for site, counted in changed.items() if counted.was_here}
    return len(((here - changed.keys()) | former) - made)


def counts(at: datetime, *, now: datetime) -> bool:
    """Whether it is less than a day ago. What lies more than a day ahead was written under a wrong clock."""
    return now - WITHIN < at < now + WITHIN


def _ways(plan: Plan) -> Iterable[Change]:
    return (*plan.changes, *plan.unchanged)


def _opens(change: Change, plan: Plan) -> bool:
    if change.key.kind is not Kind.HOST or change.key.name != plan.spec.host or not change.before or not change.after:
        return False
    return (change.before.get("state"), change.after["state"]) == (SiteState.PREPARED, SiteState.OPEN)


def _has_access(change: Change, side: Attributes | None) -> bool:
    name = _DOORS.get(change.key.kind)
    return bool(name and side and side.get(name))


def _disturbs(change: Change, plan: Plan, *, opening: bool, first: bool) -> bool:
    before, after, kind = change.before, change.after, change.key.kind
    if before is None:
        return not (opening and kind is Kind.TASKS)
    if after is None or change.mends:
        return True
    if kind is Kind.CERTIFICATE:  # renewed
        return False
    free = {"generation", *(["state"] if _opens(change, plan) else []), *([_DOORS.get(kind)] if first else [])}
    return any(before.get(name) != after.get(name) for name in {*before, *after} - free)


# What says of a resource that somebody may come in.
_DOORS: Mapping[Kind, str] = {Kind.USER: "password", Kind.ACCESS: "keys"}
