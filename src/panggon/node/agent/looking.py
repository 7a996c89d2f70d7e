"""What this machine saw of a site's visitors and owner, for people who look for why somebody does not get in."""

import logging
import os
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from panggon.core.errors import PanggonError
from panggon.core.node.logs.visits import answers
from panggon.drivers.system import files
from panggon.node import layout
from panggon.node.agent.client import Portal
from panggon.node.daemons.going_on import going_on
from panggon.node.logs import logins
from panggon.node.settings.config import NodeConfig

HOUR = timedelta(hours=1)
LOG_MOST = 4 * 1024 * 1024  # bytes of an hour's log that are read
ROWS_MOST = 200
LOOK_SECONDS = 2.0

log = logging.getLogger(__name__)


def seen(config: NodeConfig, site: str, *, now: datetime) -> dict[str, Any]:
    """The last tries to come in over SFTP, and the answers of the last hour by HTTP status.

    `watched` says which of the two this machine keeps at all.
    """
    watched = set() if config.simulate else set(config.services.run)
    settings = layout.log_settings(config)
    known = logins.known(settings.logins / f"{site}.json")
    since = now - HOUR
    return {
        "watched": {"logins": {"sshd", "logs"} <= watched, "answers": {"nginx", "logs"} <= watched},
        "logins": [asdict(login) for login in known.tries],
        "since": since.isoformat(),
        "answers": answers(_lines(config.paths.root / "sites" / site / "logs", since), since=since),
    }


class FirstLogins:
    """Tells the portal who came in first. It may tell one again: the portal keeps the first that it heard of."""

    def __init__(self, config: NodeConfig, portal: Portal) -> None:
        self._folder = layout.log_settings(config).logins
        self._portal = portal
        self._told: dict[str, float] = {}
        self._looked_at = -1.0

    def watch(self) -> None:
        """For ever, beside the wishes: whoever came in is at the page of step 9 a moment later."""
        while True:
            time.sleep(LOOK_SECONDS)
            with going_on(log, "first logins are told later", expected=logging.INFO):
                self.tell()

    def tell(self) -> None:
        """Raises what the portal raises; then all is told again the next time. With nothing new in their folder the
        records are not looked through: there may be thousands.
        """
        changed_at = self._folder.stat().st_mtime if self._folder.exists() else 0.0
        if changed_at == self._looked_at:
            return
        written = logins.sites_with(self._folder)
        changed = [site for site, moment in written.items() if self._told.get(site) != moment]
        firsts = [(site, logins.known(self._folder / f"{site}.json").first) for site in changed]
        rows = [{"site": site, **asdict(first)} for site, first in firsts if first]
        for start in range(0, len(rows), ROWS_MOST):
            self._portal.logins(rows[start : start + ROWS_MOST])
        self._told = written
        # What is written right after it has the same time.
        self._looked_at = changed_at if time.time() - changed_at > LOOK_SECONDS else -1.0


# ------------------------------------------------------------------------------------------------------------------


def _lines(folder: Path, since: datetime) -> Iterator[str]:
    """Of the access log's pieces that were written to since then; of each at most its last `LOG_MOST` bytes."""
    try:
        with files.opened(folder, uid=0) as directory:
            for name in _pieces(directory):
                descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
                with os.fdopen(descriptor, "rb") as file:
                    found = os.fstat(descriptor)
                    if datetime.fromtimestamp(found.st_mtime, UTC) >= since:
                        file.seek(max(0, found.st_size - LOG_MOST))
                        # Not `splitlines`: what a visitor wrote may hold other ends of lines.
                        yield from file.read().decode(errors="replace").split("\n")
    except (OSError, PanggonError):
        return


def _pieces(directory: int) -> list[str]:
    return sorted(name for name in os.listdir(directory) if name.startswith("access"))
