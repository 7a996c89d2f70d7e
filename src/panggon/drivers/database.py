"""One database and one user a site, on the server of the engine that the spec names.

Root's `database.json` in the site's directory says which engine the site has and how large its database may be; it is
written before anything else and removed last, so it also tells whose a half made database is: what lies on the server
itself is in the hands of the site's own user. The password is made here and lies only in the owner's
`private/database.ini`; that the server keeps another one is seen where that file holds one, and the server gets it
again. Of a site that is to be closed reading never looks at that file: who could make a resource read as changed could
keep it open.
"""

import json
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from panggon.core.errors import PanggonError, PermanentError
from panggon.core.node.planning.desired import ALIVE, lets_in
from panggon.core.node.planning.driver import Check
from panggon.core.node.planning.resources import (
    Attributes,
    Key,
    Observation,
    Standing,
    absent,
    canonical,
    foreign,
    ours,
    partial,
)
from panggon.core.sites.spec import Engine, SiteSpec, SiteState
from panggon.drivers.databases.database_server import DatabaseServer, Found
from panggon.drivers.databases.entrances import Entrances
from panggon.drivers.file_systems import storage
from panggon.drivers.system import files
from panggon.drivers.system.owner import uid_of

INI = "database.ini"
INI_PASSWORD = re.compile(r'^password = "([A-Za-z0-9_-]{32,64})"$', re.MULTILINE)
# While a database is dropped its record has another name: on a full disk there is room for a rename, and for no mark.
RECORD, GOING = "database.json", "database.going"
# Sites whose programs end at once, or have ended: nobody in them needs the database any more.
AT_ONCE = (SiteState.QUARANTINED, SiteState.PARKED)
STILL_OPEN = "hanya untuk permintaan yang sudah masuk dan salinan pemiliknya, lalu terkunci"


@dataclass(frozen=True, slots=True)
class Settings:
    """`servers` are those of this machine, by engine."""

    servers: Mapping[Engine, DatabaseServer]
    root: Path
    uid_base: int


@dataclass(frozen=True, slots=True)
class Record:
    """`writing`: a change is under way, and what is on the server may be half of it. `key` is the number of the
    password: the spec asks for a new one by another number. `locked`: nobody is to log in as the site, but whom
    `storage.open_mark` is for.
    """

    engine: Engine
    mebibytes: int
    writing: bool = False
    key: int = 0
    locked: bool = False


