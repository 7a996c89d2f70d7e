"""A hosting machine in memory: every kind of resource over one shared state, for simulations and for tests.

It can be told to fail or to be killed at any moment, and to hold what others made.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from panggon.core.errors import PermanentError
from panggon.core.node.planning.desired import ALIVE, CLOSED, keys_of, lets_in, password_of
from panggon.core.node.planning.driver import Check, Driver
from panggon.core.node.planning.plan import attributes_of, gone, plain_attributes
from panggon.core.node.planning.resources import (
    Attributes,
    Key,
    Kind,
    Observation,
    Standing,
    absent,
    foreign,
    ours,
    partial,
)
from panggon.core.sites.spec import SiteSpec
from panggon.drivers.system import files


class Killed(BaseException):
    """The process ended here, as by SIGKILL: nothing below the test may catch it."""


class Moment(StrEnum):
    BEFORE = "before"
    DURING = "during"  # of a write: the resource is left half written
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Mishap:
    moment: Moment
    error: BaseException


class Machine:
    """The shared state. Without a path it lives in memory; with one it is kept in a JSON file after each write.

    `at_call` and `at_write` hold mishaps by the number (from 0) of the call, or of the write, that they befall;
    `refused` what every write of a resource raises, `unproven` whose proofs do not hold.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._resources: dict[Key, Observation] = _loaded(path) if path else {}
        self.calls = 0
        self.writes = 0
        self.at_call: dict[int, Mishap] = {}
        self.at_write: dict[int, Mishap] = {}
        self.refused: dict[Key, BaseException] = {}
        self.unproven: set[Key] = set()

    def drivers(self) -> dict[Kind, Driver]:
        return {kind: FakeDriver(self) for kind in Kind}

    def resources(self) -> dict[Key, Observation]:
        """All that exists, whoever made it."""
        return dict(self._resources)

    def put(self, observation: Observation) -> None:
        """Set what exists, past all drivers: as others would."""
        if observation.standing is Standing.ABSENT:
            self._resources.pop(observation.key, None)
        else:
            self._resources[observation.key] = observation
        if self._path:
            rows = [_row(each) for each in self._resources.values()]
            files.write(self._path, json.dumps(rows), mode=0o600, uid=os.getuid(), gid=os.getgid())

    def attributes(self, key: Key) -> Attributes:
        """What a resource of ours has; nothing of what is absent, half written or of others."""
        found = self._resources.get(key)
        return found.attributes if found and found.attributes is not None else {}

    def read(self, key: Key) -> Observation:
        mishap = self._next_call()
        _befall(mishap, Moment.BEFORE, Moment.DURING)
        found = self._resources.get(key, absent(key))
        _befall(mishap, Moment.AFTER)
        return found

    def write(self, key: Key, after: Attributes | None) -> None:
        mishap = self._next_call() or self.at_write.get(self.writes)
        self.writes += 1
        _befall(mishap, Moment.BEFORE)
        if key in self.refused:
            raise self.refused[key]
        if self._resources.get(key, absent(key)).standing is Standing.FOREIGN:
            raise PermanentError("fake.foreign", str(key))
        if mishap and mishap.moment is Moment.DURING:
            self.put(partial(key))
        _befall(mishap, Moment.DURING)
        self.put(absent(key) if after is None else ours(key, **after))
        _befall(mishap, Moment.AFTER)

    def probe(self, key: Key, spec: SiteSpec) -> tuple[Check, ...]:
        mishap = self._next_call()
        _befall(mishap, Moment.BEFORE, Moment.DURING)
        is_gone = key.kind is Kind.RECORDS and key in gone(spec)
        holds, seen = _no_records(self, key, spec) if is_gone else _PROOFS[key.kind](self, spec)
        _befall(mishap, Moment.AFTER)
        name = _CHECKS[key.kind] if key.kind is not Kind.RUNTIME or spec.state in CLOSED else f"{spec.kind}.user"
        name = "dns.gone" if is_gone else name
        return (Check(name, holds and key not in self.unproven, f"simulasi: {seen}"),)

    def _next_call(self) -> Mishap | None:
        self.calls += 1
        return self.at_call.get(self.calls - 1)


