"""From a wish and what exists to a plan: a printable value with a digest that a person can approve."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from panggon.core.errors import Fault, InvalidError, PermanentError
from panggon.core.node.planning import closing
from panggon.core.node.planning.desired import ALIVE, CLOSED, MAKING_ORDER, NAMED, MachineFacts, desired
from panggon.core.node.planning.resources import Attributes, Key, Kind, Observation, Standing, Value, canonical
from panggon.core.sites.spec import SiteSpec, SiteState
from panggon.core.sites.spec_document import digestable, parse
from panggon.core.sites.spec_document import dump as dump_spec

VERSION = 1
# How a resource of ours was found that somebody's hand has left half, and with WHY in words where they are known:
# nothing brings that back, nor should it.
HALF, WHY = "half", "why"
TAKEN = "sudah ada dan bukan milik situs ini, jadi tidak ada yang diubah"


@dataclass(frozen=True, slots=True)
class Change:
    """One resource's way: from `before` to `after` (None: absent). The inverse swaps the two.

    What was `half` before is mended, and stays mended when the plan is undone.
    """

    key: Key
    before: Attributes | None
    after: Attributes | None

    def inverse(self) -> "Change":
        return Change(self.key, self.after, self.before)

    @property
    def mends(self) -> bool:
        return is_half(self.before)

    @property
    def why(self) -> str:
        """What is mended, in words; "" where nothing is, or nobody knows."""
        return str((self.before or {}).get(WHY, "")) if self.mends else ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes in order, and the resources that are as wished already; `digest` covers spec and all of them."""

    spec: SiteSpec
    changes: tuple[Change, ...]
    unchanged: tuple[Change, ...]
    digest: str

    @property
    def present(self) -> tuple[Key, ...]:
        """What the plan leaves in existence, changed or not, in the order of making: all that can be proven."""
        keys = [change.key for change in (*self.changes, *self.unchanged) if change.after is not None]
        return in_order(keys)

    @property
    def closes(self) -> bool:
        """Whether it shuts the site (`core.node.planning.closing`): then it has no way back."""
        return closing.closes(self.spec, _ways(self.changes))

    @property
    def only_locks(self) -> bool:
        """Whether the site is closed but for its database (`closing.only_locks`)."""
        return self.spec.state in CLOSED and closing.only_locks(_ways(self.changes))

    @property
    def before_leaving(self) -> tuple[int, tuple[Key, ...]]:
        """From which change on a name that visitors know leads to another one, or nowhere, and the records that every
        server must give by then: what resolvers have been told once they keep. Without such a change it is the number
        of changes.
        """
        first = next((at for at, way in enumerate(self.changes) if _leaves(way, self.spec)), len(self.changes))
        made = (way.key for way in self.changes if way.key.kind is Kind.RECORDS and way.after is not None)
        return first, tuple(made)

    @property
    def proven(self) -> tuple[Key, ...]:
        """What is to be proven once it is carried out; of a site that is shut only that it is, and has no name more."""
        left = gone(self.spec)
        keys = in_order((*self.present, *left))
        return tuple(key for key in keys if key.kind in closing.PROVEN or key in left) if self.closes else keys


def in_order(keys: Iterable[Key]) -> tuple[Key, ...]:
    """In the order of making."""
    return tuple(sorted(keys, key=lambda key: MAKING_ORDER.index(key.kind)))


def gone(spec: SiteSpec) -> tuple[Key, ...]:
    """What is to be proven of a site although it is not to be there: that no program of a closed one runs, and that no
    server of the zone has its records at a name that it gave up.
    """
    names = spec.retired_hosts if spec.state in NAMED else spec.hosts
    runtime = (Key(Kind.RUNTIME, spec.site),) if spec.state in CLOSED else ()
    return (*runtime, *(Key(Kind.RECORDS, name) for name in names))


