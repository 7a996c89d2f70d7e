"""What answers for a site's programs: its socket at the holder, which starts them on the first connection.

The driver speaks to the holder over its control socket (docs/architecture.md, "Control of the holder").
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from panggon.core.errors import PanggonError, PermanentError
from panggon.core.node.planning.desired import ALIVE, CLOSED, lets_in
from panggon.core.node.planning.driver import Check
from panggon.core.node.planning.resources import Attributes, Key, Observation, absent, foreign, ours
from panggon.core.sites.kinds import RUNNING
from panggon.core.sites.spec import SiteKind, SiteSpec, SiteState
from panggon.drivers.file_systems.storage import database_mark
from panggon.drivers.nginx import visit, web
from panggon.drivers.nginx.visit import Door
from panggon.drivers.system import asking, processes, untrusted
from panggon.drivers.system.owner import uid_of
from panggon.drivers.system.untrusted import word, words

PROOF_PATHS = {SiteKind.PHP: "/.well-known/panggon/php", SiteKind.PYTHON: "/.well-known/panggon/python"}
NAMES = {SiteKind.PHP: "PHP", SiteKind.PYTHON: "Python"}
# What the holder serves, by kind: these are the attributes beside `kind` and `generation`.
MEMBERS = {SiteKind.PHP: ("php_version",), SiteKind.PYTHON: ("interface", "entry")}
# What becomes of the requests that run when the programs are stopped (docs/architecture.md, "Control of the holder").
LATER, KILLED = "later", "killed"
RUNNING_REQUESTS = {SiteState.SUSPENDED: LATER, SiteState.QUARANTINED: KILLED}
NO_REQUESTS, NOTHING_RUNS = "tidak menerima permintaan baru", "tidak ada program situs yang berjalan"
# Longer than the holder waits for running requests (`node/sockets/serving/sites.py`).
SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Settings:
    """`control` is the holder's control socket, `door` where probes ask. `sandboxed`: whether sites have their own
    view of processes here; where they have none, the proof cannot ask for it (and the protection is named reduced).
    """

    root: Path
    control: Path
    uid_base: int
    door: Door
    sandboxed: bool
    web_group: str = "www-data"


@dataclass(frozen=True, slots=True)
class RuntimeDriver:
    """Attributes: `kind`, `generation`, and `php_version` or `interface` and `entry`: what the holder serves, not what
    `site.json` says.
    """

    settings: Settings
    state: SiteState = SiteState.OPEN  # that the site is wished in
    kind: SiteKind = SiteKind.PHP  # that it is wished to be

    def read(self, key: Key) -> Observation:
        uid_of(key.name, base=self.settings.uid_base)
        answer = ask(self.settings.control, do="show", site=key.name)
        if answer["foreign"]:
            return foreign(key, answer["foreign"])
        serving = answer["serving"]
        if serving is None and self.state in (SiteState.QUARANTINED, SiteState.PARKED):
            serving = answer["ending"]  # since a suspension; that is not enough here
        if serving is None:
            return absent(key)
        names = ("kind", *MEMBERS[SiteKind(serving["kind"])], "generation")
        return ours(key, **{name: serving[name] for name in names})

    def write(self, key: Key, after: Attributes | None) -> None:
        """Returns when nobody new meets anything older. Requests that run are answered by what they met; those of a
        site that goes have ended by then, or were killed after their time; those of one that is suspended may end
        afterwards, those of one in quarantine are killed at once. Of a site that becomes one without programs they go
        on answering until visitors get what it is then.
        """
        uid_of(key.name, base=self.settings.uid_base)
        if after is None:
            ask(self.settings.control, do="drop", site=key.name, running=self._running_requests)
            return
        if after["kind"] not in list(MEMBERS):
            raise PermanentError("runtime.kind", str(after["kind"]))
        wanted = {name: after[name] for name in ("kind", *MEMBERS[SiteKind(after["kind"])], "generation")}
        ask(self.settings.control, do="sync", site=key.name, **wanted)

    def probe(self, key: Key, *, spec: SiteSpec) -> tuple[Check, ...]:
        """Asked through the web server, under the site's address; of a closed site, that no program of it runs."""
        if spec.state in CLOSED:
            return (self._stopped(key, spec),)
        try:
            said = self._visited(spec)
        except (PanggonError, ValueError) as error:
            return (Check(f"{spec.kind}.answer", ok=False, detail=str(error)),)
        uid = uid_of(key.name, base=self.settings.uid_base)
        checks = (_user(said, spec, uid), _generation(said, spec), self._isolation(said, spec, uid))
        full = database_mark(self.settings.root / "sites" / spec.site).exists()
        return (*checks, _database(said, spec, full=full)) if spec.database else checks

    @property
    def _running_requests(self) -> str:
        becomes_another = self.state in ALIVE and self.kind not in RUNNING
        return LATER if becomes_another else RUNNING_REQUESTS.get(self.state, "")

    def _stopped(self, key: Key, spec: SiteSpec) -> Check:
        """Nobody new comes in to its programs. Besides, nothing runs as the site's user; but what was begun before a
        suspension may end, and its owner comes in.
        """
        try:
            serving = ask(self.settings.control, do="show", site=key.name)["serving"]
        except PanggonError as error:
            return Check("programs.stopped", ok=False, detail=str(error))
        running = processes.of_user(uid_of(key.name, base=self.settings.uid_base))
        left = [f"{processes.name(pid)} ({pid})" for pid in running]
        ends = lets_in(spec)
        if serving is not None or (left and not ends):
            words = f"masih berjalan: {', '.join(left)}" if left else "program situs masih menerima permintaan"
            return Check("programs.stopped", ok=False, detail=words)
        return Check("programs.stopped", ok=True, detail=NO_REQUESTS if ends else NOTHING_RUNS)

    def is_awake(self, site: str) -> bool:
        """Whether the site's programs run now. Errors as `ask`."""
        serving = ask(self.settings.control, do="show", site=site)["serving"]
        return serving is not None and serving["process"] is not None

    def answers(self, spec: SiteSpec) -> bool:
        """Whether the site's programs answer, and its database them. Errors as `visit.get`."""
        try:
            said = self._visited(spec)
        except ValueError:
            return False
        full = database_mark(self.settings.root / "sites" / spec.site).exists()
        return not spec.database or _database(said, spec, full=full).ok

    def _visited(self, spec: SiteSpec) -> Mapping[str, Any]:
        """What the proof page says. Raises ValueError when it was not that page that answered."""
        with visit.token(self.settings.root / "proof", spec.site, web_group=self.settings.web_group) as headers:
            answer = visit.get(self.settings.door, spec.host, PROOF_PATHS[spec.kind], headers=headers)
        with suppress(ValueError):
            said = untrusted.document(answer.body)
            if answer.status == 200 and said.get("site") == spec.site:
                return said
        said_instead = "" if web.PAGE_HEADER in answer.headers else f": {answer.body[:200]!r}"
        raise ValueError(f"{spec.host}{PROOF_PATHS[spec.kind]} menjawab {web.seen(answer)}{said_instead}")

    def _isolation(self, said: Mapping[str, Any], spec: SiteSpec, uid: int) -> Check:
        """A shared view of processes is no fault of the site where the machine has nothing else to give."""
        faults = [f"membaca {path}" for path in words(said.get("foreign"))]
        faults += ["membaca /etc/shadow"] if said.get("shadow") is not False else []
        others = [owner for owner in words(said.get("process_owners")) if owner != str(uid)]
        if others and self.settings.sandboxed:
            faults.append(f"melihat proses milik UID {', '.join(others)}")
        return Check(f"{spec.kind}.isolation", not faults, "; ".join(faults) or "tidak melihat situs lain")


