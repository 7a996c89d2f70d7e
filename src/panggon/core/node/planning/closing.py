"""What it takes to shut a site: its doors, which changes shut them, and what must be proven then.

A plan that shuts a site has no way back: nothing that has nothing to do with its doors opens it again.
"""

from collections.abc import Mapping

from panggon.core.node.planning.desired import CLOSED, MachineFacts, desired
from panggon.core.node.planning.resources import Attributes, Key, Kind, Observation, absent, canonical, ours
from panggon.core.sites.spec import SiteSpec, SiteState

# What visitors and the owner meet. A site that closes shuts these first: its programs may need minutes to end, and
# nobody is to meet them meanwhile.
DOORS = (Kind.SITE, Kind.HOST, Kind.ACCESS, Kind.USER)
# Every worker of the web server answers so, nobody is let in, no program runs, the database is kept and nobody works in
# it. Certificate and records have nothing to do with it.
PROVEN = (*DOORS, Kind.DATABASE, Kind.RUNTIME)

# Codes of what is told while something of a closing is left: every door is shut, or not yet.
CODES = SHUT, NOT_SHUT = "closing.shut", "closing.not_shut"

# How far the link of a name is shut, by its state; without a link nothing answers at all.
_SHUT: Mapping[object, int] = {SiteState.SUSPENDED.value: 1, SiteState.QUARANTINED.value: 2}
_WITHOUT_LINK = 3


def assumed(spec: SiteSpec, former: SiteSpec, facts: MachineFacts) -> Mapping[Key, Observation]:
    """What a plan that leads from the former wish to a closed site may take for true where nobody can look: all but
    the doors is as it was applied. Whether it is, is seen when its turn comes.
    """
    if spec.state not in CLOSED or former.state is spec.state:
        return {}
    return {
        key: absent(key) if after is None else ours(key, **after)
        for key, after in desired(former, facts)
        if key.kind not in DOORS
    }


def closes(spec: SiteSpec, changes: Mapping[Key, tuple[Attributes | None, Attributes | None]]) -> bool:
    """Whether a plan with these changes, each from before to after, shuts the site further; or has nothing to do but to
    take away what an earlier closing has left (the records of a parked one), and to prove once more that it is shut.
    """
    if spec.state not in CLOSED or not changes:
        return False
    return any(_shuts(key, *way) for key, way in changes.items()) or all(
        way[1] is None or _asks_anew(key, *way) for key, way in changes.items()
    )


def only_locks(changes: Mapping[Key, tuple[Attributes | None, Attributes | None]]) -> bool:
    """Whether all that is left is to lock the database: so reads what was closed before databases were locked."""
    return bool(changes) and all(
        key.kind is Kind.DATABASE
        and before is not None
        and not before.get("locked")
        and canonical({**before, "locked": True}) == canonical(after)
        for key, (before, after) in changes.items()
    )


def _shuts(key: Key, before: Attributes | None, after: Attributes | None) -> bool:
    if before is None:
        return False
    match key.kind:
        case Kind.HOST:
            return _shut(after) > _shut(before)
        case Kind.ACCESS:
            return bool(_keys(before) - _keys(after))
        case Kind.USER:
            return bool(before.get("password")) and not (after or {}).get("password")
        case Kind.DATABASE:
            return bool((after or {}).get("locked")) and not before.get("locked")
        case Kind.RUNTIME | Kind.TASKS:
            return after is None
    return False


def _asks_anew(key: Key, before: Attributes | None, after: Attributes | None) -> bool:
    if key.kind is not Kind.SITE or before is None or after is None:
        return False
    return canonical({**before, "generation": None}) == canonical({**after, "generation": None})


def _shut(link: Attributes | None) -> int:
    return _WITHOUT_LINK if link is None else _SHUT.get(link.get("state"), 0)


def _keys(access: Attributes | None) -> frozenset[str]:
    found = (access or {}).get("keys")
    return frozenset(found) if isinstance(found, tuple) else frozenset()