def make(
    spec: SiteSpec,
    facts: MachineFacts,
    observations: Iterable[Observation],
    *,
    mending: bool = False,
    strays: Iterable[Observation] = (),
    kept: Collection[Key] = (),
    new_names: Collection[str] = (),
) -> Plan:
    """The plan that leads from what was observed to the wish: first the doors that close, then what must go, last made
    first, then the rest; last the former names, which lead to a name that must be there by then, programs that only
    start anew, because those that run go on answering meanwhile, and what goes of names that a site gives up which has
    others. What others have in the place of anything but a door
    keeps no site open: a plan that shuts it leaves that out, unless it is one of the site's `new_names`. `mending`: no
    run is under way, so what is half written was made so by somebody's hand, and the plan mends it. Of `strays`, names
    of which the spec does not speak, those that lead to the site go. Nothing is said of what is `kept`
    (`not_given_up`).

    Raises PermanentError: `plan.foreign` naming what others made, `plan.partial` naming what an interrupted journal
    left half written and must finish itself, `plan.unobserved` when nobody looked.
    """
    seen = {observation.key: observation for observation in observations}
    wished = tuple((key, after) for key, after in desired(spec, facts) if key not in kept)
    given_up = spec.retired_hosts if spec.state in NAMED else spec.hosts
    given_away = {host for host in given_up if _holder(host, seen) not in ("", spec.site)}
    wished = tuple((key, after) for key, after in wished if not _is_others_now(key, spec, seen, given_away))
    _refuse_unobserved(key for key, _ in wished if key not in seen)
    ways = [Change(key, _before(seen[key]), after) for key, after in wished]
    own = [way for way in ways if way.key.name in new_names or not _is_no_door_of(spec.site, seen[way.key])]
    if closing.closes(spec, _ways(way for way in own if not same(way.before, way.after))):
        ways = list(map(_as_it_is, own))
    _refuse_unplannable(spec.site, [seen[way.key] for way in ways], mending=mending)
    unasked = [Change(found.key, found.attributes, None) for found in strays if _leads_to(found, spec)]
    going = [way for way in reversed(ways) if way.after is None and way.before is not None]
    coming = [way for way in ways if way.after is not None and not same(way.before, way.after)]
    unchanged = tuple(way for way in ways if same(way.before, way.after))
    changes = tuple(sorted((*unasked, *going, *coming), key=lambda way: _turn(way, spec)))
    return Plan(spec, changes, unchanged, _digest(spec, changes, unchanged))


def not_given_up(spec: SiteSpec, former: SiteSpec | None, others: Collection[str]) -> frozenset[Key]:
    """The certificates that such a wish does not take away, where `former` was applied last: of names that `others`
    have too, who keep theirs while they are parked, when nothing else tells whose it is; and of retired names that the
    site had no more by then, because its own went with the name.
    """
    gone = spec.hosts if spec.state is SiteState.PURGED else spec.retired_hosts
    had = (former.host, *former.former_hosts) if former else ()
    never_had = () if spec.state is SiteState.PURGED else (host for host in gone if host not in had)
    return frozenset(Key(Kind.CERTIFICATE, host) for host in (*never_had, *(host for host in gone if host in others)))


def new_names(spec: SiteSpec, former: SiteSpec | None) -> frozenset[str]:
    """Those that the site did not have when `former` was applied last; none where it is shut further, which comes
    first.
    """
    if former and _shut(spec) > _shut(former):
        return frozenset()
    had = (former.host, *former.former_hosts) if former else ()
    return frozenset((spec.host, *spec.former_hosts)).difference(had)


def _shut(spec: SiteSpec) -> int:
    return CLOSED.index(spec.state) + 1 if spec.state in CLOSED else 0


def same(one: Attributes | None, other: Attributes | None) -> bool:
    return canonical(one) == canonical(other)


def dump(plan: Plan) -> dict[str, Any]:
    """The plan as a JSON document, for journals and the portal."""
    return {
        "version": VERSION,
        "spec": dump_spec(plan.spec),
        "changes": [_row(change) for change in plan.changes],
        "unchanged": [_row(change) for change in plan.unchanged],
        "digest": plan.digest,
    }


def load(document: object) -> Plan:
    """The plan in a document. Raises InvalidError: `plan.version`, `plan.shape`, `plan.digest` (it was altered)."""
    if not isinstance(document, Mapping) or document.get("version") != VERSION:
        raise InvalidError((Fault("plan.version", "version"),))
    spec = parse(document.get("spec"))
    try:
        changes, unchanged = (tuple(map(_change, document[name])) for name in ("changes", "unchanged"))
        digest, known = document["digest"], _digest_of(document, spec)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise InvalidError((Fault("plan.shape"),)) from error
    if digest != known:
        raise InvalidError((Fault("plan.digest", "digest"),))
    return Plan(spec, changes, unchanged, digest)


def _turn(way: Change, spec: SiteSpec) -> int:
    """Of changes that sort alike the order stays."""
    if way.key.kind in closing.DOORS and way.before is not None and spec.state not in ALIVE:
        return 0
    if _leaves(way, spec):
        return 4 if way.after is None else 2
    return 3 if _only_restarts(way) else 1


def _leaves(way: Change, spec: SiteSpec) -> bool:
    """Whether it takes visitors from one of the names of a site that keeps another."""
    if way.after is None:
        return way.key.name in spec.retired_hosts and spec.state in NAMED
    return way.key.kind is Kind.HOST and way.key.name in spec.former_hosts


def _is_others_now(key: Key, spec: SiteSpec, seen: Mapping[Key, Observation], given_away: Collection[str]) -> bool:
    """Whether it is of a name that the site gave up, and somebody else has it since: nothing of the site's is there."""
    found = seen.get(key)
    theirs = found is not None and found.standing is Standing.FOREIGN
    given_up = key.name in spec.retired_hosts or (key.kind is Kind.RECORDS and spec.state is SiteState.PURGED)
    return key.name in given_away or (theirs and given_up)