@dataclass(frozen=True, slots=True)
class DatabaseDriver:
    """Attributes: `engine`, `connections`, how many the site may have open at a time, `mebibytes`, how large its
    database may grow (watched by `node.databases`), `key_number`, where it is not the first password, and `locked`,
    where the site is closed: its user cannot log in, and its sessions are ended. Undoing a new password makes another
    one: the former is nowhere but in the owner's hands.

    A site without a record is looked for on the server of `engine` only, the one that its spec names: the others may
    be down.
    """

    settings: Settings
    engine: Engine | None = None
    state: SiteState = SiteState.OPEN  # that the site is wished in

    def read(self, key: Key) -> Observation:
        uid_of(key.name, base=self.settings.uid_base)
        record = self._record(key.name)
        engine = record.engine if record else self.engine
        if engine is None:
            return absent(key)
        found = self._server(engine).find(key.name, known=record is not None)
        if record is None and found.standing is Standing.ABSENT:
            return absent(key)
        if record and (wrong := self._changed(key.name, engine, found)):
            found = Found(Standing.PARTIAL, detail=wrong)
        still_open = self.state not in AT_ONCE and storage.open_mark(self._place(key.name)).exists()
        return _observed(key, engine, found, record, still_open=still_open)

    def _changed(self, site: str, engine: Engine, found: Found) -> str:
        """What beside the server's own things is others than it was made, in words."""
        if found.standing is not Standing.OURS or self.state not in ALIVE:
            return files.fault(self._place(site) / RECORD)
        password = None
        with suppress(PanggonError):  # a folder that is not there is another resource's matter
            password = self._kept_password(site, uid_of(site, base=self.settings.uid_base))
        if password is not None and not self._server(engine).verifies(found.verifier, password):
            return f"kata sandi di server bukan yang ada di private/{INI}"
        # What is in a full database belongs to nobody meanwhile.
        inside = "" if found.full else self._server(engine).fault_inside(site)
        return inside or files.fault(self._place(site) / RECORD)

    def write(self, key: Key, after: Attributes | None) -> None:
        uid = uid_of(key.name, base=self.settings.uid_base)
        seen, record = self.read(key), self._record(key.name)
        if seen.standing is Standing.FOREIGN:
            raise PermanentError("database.foreign", seen.detail)
        files.sweep(self._place(key.name) / RECORD)
        if after is not None and record and self._only_turns_lock(key.name, uid, seen.attributes, after):
            self._turn_lock(key.name, record, locked=bool(after.get("locked")))
        elif after is not None:
            self._make(key.name, uid, after, record)
        elif seen.standing is not Standing.ABSENT and (engine := record.engine if record else self.engine):
            if record is None:  # it was made before there were records
                self._keep_record(key.name, Record(engine, 0))
            self._drop(key.name, uid, engine)

    def probe(self, key: Key, *, spec: SiteSpec) -> tuple[Check, ...]:
        """Of a closed site that it is kept and that nobody works in it, and not that its owner could log in: he may
        have taken the password away, and must not keep a site open by that.
        """
        if spec.state not in ALIVE:
            return self._closed(self.read(key), spec)
        uid = uid_of(key.name, base=self.settings.uid_base)
        password = self._kept_password(key.name, uid)
        if password is None or spec.database is None:
            return (Check("database.login", ok=False, detail=f"private/{INI} tidak memuat kata sandi"),)
        try:
            return self._server(spec.database).proofs(key.name, password)
        except PanggonError as error:
            return (Check("database.login", ok=False, detail=error.detail),)

    def _closed(self, found: Observation, spec: SiteSpec) -> tuple[Check, ...]:
        """Who was let in before a suspension, and a copy for the owner of a suspended site, work in sessions of the
        site's own.
        """
        site, attributes = found.key.name, found.attributes or {}
        kept = found.standing is Standing.OURS
        checks = [Check("database.kept", kept, f"basis data {site} {'disimpan' if kept else 'tidak utuh'}")]
        if attributes:
            still_open = lets_in(spec) and storage.open_mark(self._place(site)).exists()
            sessions = self._server(Engine(str(attributes["engine"]))).sessions(site)
            locked = bool(attributes.get("locked"))
            words = STILL_OPEN if still_open else "terkunci" if locked else "tidak terkunci"
            checks.append(Check("database.idle", locked and (still_open or not sessions), f"{words}, {sessions} sesi"))
        return tuple(checks)

    def _make(self, site: str, uid: int, after: Attributes, record: Record | None) -> None:
        if after["engine"] not in list(Engine):
            raise PermanentError("database.engine", str(after["engine"]))
        engine, mebibytes = Engine(str(after["engine"])), int(str(after["mebibytes"]))
        if record and record.engine is not engine:
            raise PermanentError("database.engine", f"{site} mempunyai basis data {record.engine}, bukan {engine}")
        server, key = self._server(engine), int(str(after.get("key_number", 0)))
        connections, locked = int(str(after["connections"])), bool(after.get("locked"))
        former = record or Record(engine, mebibytes, key=key)
        self._keep_record(site, replace(former, mebibytes=mebibytes, writing=True, locked=locked))
        files.remove(self._place(site) / GOING)
        # What a closed site has in its folders is left as it is: it may be evidence, and nobody needs the password.
        password = None if locked and former.key == key else self._password(site, uid, engine, anew=former.key != key)
        server.make(site, password=password, connections=connections, locked=locked and self._locks_now(site))
        self._keep_record(site, Record(engine, mebibytes, key=key, locked=locked))

    def _only_turns_lock(self, site: str, uid: int, before: Attributes | None, after: Attributes) -> bool:
        """Whether nothing else is to be changed, and who comes in again has the password that the server knows."""
        if before is None or canonical({**before, "locked": None}) != canonical({**after, "locked": None}):
            return False
        if after.get("locked"):
            return True  # without a look into the folders of its owner, who must not keep a site open
        # Of one that is to be open, `before` says so: another password reads as half.
        return self.state in ALIVE and self._kept_password(site, uid) is not None

    def _turn_lock(self, site: str, record: Record, *, locked: bool) -> None:
        """The record first: `node.databases` looks at it before it locks the database of a closed site."""
        self._keep_record(site, replace(record, locked=locked))
        server = self._server(record.engine)
        if not locked:
            server.unlock(site)
        elif self._locks_now(site):
            server.lock(site)

    def _locks_now(self, site: str) -> bool:
        """What runs of a site that is suspended may end, with its database; `node.databases` locks it then."""
        leaving = self.state is SiteState.SUSPENDED and storage.leaving_mark(self._place(site)).exists()
        if leaving:
            storage.write(storage.open_mark(self._place(site)), "")
        return not leaving

    def _password(self, site: str, uid: int, engine: Engine, *, anew: bool) -> str:
        """The one that its owner has, otherwise a new one, written down for the owner."""
        with files.opened(self._private(site), uid=uid) as private:
            files.sweep_at(private, INI)
        password = self._kept_password(site, uid)
        if password is None or anew:
            password, login = secrets.token_urlsafe(32), self._server(engine).login(site)
            self._keep_password(site, uid, {"engine": engine.value, **login, "password": password})
        return password

    def _drop(self, site: str, uid: int, engine: Engine) -> None:
        place = self._place(site)
        if (place / RECORD).exists():
            storage.rename(place / RECORD, place / GOING)
        server = self._server(engine)
        server.drop(site)
        Entrances(server.door.parent, engine).forget(site)
        if self._private(site).is_dir():
            with files.opened(self._private(site), uid=uid) as private:
                files.remove_at(private, INI)
        files.remove(place / GOING)

    def _server(self, engine: Engine) -> DatabaseServer:
        """Raises PermanentError `database.engine` where this machine has no such server."""
        if engine not in self.settings.servers:
            raise PermanentError("database.engine", f"mesin ini tidak mempunyai {engine}")
        return self.settings.servers[engine]

    def _record(self, site: str) -> Record | None:
        return load_record(self._place(site))

    def _keep_record(self, site: str, record: Record) -> None:
        storage.write(self._place(site) / RECORD, json.dumps({"site": site, **asdict(record)}))

    def _kept_password(self, site: str, uid: int) -> str | None:
        """The password that the ini file holds; None when its owner has removed or garbled it."""
        with files.opened(self._private(site), uid=uid) as private:
            found = INI_PASSWORD.search((files.read_at(private, INI) or b"").decode(errors="replace"))
        return found[1] if found else None

    def _keep_password(self, site: str, uid: int, values: Mapping[str, str]) -> None:
        text = "".join(f'{name} = "{value}"\n' for name, value in values.items())
        with files.opened(self._private(site), uid=uid) as private:
            files.write_at(private, INI, text, mode=0o400, uid=uid, gid=uid)

    def _place(self, site: str) -> Path:
        return self.settings.root / "sites" / site

    def _private(self, site: str) -> Path:
        return self._place(site) / "private"


