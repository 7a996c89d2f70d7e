"""From a wish and what exists to a plan: a printable value with a digest that a person can approve."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from panggon.core.errors import Fault, InvalidError, PermanentError
from panggon.core.resources import Attributes, Key, Kind, Observation, Standing, Value, canonical
from panggon.core.routing import ROUTINGS
from panggon.core.site_kinds import RUNNING
from panggon.core.site_tasks import dump_task
from panggon.core.spec import Profile, SiteKind, SiteSpec, SiteState, bare_keys
from panggon.core.spec_document import digestable, parse
from panggon.core.spec_document import dump as dump_spec

VERSION = 1
TAKEN = "sudah ada dan bukan milik situs ini, jadi tidak ada yang diubah"


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """What a plan must know of the machine: `uid_base` + number is a site's uid; `ipv4` and `ipv6` are the addresses
    that its names point to; `issuer` names who signs certificates; without sandboxes PHP sees the real paths below
    `root`. `proxies` are the addresses (`10.0.0.5:443`) of the servers that sites may lead to, by target. `caa` is the
    issuer's name in CAA records (RFC 8659); "": none are made.
    """

    uid_base: int
    ipv4: tuple[str, ...]
    ipv6: tuple[str, ...]
    issuer: str
    root: str
    sandboxed: bool
    proxies: tuple[tuple[str, str], ...] = ()
    caa: str = ""

    def document_root(self, site: str, profile: Profile) -> str:
        public = "/site/public" if self.sandboxed else f"{self.root}/sites/{site}/public"
        return public + ROUTINGS[profile].folder

    def address(self, target: str) -> str:
        """Where a proxy's target is reached; "" where this machine knows none, and then nothing is served."""
        return dict(self.proxies).get(target, "")


@dataclass(frozen=True, slots=True)
class Change:
    """One resource's way: from `before` to `after` (None: absent). The inverse swaps the two."""

    key: Key
    before: Attributes | None
    after: Attributes | None

    def inverse(self) -> "Change":
        return Change(self.key, self.after, self.before)


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
        return tuple(sorted(keys, key=lambda key: MAKING_ORDER.index(key.kind)))


# docs/architecture.md, "Resources of a site": each stands on those before it.
MAKING_ORDER = (
    Kind.USER,
    Kind.DIRECTORY,
    Kind.QUOTA,
    Kind.DATABASE,
    Kind.SITE,
    Kind.RUNTIME,
    Kind.TASKS,
    Kind.CERTIFICATE,
    Kind.HOST,
    Kind.ACCESS,
    Kind.RECORDS,
)
_NAMED_BY_HOST = (Kind.CERTIFICATE, Kind.HOST, Kind.RECORDS)
# States in which a name leads to the site; in which the site's own programs run.
_NAMED = (SiteState.PREPARED, SiteState.OPEN, SiteState.SUSPENDED, SiteState.QUARANTINED)
ALIVE = (SiteState.PREPARED, SiteState.OPEN)
# What visitors and the owner meet. A site that closes shuts these first: its programs may need half a minute to end,
# and nobody is to meet them meanwhile.
_DOORS = (Kind.SITE, Kind.HOST, Kind.ACCESS, Kind.USER)
REDIRECT = "redirect"  # the state of a former name


def desired(spec: SiteSpec, facts: MachineFacts) -> tuple[tuple[Key, Attributes | None], ...]:
    """Every resource of the wish in the order of making, with the attributes it shall have (None: absent).

    A site without a database says nothing about one: data that was once there is parked by people, never dropped by
    a field left out.
    """
    return tuple((key, _desired(key, spec, facts)) for key in keys(spec))


def keys(spec: SiteSpec) -> tuple[Key, ...]:
    """The resources that a wish speaks of, in the order of making."""
    kinds = [kind for kind in MAKING_ORDER if kind is not Kind.DATABASE or spec.database]
    return tuple(Key(kind, name) for kind in kinds for name in (spec.hosts if kind in _NAMED_BY_HOST else (spec.site,)))


