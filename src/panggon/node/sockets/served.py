"""What the holder serves for one site: the part of `site.json` that its sandbox depends on."""

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from panggon.core.spec import BOUNDS, PHP_VERSION, SITE_ID, SiteKind
from panggon.drivers import files
from panggon.node.sockets.settings import SocketSettings

NUMBERS = ("generation", "memory_mebibytes", "processes", "upload_mebibytes")


@dataclass(frozen=True, slots=True)
class Served:
    site: str
    php_version: str
    generation: int
    memory_mebibytes: int
    processes: int
    upload_mebibytes: int
    document_root: str


def wished(settings: SocketSettings, site: str) -> Served | None:
    """What root's `site.json` asks for; None where there is no such site or it is not PHP.

    Raises ValueError for a file that Panggon cannot have written.
    """
    content = files.read(settings.site(site) / "site.json")
    members = json.loads(content) if content else {}
    return _checked(site, members) if members.get("kind") == SiteKind.PHP else None


def remembered(settings: SocketSettings) -> tuple[Served, ...]:
    """What was served last, site by site; a record that cannot be read counts as none, and drift shows it."""
    found = []
    for path in sorted((settings.root / "sites").glob("s*/run/served.json")):
        try:
            found.append(_checked(path.parent.parent.name, json.loads(path.read_bytes())))
        except (OSError, ValueError):
            continue
    return tuple(found)


def remember(settings: SocketSettings, served: Served) -> None:
    content = json.dumps(dataclasses.asdict(served))
    files.write(settings.served(served.site), content, mode=0o640)


def _checked(site: str, members: dict[str, Any]) -> Served:
    if not SITE_ID.fullmatch(site) or members.get("site") != site:
        raise ValueError(f"site.json of {site} names {members.get('site')!r}")
    if not PHP_VERSION.fullmatch(str(members.get("php_version"))):
        raise ValueError(f"not a PHP version: {members.get('php_version')!r}")
    numbers = {name: _bounded(name, members.get(name)) for name in NUMBERS}
    root = str(members.get("document_root"))
    return Served(site=site, php_version=members["php_version"], document_root=root, **numbers)


def _bounded(name: str, value: object) -> int:
    least, most = BOUNDS[name]
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"{name}: {value!r} is not within {least} and {most}")
    return value