def load_record(place: Path) -> Record | None:
    """What root's record in a site's directory says; None where there is none that Panggon has written."""
    content, going = files.read(place / RECORD), files.read(place / GOING)
    if content is not None:
        return _parsed(content, place.name)
    record = _parsed(going or b"", place.name)
    return replace(record, writing=True) if record else None


def _parsed(content: bytes, site: str) -> Record | None:
    try:
        document = json.loads(content)
        if document["site"] != site:
            return None
        engine, key = Engine(document["engine"]), int(document.get("key", 0))
        locked = document.get("locked") is True
        return Record(engine, int(document["mebibytes"]), document["writing"] is True, key, locked)
    except (ValueError, KeyError, TypeError):
        return None


def _observed(key: Key, engine: Engine, found: Found, record: Record | None, *, still_open: bool) -> Observation:
    """One that was made before there were records has no bound yet, and reads so. What somebody has changed or taken
    since it was made is damaged, and a plan makes it whole. One that is `still_open` by its mark counts as locked.
    """
    if found.standing is Standing.FOREIGN:
        return foreign(key, found.detail)
    lock = {"locked": True} if found.locked or (still_open and record and record.locked) else {}
    if record is None and found.standing is Standing.OURS:
        return ours(key, engine=engine.value, connections=found.connections, mebibytes=0, **lock)
    if record is None or record.writing:
        return partial(key)
    if found.standing is not Standing.OURS:
        return partial(key, found.detail or f"basis data {key.name} tidak ada")
    number = {"key_number": record.key} if record.key else {}
    return ours(key, engine=engine.value, connections=found.connections, mebibytes=record.mebibytes, **number, **lock)