class FakeDriver:
    """One kind's verbs on the machine."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def read(self, key: Key) -> Observation:
        return self._machine.read(key)

    def write(self, key: Key, after: Attributes | None) -> None:
        self._machine.write(key, after)

    def probe(self, key: Key, *, spec: SiteSpec) -> tuple[Check, ...]:
        return self._machine.probe(key, spec)


def _befall(mishap: Mishap | None, *moments: Moment) -> None:
    if mishap and mishap.moment in moments:
        raise mishap.error


_CHECKS: Mapping[Kind, str] = {
    Kind.USER: "user.known",
    Kind.DIRECTORY: "directory.owners",
    Kind.QUOTA: "watch.space",
    Kind.DATABASE: "database.login",
    Kind.SITE: "site.settings",
    Kind.CERTIFICATE: "certificate.valid",
    Kind.HOST: "https.answer",
    Kind.ACCESS: "sftp.login",
    Kind.RECORDS: "dns.answer",
    Kind.TASKS: "tasks.known",
    Kind.RUNTIME: "programs.stopped",
}


def _user(machine: Machine, spec: SiteSpec) -> tuple[bool, str]:
    user = machine.attributes(Key(Kind.USER, spec.site))
    password = password_of(spec)
    locked = "kata sandi terpasang" if user.get("password") else "tanpa kata sandi"
    return user.get("password") == password, f"pengguna {spec.site}, UID {user.get('uid')}, {locked}"


def _directory(machine: Machine, spec: SiteSpec) -> tuple[bool, str]:
    owner = machine.attributes(Key(Kind.DIRECTORY, spec.site)).get("uid")
    user = machine.attributes(Key(Kind.USER, spec.site)).get("uid")
    return owner is not None and owner == user, f"direktori {spec.site} milik UID {owner}"


def _quota(machine: Machine, spec: SiteSpec) -> tuple[bool, str]:
    mebibytes = machine.attributes(Key(Kind.QUOTA, spec.site)).get("mebibytes")
    return mebibytes == spec.limits.disk_mebibytes, f"paling banyak {mebibytes} MiB"


def _database(machine: Machine, spec: SiteSpec) -> tuple[bool, str]:
    database = machine.attributes(Key(Kind.DATABASE, spec.site))
    engine, locked = database.get("engine"), bool(database.get("locked"))
    closed = spec.state not in ALIVE
    return (engine, locked) == (spec.database, closed), f"basis data {spec.site} ({engine})" + ", terkunci" * locked


def _site(machine: Machine, spec: SiteSpec) -> tuple[bool, str]:
    site = machine.attributes(Key(Kind.SITE, spec.site))
    return site.get("generation") == spec.generation, f"{spec.site}, generasi {site.get('generation')}"


def _runtime(machine: Machine, spec: SiteSpec) -> tuple[bool, str]:
    runtime = machine.attributes(Key(Kind.RUNTIME, spec.site))
    if spec.state in CLOSED:
        return not runtime, "program situs masih berjalan" if runtime else "tidak ada program situs yang berjalan"
    program = runtime.get("entry") or runtime.get("php_version")
    seen = f"{runtime.get('kind')} {program} sebagai {spec.site}, generasi {runtime.get('generation')}"
    return (runtime.get("kind"), runtime.get("generation")) == (spec.kind, spec.generation), seen


def _certificate(machine: Machine, spec: SiteSpec) -> tuple[bool, str]:
    certificate = machine.attributes(Key(Kind.CERTIFICATE, spec.host))
    return certificate.get("valid") is True, f"{spec.host}, penerbit {certificate.get('issuer')}"


def _host(machine: Machine, spec: SiteSpec) -> tuple[bool, str]:
    """What a browser would see: the name leads to this site in this state, unless it is closed over a certificate that
    holds.
    """
    host = machine.attributes(Key(Kind.HOST, spec.host))
    leads = host.get("site") == spec.site and host.get("state") == spec.state
    answers = leads and _site(machine, spec)[0] and (spec.state in CLOSED or _certificate(machine, spec)[0])
    return answers, f"https://{spec.host} menjawab {host.get('site')} ({host.get('state')})"


def _access(machine: Machine, spec: SiteSpec) -> tuple[bool, str]:
    keys = machine.attributes(Key(Kind.ACCESS, spec.site)).get("keys")
    return keys == keys_of(spec), "SFTP terbuka" if lets_in(spec) else "SFTP terkunci"


def _records(machine: Machine, spec: SiteSpec) -> tuple[bool, str]:
    records = machine.attributes(Key(Kind.RECORDS, spec.host))
    seen = f"{spec.host} A {records.get('a')} AAAA {records.get('aaaa')}, milik {records.get('site')}"
    return records.get("site") == spec.site, seen


def _no_records(machine: Machine, key: Key, spec: SiteSpec) -> tuple[bool, str]:
    site = machine.attributes(key).get("site")
    return site != spec.site, f"{key.name} milik {site}"


def _tasks(machine: Machine, spec: SiteSpec) -> tuple[bool, str]:
    known = machine.attributes(Key(Kind.TASKS, spec.site)).get("tasks", ())
    count = len(known) if isinstance(known, tuple) else 0
    return count == len(spec.tasks), f"{count} tugas terjadwal"


_PROOFS = {
    Kind.USER: _user,
    Kind.DIRECTORY: _directory,
    Kind.QUOTA: _quota,
    Kind.DATABASE: _database,
    Kind.SITE: _site,
    Kind.RUNTIME: _runtime,
    Kind.CERTIFICATE: _certificate,
    Kind.HOST: _host,
    Kind.ACCESS: _access,
    Kind.RECORDS: _records,
    Kind.TASKS: _tasks,
}


def _row(observation: Observation) -> dict[str, Any]:
    return {
        "kind": observation.key.kind.value,
        "name": observation.key.name,
        "standing": observation.standing.value,
        "attributes": plain_attributes(observation.attributes),
        "detail": observation.detail,
    }


def _loaded(path: Path) -> dict[Key, Observation]:
    return {found.key: found for found in map(_observation, json.loads(files.read(path) or b"[]"))}


def _observation(row: Mapping[str, Any]) -> Observation:
    key, attributes = Key(Kind(row["kind"]), row["name"]), attributes_of(row["attributes"])
    if attributes is not None:
        return ours(key, **attributes)
    return foreign(key, row["detail"]) if row["standing"] == Standing.FOREIGN else partial(key, row["detail"])
