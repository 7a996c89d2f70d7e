"""What the holder needs to know about the machine; one JSON file, written by the agent's wiring."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from panggon.core.sites.outgoing import BUILT_IN, Policy, parse
from panggon.core.sites.spec import SITE_ID, Engine
from panggon.drivers.databases.entrances import Entrances
from panggon.drivers.file_systems.storage import leaving_mark
from panggon.drivers.system import files, processes

PATHS = ("root", "run", "logs", "mariadb_socket", "postgresql_run")


@dataclass(frozen=True, slots=True)
class SocketSettings:
    """Paths as in docs/architecture.md, "On the hosting machine".

    `web_group` is the group id of nginx's workers, `mariadb_socket` MariaDB's socket on the machine, `postgresql_run`
    the directory of PostgreSQL's, `php_binary` a template. A sandbox without work for `idle_seconds` is stopped,
    or, where there is room for it, after up to `idle_most_seconds`; requests that still run when it has to stop get
    `stop_seconds`. With `require_all` the holder refuses to start
    where a protection cannot be had. At most `awake_most` sites are awake at a time (0: as many as the machine's memory
    is for, `room.MEBIBYTES_AWAKE` each). What runs is compared with what lies on the disk every `update_seconds`.
    `outgoing` are this machine's own policies, their targets by name.
    """

    root: Path
    run: Path
    logs: Path
    uid_base: int
    web_group: int
    mariadb_socket: Path = Path("/run/mysqld/mysqld.sock")
    postgresql_run: Path = Path("/run/postgresql")
    php_binary: str = "/usr/sbin/php-fpm{version}"
    idle_seconds: float = 30
    idle_most_seconds: float = 600
    stop_seconds: float = 20
    require_all: bool = True
    awake_most: int = 0
    update_seconds: float = 60
    outgoing: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def entrances(self, engine: Engine) -> Entrances:
        run = {Engine.MARIADB: self.mariadb_socket.parent, Engine.POSTGRESQL: self.postgresql_run}
        return Entrances(run[engine], engine)

    def running(self) -> frozenset[str]:
        """The sites of which anything runs, their owners' SFTP among it."""
        return frozenset(f"s{uid - self.uid_base:06d}" for uid in processes.by_user())

    def policy(self, name: str) -> Policy:
        """The policy of outgoing traffic of this name. Raises ValueError where there is none on this machine."""
        known = {**BUILT_IN, **self.outgoing}
        if name not in known:
            raise ValueError(f"no policy of outgoing traffic is called {name!r} here")
        return Policy(tuple(map(parse, known[name])))

    @property
    def control(self) -> Path:
        return self.run / "sockets.sock"

    @property
    def records(self) -> Path:
        """Which sandboxes run, for a holder that was started anew."""
        return self.run / "sockets"

    @property
    def pages(self) -> Path:
        """The node's own pages, bound into every sandbox as `/panggon`."""
        return self.root / "php"

    def sites(self) -> tuple[str, ...]:
        """All of which there is a directory, in order."""
        with suppress(FileNotFoundError):
            names = (each.name for each in (self.root / "sites").iterdir())
            return tuple(sorted(filter(SITE_ID.fullmatch, names)))
        return ()

    def site(self, site: str) -> Path:
        return self.root / f"sites/{site}"  # in one word, and so below: the holder asks for thousands at its start

    def served(self, site: str) -> Path:
        """What the holder serves for this site, kept beside it so that a restarted holder serves the same."""
        return self.root / f"sites/{site}/run/served.json"

    def full(self, site: str) -> Path:
        """Root's mark of a site that stores more than it may: its programs may not write meanwhile."""
        return self.root / f"sites/{site}/run/full"

    def leaving(self, site: str) -> Path:
        """Root's mark of a site that is served only to who was let in before."""
        return leaving_mark(self.site(site))

    @property
    def sftp_groups(self) -> Path:
        """The list of groups by which OpenSSH knows whose site is full."""
        return self.run / "sftp-groups"

    def output(self, site: str) -> Path:
        """What the site's programs say."""
        return self.root / f"sites/{site}/run/output.log"

    def uid(self, site: str) -> int:
        return self.uid_base + int(site[1:])

    @property
    def nobody(self) -> int:
        """A user that no site has."""
        return self.uid_base

    def save(self, path: Path) -> None:
        members = {**dataclasses.asdict(self), **{name: str(getattr(self, name)) for name in PATHS}}
        files.ensure(path, json.dumps(members, indent=2) + "\n", mode=0o600)


def load(path: Path) -> SocketSettings:
    """Raises OSError, ValueError or TypeError when the file is missing or is not what `save` wrote."""
    members: dict[str, Any] = json.loads(path.read_text())
    return SocketSettings(**{**members, **{name: Path(members[name]) for name in PATHS if name in members}})


def php_versions(settings: SocketSettings) -> tuple[str, ...]:
    """Every version of php-fpm that is on this machine now, the oldest first."""
    pattern = Path(settings.php_binary.format(version="[78].[0-9]"))
    before = len(pattern.name) - len("[78].[0-9]")
    return tuple(sorted(path.name[before:] for path in pattern.parent.glob(pattern.name)))
