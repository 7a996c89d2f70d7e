"""How much a site may store: root's `quota.json`."""

import json
from dataclasses import dataclass
from typing import Any

from panggon.drivers import files
from panggon.node.sockets.settings import SocketSettings


@dataclass(frozen=True, slots=True)
class Bounds:
    mebibytes: int
    files: int


def bounds_of(settings: SocketSettings, site: str) -> Bounds | None:
    """None where nothing is bounded, or a write of it is under way. Raises OSError, ValueError and KeyError as the
    record is broken.
    """
    content = files.read(settings.site(site) / "quota.json")
    members: dict[str, Any] = json.loads(content) if content else {}
    return None if members.get("writing", True) else Bounds(int(members["mebibytes"]), int(members["files"]))
