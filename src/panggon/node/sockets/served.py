"""What the holder serves for one site, and what the site's description says about its PHP.

The two are apart on purpose: version and generation change when the holder is told (so undoing a plan can go back to
the former ones while `site.json` is not restored yet), limits are read from `site.json` whenever PHP starts.
"""

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from panggon.core.outgoing import NONE
from panggon.core.spec import BOUNDS, PHP_VERSION, SITE_ID, Limits, SiteKind
from panggon.drivers import files
from panggon.node.sockets.settings import SocketSettings
from panggon.node.sockets.usage import Bounds


@dataclass(frozen=True, slots=True)
class Served:
    """Raises ValueError for what no spec can ask."""

    site: str
    php_version: str
    generation: int

    def __post_init__(self) -> None:
        if not SITE_ID.fullmatch(self.site):
            raise ValueError(f"not a site: {self.site!r}")
        if not PHP_VERSION.fullmatch(str(self.php_version)):
            raise ValueError(f"not a PHP version: {self.php_version!r}")
        _bounded("generation", self.generation)


@dataclass(frozen=True, slots=True)
class Description:
    """The part of root's `site.json` that PHP depends on."""

    memory_mebibytes: int
    processes: int
    upload_mebibytes: int
    cpu_percent: int
    database: bool
    outgoing: str
    document_root: str
    storage: Bounds | None
    full: bool


def described(settings: SocketSettings, site: str) -> Description:
    """Raises ValueError when there is no `site.json` of a PHP site, or one that Panggon cannot have written. One that
    an earlier version wrote says less, and means the usual.
    """
    content = files.read(settings.site(site) / "site.json")
    members: dict[str, Any] = json.loads(content) if content else {}
    if members.get("site") != site or members.get("kind") != SiteKind.PHP:
        raise ValueError(f"site.json describes no PHP site {site}")
    return Description(
        memory_mebibytes=_bounded("memory_mebibytes", members.get("memory_mebibytes")),
        processes=_bounded("processes", members.get("processes")),
        upload_mebibytes=_bounded("upload_mebibytes", members.get("upload_mebibytes")),
        cpu_percent=_bounded("cpu_percent", members.get("cpu_percent", Limits().cpu_percent)),
        database=bool(members.get("database", True)),
        outgoing=str(members.get("outgoing", NONE)),
        document_root=str(members.get("document_root")),
        storage=_storage(settings, site),
        full=settings.full(site).exists(),
    )


def _storage(settings: SocketSettings, site: str) -> Bounds | None:
    """What root's `quota.json` says; None where nothing is bounded, or a write of it is under way."""
    content = files.read(settings.site(site) / "quota.json")
    members: dict[str, Any] = json.loads(content) if content else {"writing": True}
    return None if members.get("writing", True) else Bounds(int(members["mebibytes"]), int(members["files"]))


def remembered(settings: SocketSettings) -> tuple[Served, ...]:
    """What was served last, site by site; a record that cannot be read counts as none, and drift shows it."""
    found = []
    for path in sorted((settings.root / "sites").glob("s*/run/served.json")):
        try:
            members = json.loads(path.read_bytes())
            found.append(Served(path.parent.parent.name, members["php_version"], members["generation"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return tuple(found)


def remember(settings: SocketSettings, served: Served) -> None:
    files.write(settings.served(served.site), json.dumps(dataclasses.asdict(served)), mode=0o640)


def _bounded(name: str, value: object) -> int:
    least, most = BOUNDS[name]
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"{name}: {value!r} is not within {least} and {most}")
    return value
