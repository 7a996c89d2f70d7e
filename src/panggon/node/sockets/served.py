"""What the holder serves for one site, and what the site's description says about its programs.

The two are apart on purpose: what is run and the generation change when the holder is told (so undoing a plan can go
back to the former ones while `site.json` is not restored yet), limits are read from `site.json` at each start.
"""

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from panggon.core.sites.kinds import ENTRY, RUNNING, VARIABLE, VARIABLE_VALUE
from panggon.core.sites.limits import USUAL_PHP
from panggon.core.sites.outgoing import NONE
from panggon.core.sites.routing import ROUTINGS
from panggon.core.sites.spec import BOUNDS, PHP_VERSION, SITE_ID, Engine, Interface, Limits, Profile, SiteKind
from panggon.drivers.file_systems import storage
from panggon.drivers.file_systems.storage import Limit
from panggon.drivers.system import files
from panggon.node.sockets.quota.limit import limit_of
from panggon.node.sockets.settings import SocketSettings


@dataclass(frozen=True, slots=True)
class Served:
    """`php_version` is a PHP site's, `interface` and `entry` are a Python site's. Raises ValueError for what no spec
    can ask.
    """

    site: str
    kind: str
    generation: int
    php_version: str = ""
    interface: str = ""
    entry: str = ""

    def __post_init__(self) -> None:
        if not SITE_ID.fullmatch(self.site):
            raise ValueError(f"not a site: {self.site!r}")
        if self.kind not in list(RUNNING):
            raise ValueError(f"not a kind of site that runs programs: {self.kind!r}")
        if self.kind == SiteKind.PHP and not PHP_VERSION.fullmatch(str(self.php_version)):
            raise ValueError(f"not a PHP version: {self.php_version!r}")
        if self.kind == SiteKind.PYTHON and self.interface not in list(Interface):
            raise ValueError(f"not an interface: {self.interface!r}")
        if self.kind == SiteKind.PYTHON and not ENTRY.fullmatch(str(self.entry)):
            raise ValueError(f"not an entry: {self.entry!r}")
        _bounded("generation", self.generation)

    @property
    def attributes(self) -> dict[str, str | int]:
        """As a resource has them: those of its kind."""
        own = ("php_version",) if self.kind == SiteKind.PHP else ("interface", "entry")
        return {"kind": self.kind, "generation": self.generation, **{name: getattr(self, name) for name in own}}


@dataclass(frozen=True, slots=True)
class Description:
    """The part of root's `site.json` that the site's programs depend on. `folder` is the profile's, below `public`;
    `database` the server that the site has one in.
    """

    memory_mebibytes: int
    processes: int
    upload_mebibytes: int
    document_root: str
    folder: str
    cpu_percent: int
    database: Engine | None
    outgoing: str
    storage: Limit | None
    full: bool
    php_memory_mebibytes: int
    execution_seconds: int
    input_vars: int
    post_mebibytes: int
    environment: tuple[tuple[str, str], ...]


def described(settings: SocketSettings, site: str) -> Description:
    """Raises ValueError when there is no `site.json` of a site with programs, or none that Panggon can have written.

    What only a PHP site says has its usual value where a site that becomes one does not say it yet, and so has what an
    earlier version did not write.
    """
    content = files.read(settings.site(site) / "site.json")
    members: dict[str, Any] = json.loads(content) if content else {}
    if members.get("site") != site or members.get("kind") not in list(RUNNING):
        raise ValueError(f"site.json describes no site {site} with programs")
    memory = _bounded("memory_mebibytes", members.get("memory_mebibytes"))
    upload = _bounded("upload_mebibytes", members.get("upload_mebibytes"))
    usual = {
        "memory_mebibytes": memory // 2,
        "execution_seconds": USUAL_PHP.execution_seconds,
        "input_vars": USUAL_PHP.input_vars,
        "post_mebibytes": upload + 1,
    }
    database = members.get("database", Engine.MARIADB)
    return Description(
        memory_mebibytes=memory,
        processes=_bounded("processes", members.get("processes")),
        upload_mebibytes=upload,
        document_root=str(members.get("document_root")),
        folder=ROUTINGS[Profile(members.get("profile", Profile.PLAIN))].folder,
        cpu_percent=_bounded("cpu_percent", members.get("cpu_percent", Limits().cpu_percent)),
        database=Engine(database) if database in list(Engine) else None,
        outgoing=str(members.get("outgoing", NONE)),
        storage=limit_of(settings, site),
        full=settings.full(site).exists(),
        php_memory_mebibytes=_number(members.get("php_memory_mebibytes", usual["memory_mebibytes"])),
        execution_seconds=_number(members.get("execution_seconds", usual["execution_seconds"])),
        input_vars=_number(members.get("input_vars", usual["input_vars"])),
        post_mebibytes=_number(members.get("post_mebibytes", usual["post_mebibytes"])),
        environment=_environment(members.get("environment", [])),
    )


def remembered(settings: SocketSettings) -> tuple[Served, ...]:
    """What was served last, site by site; a record that cannot be read counts as none, and drift shows it."""
    found = []
    for site in settings.sites():
        try:
            found.append(served_of(settings, site))
        except (OSError, ValueError, TypeError):
            continue
    return tuple(found)


def served_of(settings: SocketSettings, site: str) -> Served:
    """Raises OSError, ValueError or TypeError where nothing is served, or the record is damaged."""
    return Served(**{**json.loads(settings.served(site).read_bytes()), "site": site})


def remember(settings: SocketSettings, served: Served) -> None:
    storage.write(settings.served(served.site), json.dumps(dataclasses.asdict(served)), mode=0o640)


def _bounded(name: str, value: object) -> int:
    least, most = BOUNDS[name]
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"{name}: {value!r} is not within {least} and {most}")
    return value


def _number(value: object) -> int:
    """A positive whole number; its bounds were those of the spec, or follow from others."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"not a positive number: {value!r}")
    return value


def _environment(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, list):
        raise ValueError(f"not an environment: {value!r}")  # noqa: TRY004 -- a file's bad content, like any other
    pairs = [tuple(str(line).partition("=")[::2]) for line in value]
    if not all(VARIABLE.fullmatch(name) and VARIABLE_VALUE.fullmatch(text) for name, text in pairs):
        raise ValueError("not an environment that a spec can ask for")
    return tuple((name, text) for name, text in pairs)
