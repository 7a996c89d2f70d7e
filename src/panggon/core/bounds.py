"""How much a portal may ask of a machine: what one that was broken into must not do before somebody looks.

DESIGN section 4: more than max(5, 10 %) of the sites changed, re-keyed or removed in 24 h waits for a word given on
the machine.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from panggon.core.plan import Change, Plan
from panggon.core.resources import Kind
from panggon.core.spec import SiteState

WITHIN = timedelta(hours=24)
LEAST = 5
SHARE_PERCENT = 10


def disturbs(plan: Plan) -> bool:
    """Whether it changes, re-keys or removes what is live. Making and opening a site, and its first key, do not."""
    return any(map(_disturbs, plan.changes))


def most(sites: int) -> int:
    """How many of so many sites may be disturbed within 24 hours."""
    return max(LEAST, -(-sites * SHARE_PERCENT // 100))


def recent(disturbed: Mapping[str, datetime], *, now: datetime) -> dict[str, datetime]:
    """Of the sites and when each was disturbed last: those that still count."""
    return {site: at for site, at in disturbed.items() if counts(at, now=now)}


def counts(at: datetime, *, now: datetime) -> bool:
    """Whether it is less than a day ago. What lies more than a day ahead was written under a wrong clock."""
    return now - WITHIN < at < now + WITHIN


def _disturbs(change: Change) -> bool:
    before, after = change.before, change.after
    if before is None:
        return False
    if after is None or change.mends:
        return True
    if change.key.kind is Kind.CERTIFICATE:  # renewed
        return False
    if change.key.kind is Kind.HOST and before["state"] == SiteState.PREPARED:
        return False
    first = {Kind.USER: "password", Kind.ACCESS: "keys"}.get(change.key.kind)
    counted = {name for name in (*before, *after) if before.get(name) != after.get(name)} - {"generation"}
    return bool(counted - ({first} if first and not before[first] else set()))
