"""The whole life of a site of each kind, step by step, as wishes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from passlib.hash import sha512_crypt

from demo.layout import ZONE
from panggon.core.sites.kinds import RUNNING, Interface, Proxy, PythonApplication, Redirect, SiteKind
from panggon.core.sites.limits import PhpLimits
from panggon.core.sites.spec import Access, Engine, Limits, Profile, Runner, SiteSpec, SiteState, Task
from panggon.drivers.user import fingerprint
from panggon.node import wiring
from panggon.node.settings import config as configs
from tests.faults.machine import Machine

PASSWORDS = tuple(sha512_crypt.hash(word) for word in ("kata sandi pertama", "kata sandi kedua"))
CREDENTIALS: Mapping[str, str] = {fingerprint(each): each for each in PASSWORDS}
# So long has a site been parked when it is purged.
PARKED = timedelta(days=31)
APPLICATION = "bukti:aplikasi"  # the prober brings it
TARGET = "http://belakang:18471"  # the server behind a proxy (`surroundings.py`)


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    spec: SiteSpec
    later: timedelta = timedelta()


class Way(StrEnum):
    """What kind of site one begins as."""

    PHP = "php"
    WSGI = "wsgi"
    ASGI = "asgi"
    STATIC = "static"
    REDIRECT = "redirect"
    PROXY = "proxy"


Members = Mapping[str, Any]
KINDS: Mapping[Way, Members] = {
    Way.PHP: {"kind": SiteKind.PHP},
    Way.WSGI: {"kind": SiteKind.PYTHON, "python": PythonApplication(APPLICATION)},
    Way.ASGI: {"kind": SiteKind.PYTHON, "python": PythonApplication(APPLICATION, Interface.ASGI)},
    Way.STATIC: {"kind": SiteKind.STATIC},
    Way.REDIRECT: {"kind": SiteKind.REDIRECT, "redirect": Redirect("https://tujuan.example/situs")},
    Way.PROXY: {"kind": SiteKind.PROXY, "proxy": Proxy(TARGET)},
}
# What is changed of a site of one kind only, besides what all have.
CHANGES: Mapping[Way, Members] = {
    Way.PHP: {"php": PhpLimits(execution_seconds=20)},
    Way.WSGI: {"environment": (("MODE", "uji"),)},
    Way.ASGI: {"python": PythonApplication(APPLICATION, Interface.WSGI)},
    Way.STATIC: {"profile": Profile.FRONT_CONTROLLER},
    Way.REDIRECT: {"redirect": Redirect("https://lain.example/pindah", keep_path=False, permanent=True)},
    Way.PROXY: {"proxy": Proxy(TARGET, keep_host=False)},
}
# What it becomes in the middle of its life, its content and its database kept.
BECOMES: Mapping[Way, Way] = {
    Way.PHP: Way.WSGI,
    Way.WSGI: Way.PHP,
    Way.ASGI: Way.STATIC,
    Way.STATIC: Way.PHP,
    Way.REDIRECT: Way.PROXY,
    Way.PROXY: Way.ASGI,
}


def whole_life(machine: Machine, number: int, engine: Engine = Engine.MARIADB, way: Way = Way.PHP) -> tuple[Step, ...]:
    begun = machine.opened(machine.spec(number, database=_database(way, engine), **KINDS[way]))
    become = {**KINDS[BECOMES[way]], **({"database": engine} if _database(BECOMES[way], engine) else {})}
    versions = wiring.php_versions(configs.load(machine.config))
    changes = [("change", CHANGES[way]), ("another kind", become)]
    if way is Way.PHP and len(versions) > 1:
        changes[1:1] = [(f"PHP {version}", {"php_version": version}) for version in versions]
    return tuple(_steps(begun, dict(changes)))


def _database(way: Way, engine: Engine) -> Engine | None:
    return engine if KINDS[way]["kind"] in RUNNING else None


def ending(spec: SiteSpec) -> Iterator[Step]:
    """The shortest way from this wish to nothing."""
    if spec.state is not SiteState.PURGED:
        parked = _later(spec, state=SiteState.PARKED)
        yield Step("park", parked)
        yield Step("purge", _later(parked, state=SiteState.PURGED), later=PARKED)


def _steps(open_spec: SiteSpec, changes: Mapping[str, Members]) -> Iterator[Step]:
    """`open_spec` has the owner's key; its generation is 2."""
    prepared = replace(open_spec, state=SiteState.PREPARED, generation=1, access=Access())
    yield Step("create", prepared)
    opened = replace(
        open_spec,
        tasks=tuple(
            Task(f"rapikan-{runner}", "0 3 * * *", (runner, f"private/rapikan.{runner}"), 60) for runner in Runner
        ),
        access=replace(open_spec.access, password_fingerprint=fingerprint(PASSWORDS[0])),
    )
    yield Step("open", opened)
    common = {
        "limits": Limits(memory_mebibytes=128, database_connections=7, disk_mebibytes=64, upload_mebibytes=8),
        "database_key": 1,
        "access": replace(opened.access, password_fingerprint=fingerprint(PASSWORDS[1])),
        "sends_mail": True,
    }
    live = opened
    for name, members in changes.items():
        live = _later(live, **{**common, **members})
        yield Step(name, live)
    suspended = _later(live, state=SiteState.SUSPENDED, notice="Sedang diperbaiki.")
    yield Step("suspend", suspended)
    resumed = _later(suspended, state=SiteState.OPEN, notice="")
    yield Step("resume", resumed)
    former = open_spec.host
    renamed = _later(resumed, host=f"baru-{former.partition('.')[0]}.{ZONE}", former_hosts=(former,))
    yield Step("rename", renamed)
    retired = _later(renamed, former_hosts=(), retired_hosts=(former,))
    yield Step("retire", retired)
    settled = replace(retired, retired_hosts=())
    quarantined = _later(settled, state=SiteState.QUARANTINED)
    yield Step("quarantine", quarantined)
    parked = _later(quarantined, state=SiteState.PARKED)
    yield Step("park", parked)
    yield Step("purge", _later(parked, state=SiteState.PURGED), later=PARKED)


def _later(spec: SiteSpec, **changes: Any) -> SiteSpec:
    return replace(spec, generation=spec.generation + 1, **changes)
