"""One database and one user a site, on the server of the engine that the spec names.

Root's `database.json` in the site's directory says which engine the site has and how large its database may be; it is
written before anything else and removed last, so it also tells whose a half made database is: what lies on the server
itself is in the hands of the site's own user. The password is made here and lies only in the owner's
`private/database.ini`. Reading never looks at that file: who could make a resource read as changed could keep a plan
from running. The probe looks at it instead.
"""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from panggon.core.desired import ALIVE
from panggon.core.driver import Check
from panggon.core.errors import PanggonError, PermanentError
from panggon.core.resources import Attributes, Key, Observation, Standing, absent, foreign, ours, partial
from panggon.core.spec import Engine, SiteSpec
from panggon.drivers import files, storage
from panggon.drivers.database_server import DatabaseServer, Found
from panggon.drivers.owner import uid_of

INI = "database.ini"
INI_PASSWORD = re.compile(r'^password = "([A-Za-z0-9_-]{32,64})"$', re.MULTILINE)
# While a database is dropped its record has another name: on a full disk there is room for a rename, and for no mark.
RECORD, GOING = "database.json", "database.going"


@dataclass(frozen=True, slots=True)
class Settings:
    """`servers` are those of this machine, by engine."""

    servers: Mapping[Engine, DatabaseServer]
    root: Path
    uid_base: int


@dataclass(frozen=True, slots=True)
class Record:
    """`writing`: a change is under way, and what is on the server may be half of it. `key` is the number of the
    password: the spec asks for a new one by another number.
    """

    engine: Engine
    mebibytes: int
    writing: bool = False
    key: int = 0


@dataclass(frozen=True, slots=True)
class DatabaseDriver:
    """Attributes: `engine`, `connections`, how many the site may have open at a time, `mebibytes`, how large its
    database may grow (watched by `node.databases`), and `key_number`, where it is not the first password. Undoing a new
    password makes another one: the former is nowhere but in the owner's hands.

    A site without a record is looked for on the server of `engine` only, the one that its spec names: the others may
    be down.
    """

    settings: Settings
    engine: Engine | None = None

    def read(self, key: Key) -> Observation:
        uid_of(key.name, base=self.settings.uid_base)
        record = self._record(key.name)
        engine = record.engine if record else self.engine
        if engine is None:
            return absent(key)
        found = self._server(engine).find(key.name, known=record is not None)
        if record is None and found.standing is Standing.ABSENT:
            return absent(key)
        if record and not files.stands(self._place(key.name) / RECORD):
            found = Found(Standing.PARTIAL)
        return _observed(key, engine, found, record)

    def write(self, key: Key, after: Attributes | None) -> None:
        uid = uid_of(key.name, base=self.settings.uid_base)
        seen, record = self.read(key), self._record(key.name)
        if seen.standing is Standing.FOREIGN:
            raise PermanentError("database.foreign", seen.detail)
        files.sweep(self._place(key.name) / RECORD)
        if after is not None:
            self._make(key.name, uid, after, record)
        elif seen.standing is not Standing.ABSENT and (engine := record.engine if record else self.engine):
            if record is None:  # it was made before there were records
                self._keep_record(key.name, Record(engine, 0))
            self._drop(key.name, uid, engine)

    def probe(self, key: Key, *, spec: SiteSpec) -> tuple[Check, ...]:
        """Of a closed site only that it is kept: its owner may have taken the password away, and must not keep a site
        open by that.
        """
        if spec.state not in ALIVE:
            kept = self.read(key).standing is Standing.OURS
            return (Check("database.kept", kept, f"basis data {key.name} {'disimpan' if kept else 'tidak utuh'}"),)
        uid = uid_of(key.name, base=self.settings.uid_base)
        password = self._kept_password(key.name, uid)
        if password is None or spec.database is None:
            return (Check("database.login", ok=False, detail=f"private/{INI} tidak memuat kata sandi"),)
        try:
            return self._server(spec.database).proofs(key.name, password)
        except PanggonError as error:
            return (Check("database.login", ok=False, detail=error.detail),)

    def _make(self, site: str, uid: int, after: Attributes, record: Record | None) -> None:
        if after["engine"] not in list(Engine):
            raise PermanentError("database.engine", str(after["engine"]))
        engine, mebibytes = Engine(str(after["engine"])), int(str(after["mebibytes"]))
        if record and record.engine is not engine:
            raise PermanentError("database.engine", f"{site} mempunyai basis data {record.engine}, bukan {engine}")
        server, key = self._server(engine), int(str(after.get("key_number", 0)))
        former = record or Record(engine, mebibytes, key=key)
        self._keep_record(site, replace(former, mebibytes=mebibytes, writing=True))
        files.remove(self._place(site) / GOING)
        with files.opened(self._private(site), uid=uid) as private:
            files.sweep_at(private, INI)
        password = self._kept_password(site, uid)
        if password is None or former.key != key or not server.accepts(site, password):
            password = secrets.token_urlsafe(32)
            self._keep_password(site, uid, {"engine": engine.value, **server.login(site), "password": password})
        server.make(site, password=password, connections=int(str(after["connections"])))
        self._keep_record(site, Record(engine, mebibytes, key=key))

    def _drop(self, site: str, uid: int, engine: Engine) -> None:
        place = self._place(site)
        if (place / RECORD).exists():
            storage.rename(place / RECORD, place / GOING)
        self._server(engine).drop(site)
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
        return Record(engine, int(document["mebibytes"]), document["writing"] is True, key)
    except (ValueError, KeyError, TypeError):
        return None


def _observed(key: Key, engine: Engine, found: Found, record: Record | None) -> Observation:
    """One that was made before there were records has no bound yet, and reads so. What somebody has changed or taken
    since it was made is no half written one: it reads as a database that nobody can use, and a plan makes it whole.
    """
    if found.standing is Standing.FOREIGN:
        return foreign(key, found.detail)
    if record is None and found.standing is Standing.OURS:
        return ours(key, engine=engine.value, connections=found.connections, mebibytes=0)
    if record is None or record.writing:
        return partial(key)
    usable = found.connections if found.standing is Standing.OURS else 0
    number = {"key_number": record.key} if record.key else {}
    return ours(key, engine=engine.value, connections=usable, mebibytes=record.mebibytes, **number)