def _is_no_door_of(site: str, found: Observation) -> bool:
    """Whether others have it, and nothing of the site is met there: no site stays open because of it."""
    is_door = found.key.kind in closing.DOORS and found.standing is Standing.FOREIGN
    return bool(_owner(found, site)) and not is_door


def _as_it_is(way: Change) -> Change:
    """No site stays open because a certificate cannot be had; the one that is there is another plan's matter."""
    kept = way.key.kind is Kind.CERTIFICATE and None not in (way.before, way.after)
    return Change(way.key, way.before, way.before) if kept else way


def _ways(changes: Iterable[Change]) -> dict[Key, tuple[Attributes | None, Attributes | None]]:
    return {change.key: (change.before, change.after) for change in changes}


def _only_restarts(way: Change) -> bool:
    """Whether the same program goes on for another generation."""
    if way.key.kind is not Kind.RUNTIME or way.before is None or way.after is None:
        return False
    return same({**way.before, "generation": None}, {**way.after, "generation": None})


def half(why: str) -> Attributes:
    """Of what was found half; `is_half` knows it again."""
    return {HALF: True, WHY: why} if why else {HALF: True}


def is_half(attributes: Attributes | None) -> bool:
    return attributes is not None and attributes.get(HALF) is True


def _before(found: Observation) -> Attributes | None:
    return half(found.detail) if found.standing is Standing.PARTIAL else found.attributes


def _refuse_unobserved(keys: Iterable[Key]) -> None:
    if named := "; ".join(map(str, keys)):
        raise PermanentError("plan.unobserved", named)


def _refuse_unplannable(site: str, seen: list[Observation], *, mending: bool) -> None:
    if others := [f"{found.key} ({_owner(found, site)})" for found in seen if _owner(found, site)]:
        raise PermanentError("plan.foreign", f"{TAKEN}: {'; '.join(others)}")
    left_half = [str(found.key) for found in seen if found.standing is Standing.PARTIAL]
    if left_half and not mending:
        raise PermanentError("plan.partial", "; ".join(left_half))


def _leads_to(found: Observation, spec: SiteSpec) -> bool:
    return found.key.name not in spec.hosts and bool(found.attributes) and _owner(found, spec.site) == ""


def _holder(host: str, seen: Mapping[Key, Observation]) -> str:
    """The site that has a name now, "" for none: another may have it since this one gave it up, certificate and all."""
    found = [seen.get(Key(kind, host)) for kind in (Kind.HOST, Kind.RECORDS)]
    return next((str(each.attributes["site"]) for each in found if each and each.attributes), "")


def _owner(found: Observation, site: str) -> str:
    """Who else has it: a stranger, or another of our sites, from which a name is never taken silently."""
    if found.standing is Standing.FOREIGN:
        return found.detail or "bukan buatan Panggon"
    holder = (found.attributes or {}).get("site", site)
    return "" if holder == site else f"milik situs {holder}"


def _digest(spec: SiteSpec, changes: tuple[Change, ...], unchanged: tuple[Change, ...]) -> str:
    return _covering(digestable(spec), list(map(_row, changes)), list(map(_row, unchanged)))


def _digest_of(document: Mapping[str, Any], spec: SiteSpec) -> str:
    """Of what is written there, not of what it means now: a plan that an earlier version made lacks newer members."""
    access = {**document["spec"].get("access", {}), "ssh_keys": digestable(spec)["access"]["ssh_keys"]}
    return _covering({**document["spec"], "access": access}, document["changes"], document["unchanged"])


def _covering(spec: Mapping[str, Any], changes: list[Any], unchanged: list[Any]) -> str:
    covered = {"spec": spec, "changes": changes, "unchanged": unchanged}
    return hashlib.sha256(canonical(covered).encode()).hexdigest()


def _row(change: Change) -> dict[str, Any]:
    return {
        "kind": change.key.kind.value,
        "name": change.key.name,
        "before": plain_attributes(change.before),
        "after": plain_attributes(change.after),
    }


def plain_attributes(attributes: Attributes | None) -> dict[str, Any] | None:
    """The JSON form of attributes; `attributes_of` reads it back."""
    if attributes is None:
        return None
    return {name: list(value) if isinstance(value, tuple) else value for name, value in attributes.items()}


def _change(row: Mapping[str, Any]) -> Change:
    return Change(Key(Kind(row["kind"]), str(row["name"])), attributes_of(row["before"]), attributes_of(row["after"]))


def attributes_of(members: Mapping[str, Any] | None) -> Attributes | None:
    """Attributes from their JSON form, where tuples are lists."""
    if members is None:
        return None
    return {name: _value(value) for name, value in members.items()}


def _value(value: Any) -> Value:
    if isinstance(value, list):
        return tuple(map(str, value))
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError(f"not a value: {value!r}")