def make(spec: SiteSpec, facts: MachineFacts, observations: Iterable[Observation]) -> Plan:
    """The plan that leads from what was observed to the wish: first the doors that close, then what must go, last made
    first, then the rest; last the former names, which lead to a name that must be there by then.

    Raises PermanentError: `plan.foreign` naming what others made, `plan.partial` naming what an interrupted journal
    left half written and must finish itself, `plan.unobserved` when nobody looked.
    """
    seen = {observation.key: observation for observation in observations}
    wished = desired(spec, facts)
    given_away = {
        host for host in spec.hosts if spec.state not in _NAMED and _holder(host, seen) not in ("", spec.site)
    }
    wished = tuple((key, after) for key, after in wished if key.name not in given_away)
    _refuse_unplannable(spec.site, [(key, seen.get(key)) for key, _ in wished])
    ways = [Change(key, seen[key].attributes, after) for key, after in wished]
    going = [way for way in reversed(ways) if way.after is None and way.before is not None]
    coming = [way for way in ways if way.after is not None and not same(way.before, way.after)]
    unchanged = tuple(way for way in ways if same(way.before, way.after))
    changes = tuple(sorted((*going, *coming), key=lambda way: _turn(way, spec)))
    return Plan(spec, changes, unchanged, _digest(spec, changes, unchanged))


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
        digest = document["digest"]
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidError((Fault("plan.shape"),)) from error
    if digest != _digest(spec, changes, unchanged):
        raise InvalidError((Fault("plan.digest", "digest"),))
    return Plan(spec, changes, unchanged, digest)


def _desired(key: Key, spec: SiteSpec, facts: MachineFacts) -> Attributes | None:
    if spec.state is SiteState.PURGED or key.name in spec.retired_hosts:
        return None
    if key.kind in _NAMED_BY_HOST:
        return _OF_A_NAME[key.kind](spec, facts, key.name)
    return _OF_THE_SITE[key.kind](spec, facts)


def _turn(way: Change, spec: SiteSpec) -> int:
    """Of changes that sort alike the order stays."""
    if way.key.kind in _DOORS and way.before is not None and spec.state not in ALIVE:
        return 0
    return 2 if way.key.kind is Kind.HOST and way.key.name in spec.former_hosts else 1


def _user(spec: SiteSpec, facts: MachineFacts) -> Attributes | None:
    return {"uid": _uid(spec, facts), "password": password_of(spec)}


def lets_in(spec: SiteSpec) -> bool:
    """Whether the site's owner may come in over SFTP."""
    return spec.state in (SiteState.OPEN, SiteState.SUSPENDED)


def password_of(spec: SiteSpec) -> str:
    """The fingerprint of the password that opens the site's door now, "" for none."""
    return spec.access.password_fingerprint if lets_in(spec) else ""


def keys_of(spec: SiteSpec) -> tuple[str, ...]:
    """The public keys that open the site's door now."""
    return bare_keys(spec.access.ssh_keys) if lets_in(spec) else ()


def _directory(spec: SiteSpec, facts: MachineFacts) -> Attributes | None:
    return {"uid": _uid(spec, facts)}


def _quota(spec: SiteSpec, _facts: MachineFacts) -> Attributes | None:
    return {"mebibytes": spec.limits.disk_mebibytes, "files": spec.limits.files}


def _database(spec: SiteSpec, _facts: MachineFacts) -> Attributes | None:
    return {"engine": str(spec.database), "connections": spec.limits.database_connections}


def _site(spec: SiteSpec, facts: MachineFacts) -> Attributes | None:
    return {
        "host": spec.host,
        "generation": spec.generation,
        "kind": spec.kind.value,
        "php_version": spec.php_version,
        "profile": spec.profile.value,
        "upload_mebibytes": spec.limits.upload_mebibytes,
        "memory_mebibytes": spec.limits.memory_mebibytes,
        "processes": spec.limits.processes,
        "hsts_seconds": spec.hsts_seconds,
        "cpu_percent": spec.limits.cpu_percent,
        "database": str(spec.database or ""),
        "outgoing": spec.outgoing,
        "document_root": facts.document_root(spec.site, spec.profile),
        "notice": spec.notice,
        "names": (spec.host, *spec.former_hosts),
        **_of_kind(spec, facts),
    }


