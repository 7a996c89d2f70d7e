"""What a wish is on a machine: every resource of a site with the attributes that it shall have."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from panggon.core.node.planning.resources import Attributes, Key, Kind, Value, canonical
from panggon.core.sites.kinds import RUNNING
from panggon.core.sites.routing import ROUTINGS
from panggon.core.sites.spec import Profile, SiteKind, SiteSpec, SiteState, bare_keys
from panggon.core.sites.tasks import Task, dump_task


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
NAMED = (SiteState.PREPARED, SiteState.OPEN, SiteState.SUSPENDED, SiteState.QUARANTINED)

ALIVE = (SiteState.PREPARED, SiteState.OPEN)

# In which visitors get nothing of the site, whatever is kept of it; each shuts it further than the one before.
CLOSED = (SiteState.SUSPENDED, SiteState.QUARANTINED, SiteState.PARKED)

REDIRECT = "redirect"  # the state of a former name


def desired(spec: SiteSpec, facts: MachineFacts) -> tuple[tuple[Key, Attributes | None], ...]:
    """Every resource of the wish in the order of making, with the attributes it shall have (None: absent).

    A site without a database says nothing about one: data that was once there is parked by people, never dropped by
    a field left out.
    """
    return tuple((key, _desired(key, spec, facts)) for key in keys(spec))


def keys(spec: SiteSpec) -> tuple[Key, ...]:
    """The resources that a wish speaks of, in the order of making."""
    named = spec.database or spec.state is SiteState.PURGED  # what the site had once goes with it
    kinds = [kind for kind in MAKING_ORDER if kind is not Kind.DATABASE or named]
    return tuple(Key(kind, name) for kind in kinds for name in (spec.hosts if kind in _NAMED_BY_HOST else (spec.site,)))


def owned(spec: SiteSpec, facts: MachineFacts) -> frozenset[Key]:
    """What is the site's own on a machine where this wish was applied, whatever is found there by now; no name that
    leads to it no more.
    """
    names = spec.hosts if spec.state in NAMED else ()
    return frozenset(
        key
        for key, after in desired(spec, facts)
        if after is not None and (key.kind not in _NAMED_BY_HOST or key.name in names)
    )


def _desired(key: Key, spec: SiteSpec, facts: MachineFacts) -> Attributes | None:
    if spec.state is SiteState.PURGED or key.name in spec.retired_hosts:
        return None
    if key.kind in _NAMED_BY_HOST:
        return _OF_A_NAME[key.kind](spec, facts, key.name)
    return _OF_THE_SITE[key.kind](spec, facts)


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
    return {
        "engine": str(spec.database),
        "connections": spec.limits.database_connections,
        "mebibytes": spec.limits.database_mebibytes,
        **({"key_number": spec.database_key} if spec.database_key else {}),
        **({} if spec.state in ALIVE else {"locked": True}),
    }


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


def tasks_of(spec: SiteSpec) -> tuple[Task, ...]:
    """The tasks that run now: those of the site's own kind. None does for a site that is not open: nobody could see
    what it does.
    """
    return tuple(task for task in spec.tasks if task.command[0] == spec.kind) if spec.state is SiteState.OPEN else ()


def _tasks(spec: SiteSpec, _facts: MachineFacts) -> Attributes | None:
    running = tasks_of(spec)
    return {"tasks": tuple(canonical(dump_task(task)) for task in running)} if running else None


def _access(spec: SiteSpec, _facts: MachineFacts) -> Attributes | None:
    return {"keys": keys_of(spec)} if spec.state in NAMED else None


def _certificate(_spec: SiteSpec, facts: MachineFacts, _name: str) -> Attributes | None:
    return {"issuer": facts.issuer, "valid": True}


def _host(spec: SiteSpec, _facts: MachineFacts, name: str) -> Attributes | None:
    if spec.state not in NAMED:
        return None
    return {"site": spec.site, "state": spec.state.value if name == spec.host else REDIRECT}


def records_of(spec: SiteSpec, facts: MachineFacts) -> Attributes | None:
    """Of each of its names."""
    if spec.state not in NAMED:
        return None
    return {
        "site": spec.site,
        "a": tuple(sorted(facts.ipv4)),
        "aaaa": tuple(sorted(facts.ipv6)),
        "safety": _safety(spec, facts),
    }


def _records(spec: SiteSpec, facts: MachineFacts, _name: str) -> Attributes | None:
    return records_of(spec, facts)


def _safety(spec: SiteSpec, facts: MachineFacts) -> tuple[str, ...]:
    """The records that keep others from abusing the name, by the words of `drivers/zones/marks.py`, sorted."""
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
