"""The whole life of a site, step by step, as wishes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from passlib.hash import sha512_crypt

from demo.layout import ZONE
from panggon.core.site_kinds import PhpLimits
from panggon.core.spec import Access, Engine, Limits, SiteSpec, SiteState, Task
from panggon.drivers.user import fingerprint
from tests.faults.machine import Machine

PASSWORDS = tuple(sha512_crypt.hash(word) for word in ("kata sandi pertama", "kata sandi kedua"))
CREDENTIALS: Mapping[str, str] = {fingerprint(each): each for each in PASSWORDS}
# So long has a site been parked when it is purged.
PARKED = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    spec: SiteSpec
    later: timedelta = timedelta()


def whole_life(machine: Machine, number: int, engine: Engine = Engine.MARIADB) -> tuple[Step, ...]:
    return tuple(_steps(machine.opened(machine.spec(number, database=engine))))


def ending(spec: SiteSpec) -> Iterator[Step]:
    """The shortest way from this wish to nothing."""
    if spec.state is not SiteState.PURGED:
        parked = _later(spec, state=SiteState.PARKED)
        yield Step("park", parked)
        yield Step("purge", _later(parked, state=SiteState.PURGED), later=PARKED)


def _steps(open_spec: SiteSpec) -> Iterator[Step]:
    """`open_spec` has the owner's key; its generation is 2."""
    prepared = replace(open_spec, state=SiteState.PREPARED, generation=1, access=Access())
    yield Step("create", prepared)
    opened = replace(
        open_spec,
        tasks=(Task("rapikan", "0 3 * * *", ("php", "private/rapikan.php"), 60),),
        access=replace(open_spec.access, password_fingerprint=fingerprint(PASSWORDS[0])),
    )
    yield Step("open", opened)
    changed = _later(
        opened,
        limits=Limits(memory_mebibytes=128, database_connections=7, disk_mebibytes=64, upload_mebibytes=8),
        php=PhpLimits(execution_seconds=20),
        database_key=1,
        access=replace(opened.access, password_fingerprint=fingerprint(PASSWORDS[1])),
        sends_mail=True,
    )
    yield Step("change", changed)
    suspended = _later(changed, state=SiteState.SUSPENDED, notice="Sedang diperbaiki.")
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