def _of_kind(spec: SiteSpec, facts: MachineFacts) -> Attributes:
    """What only sites of this kind need; what a spec says of another kind changes nothing on a machine."""
    own: dict[str, Value] = {}
    if spec.kind is SiteKind.PHP:
        limits = spec.php
        own |= {
            "php_memory_mebibytes": limits.memory_mebibytes or spec.limits.memory_mebibytes // 2,
            "execution_seconds": limits.execution_seconds,
            "input_vars": limits.input_vars,
            "post_mebibytes": limits.post_mebibytes or spec.limits.upload_mebibytes + 1,
        }
    if spec.kind in RUNNING:
        own["environment"] = tuple(f"{name}={value}" for name, value in spec.environment)
    if spec.kind is SiteKind.REDIRECT and spec.redirect:
        own |= asdict(spec.redirect)
    if spec.kind is SiteKind.PROXY and spec.proxy:
        own |= asdict(spec.proxy) | {"address": facts.address(spec.proxy.target)}
    return own


def _runtime(spec: SiteSpec, _facts: MachineFacts) -> Attributes | None:
    if spec.kind not in RUNNING or spec.state not in ALIVE:
        return None
    kind, generation = spec.kind.value, spec.generation
    if spec.kind is SiteKind.PYTHON and spec.python:
        application = spec.python
        return {
            "kind": kind,
            "interface": application.interface.value,
            "entry": application.entry,
            "generation": generation,
        }
    return {"kind": kind, "php_version": spec.php_version, "generation": generation}


def _tasks(spec: SiteSpec, _facts: MachineFacts) -> Attributes | None:
    """None runs for a site that is not open: nobody could see what it does."""
    fitting = [task for task in spec.tasks if task.command[0] == spec.kind]
    if spec.state is not SiteState.OPEN or not fitting:
        return None
    return {"tasks": tuple(canonical(dump_task(task)) for task in fitting)}


def _access(spec: SiteSpec, _facts: MachineFacts) -> Attributes | None:
    return {"keys": keys_of(spec)} if spec.state in _NAMED else None


def _certificate(_spec: SiteSpec, facts: MachineFacts, _name: str) -> Attributes | None:
    return {"issuer": facts.issuer, "valid": True}


def _host(spec: SiteSpec, _facts: MachineFacts, name: str) -> Attributes | None:
    if spec.state not in _NAMED:
        return None
    return {"site": spec.site, "state": spec.state.value if name == spec.host else REDIRECT}


def _records(spec: SiteSpec, facts: MachineFacts, _name: str) -> Attributes | None:
    if spec.state not in _NAMED:
        return None
    return {
        "site": spec.site,
        "a": tuple(sorted(facts.ipv4)),
        "aaaa": tuple(sorted(facts.ipv6)),
        "safety": _safety(spec, facts),
    }


def _safety(spec: SiteSpec, facts: MachineFacts) -> tuple[str, ...]:
    """The records that keep others from abusing the name, by the words of `drivers/marks.py`, sorted."""
    caa = (f"caa:{facts.caa}",) if facts.caa else ()
    return caa if spec.sends_mail else (*caa, "dmarc", "mx", "spf")


_OF_THE_SITE: Mapping[Kind, Callable[[SiteSpec, MachineFacts], Attributes | None]] = {
    Kind.USER: _user,
    Kind.DIRECTORY: _directory,
    Kind.QUOTA: _quota,
    Kind.DATABASE: _database,
    Kind.SITE: _site,
    Kind.RUNTIME: _runtime,
    Kind.TASKS: _tasks,
    Kind.ACCESS: _access,
}
_OF_A_NAME: Mapping[Kind, Callable[[SiteSpec, MachineFacts, str], Attributes | None]] = {
    Kind.CERTIFICATE: _certificate,
    Kind.HOST: _host,
    Kind.RECORDS: _records,
}


def _uid(spec: SiteSpec, facts: MachineFacts) -> int:
    return facts.uid_base + int(spec.site.removeprefix("s"))


def _refuse_unplannable(site: str, seen: list[tuple[Key, Observation | None]]) -> None:
    others = [f"{key} ({_owner(found, site)})" for key, found in seen if found and _owner(found, site)]
    half = [str(key) for key, found in seen if found and found.standing is Standing.PARTIAL]
    unobserved = [str(key) for key, found in seen if found is None]
    if others:
        raise PermanentError("plan.foreign", f"{TAKEN}: {'; '.join(others)}")
    for named, code in ((half, "plan.partial"), (unobserved, "plan.unobserved")):
        if named:
            raise PermanentError(code, "; ".join(named))


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
    covered = {"spec": digestable(spec), "changes": list(map(_row, changes)), "unchanged": list(map(_row, unchanged))}
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
