"""What exists on machines, as values: a kind, a key and attributes in the spec's own words."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

Value = str | int | bool | None | tuple[str, ...]
Attributes = Mapping[str, Value]


class Kind(StrEnum):
    """The kinds of resource; each is looked after by exactly one driver."""

    USER = "user"
    DIRECTORY = "directory"
    QUOTA = "quota"
    DATABASE = "database"
    RUNTIME = "runtime"
    TASKS = "tasks"
    CERTIFICATE = "certificate"
    SITE = "site"
    HOST = "host"
    ACCESS = "access"
    RECORDS = "records"


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Names one resource: the site's id for what belongs to the site, the host name for what belongs to the name."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


class Standing(StrEnum):
    """Whose a resource is, and whether it is whole."""

    ABSENT = "absent"
    OURS = "ours"
    PARTIAL = "partial"  # ours, left half written by an interrupted write; only the journal that wrote it may go on
    FOREIGN = "foreign"  # not made by Panggon: reported, never touched


@dataclass(frozen=True, slots=True)
class Observation:
    """What a driver read. `attributes` is set exactly when `standing` is OURS; `detail` explains FOREIGN, and PARTIAL
    where somebody's hand can have made it so.
    """

    key: Key
    standing: Standing
    attributes: Attributes | None = None
    detail: str = ""


def absent(key: Key) -> Observation:
    return Observation(key, Standing.ABSENT)


def ours(key: Key, /, **attributes: Value) -> Observation:
    return Observation(key, Standing.OURS, MappingProxyType(attributes))


def partial(key: Key, detail: str = "") -> Observation:
    return Observation(key, Standing.PARTIAL, detail=detail)


def foreign(key: Key, detail: str) -> Observation:
    return Observation(key, Standing.FOREIGN, detail=detail)


def strange(key: Key, detail: str, *, owned: Collection[Key]) -> Observation:
    """What is not as Panggon makes it: damaged by somebody's hand where it is on record as ours (`owned`), and
    otherwise not made by Panggon.
    """
    return partial(key, detail) if key in owned else foreign(key, detail)


def canonical(value: object) -> str:
    """The one JSON text of a value: sorted keys, no spaces, tuples as lists. Digests are taken over it."""
    return _CANONICAL.encode(value)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"not a plain value: {value!r}")


# Made once: two texts of each of a site's resources are made whenever it is looked at.
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)