def ask(control: Path, **request: Any) -> Mapping[str, Any]:
    """The holder's answer to one request. Raises TemporaryError `runtime.holder` when there is no holder that answers
    now, otherwise the holder's own refusal as TemporaryError or PermanentError.
    """
    return asking.ask(control, silent="runtime.holder", seconds=SECONDS, request=request)


def _user(said: Mapping[str, Any], spec: SiteSpec, uid: int) -> Check:
    detail = f"{NAMES[spec.kind]} berjalan sebagai UID {word(said.get('uid'))}, situs ini UID {uid}"
    return Check(f"{spec.kind}.user", said.get("uid") == uid, detail)


def _generation(said: Mapping[str, Any], spec: SiteSpec) -> Check:
    """Python's version is the machine's; the site's own is its environment and how it is called."""
    version, generation = word(said.get(f"{spec.kind}_version")), said.get("generation")
    if spec.kind is SiteKind.PHP:
        fits = version.startswith(f"{spec.php_version}.")
    else:
        called = spec.python is not None and said.get("interface") == spec.python.interface
        fits = said.get("environment") is True and called
    detail = f"{NAMES[spec.kind]} {version} generasi {word(generation)}, diminta generasi {spec.generation}"
    return Check(f"{spec.kind}.generation", fits and generation == spec.generation, detail)


def _database(said: Mapping[str, Any], spec: SiteSpec, *, full: bool) -> Check:
    """One row written and read back, and no database but its own in sight. A full database takes no row."""
    found = said.get("database")
    if not isinstance(found, dict):
        return Check(f"{spec.kind}.database", ok=False, detail="private/database.ini tidak terbaca")
    if "error" in found and not full:
        return Check(f"{spec.kind}.database", ok=False, detail=word(found["error"]))
    ok = found.get("row") is not full and found.get("databases") == [spec.site]
    done = "penuh: hanya dapat dibaca dan dihapus" if full else "baris ditulis dan dibaca"
    return Check(f"{spec.kind}.database", ok, f"{done}; terlihat: {', '.join(words(found.get('databases')))}")
