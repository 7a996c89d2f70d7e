"""What the owner of the logs needs to know about the machine; one JSON file, written by the agent's wiring."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from panggon.core.node.logs.site_logs import Retention
from panggon.drivers.system import files

PATHS = ("root", "run", "logs", "state", "nginx_pid")


@dataclass(frozen=True, slots=True)
class LogSettings:
    """`size` (bytes) and `days` bound each log of a site. `rotate` is the size at which a shared log is put aside,
    `backlog` how much of it may wait to be split before the oldest is given up. `hold` are the seconds that a line of
    the error log waits for its request to be over.
    """

    root: Path
    run: Path
    logs: Path
    state: Path
    nginx_pid: Path
    uid_base: int
    size: int = 20 * 1024 * 1024
    days: int = 30
    rotate: int = 64 * 1024 * 1024
    backlog: int = 256 * 1024 * 1024
    hold: float = 5.0
    tick: float = 1.0

    @property
    def retention(self) -> Retention:
        return Retention(self.size, self.days)

    @property
    def record(self) -> Path:
        return self.state / "logs.json"

    @property
    def logins(self) -> Path:
        """Who came in over SFTP, a record a site."""
        return self.state / "logins"

    @property
    def login_offsets(self) -> Path:
        """How far the SFTP server's log was read."""
        return self.state / "logins.json"

    @property
    def alive(self) -> Path:
        return self.run / "logs.json"

    @property
    def sandboxes(self) -> Path:
        """The holder's records of running sandboxes."""
        return self.run / "sockets"

    def output(self, site: str) -> Path:
        """What the site's programs say; the holder makes it, the owner of the logs empties it."""
        return self.root / "sites" / site / "run" / "output.log"

    def save(self, path: Path) -> None:
        members = {**dataclasses.asdict(self), **{name: str(getattr(self, name)) for name in PATHS}}
        files.ensure(path, json.dumps(members, indent=2) + "\n", mode=0o600)


def load(path: Path) -> LogSettings:
    """Raises OSError, ValueError or TypeError when the file is missing or is not what `save` wrote."""
    members = json.loads(path.read_text())
    return LogSettings(**{**members, **{name: Path(members[name]) for name in PATHS}})
