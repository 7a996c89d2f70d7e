"""Where the demonstration keeps its things, and which ports it uses."""

import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from demo.ports import free_port, is_free

REPOSITORY = Path(__file__).resolve().parent.parent
STATE = REPOSITORY / "var" / "demo"
HOSTING = Path("/srv/panggon-demo")
SIMULATION_STATE = REPOSITORY / "var" / "demo-simulasi"
SIMULATION_HOSTING = Path("/srv/panggon-demo-simulasi")
ZONE = "panggon.test"
NODE = "mesin-peraga"
FIRST_SITE, SIMULATION_FIRST_SITE, SITES_MOST = 800_001, 810_001, 9_999
UID_BASE = 1_900_000_000
OFFICE_USER = 1_901_000_000  # nobody else's number: it lies above those of the sites
WISHED_PORTS = {"portal": 8080, "nodes": 8081, "postgres": 8032, "http": 8088, "https": 8443, "dns": 8053, "sftp": 8022}


@dataclass(frozen=True)
class Layout:
    """`state` is `var/demo` of the checkout, or a link of that name where servers may not enter the checkout."""

    state: Path
    hosting: Path
    first_site: int
    ports: dict[str, int]
    office_user: int | None  # whom portal and worker run as; None: as who started the demo

    @property
    def last_site(self) -> int:
        return self.first_site + SITES_MOST

    @property
    def office(self) -> Path:
        """What the portal and its worker may write to."""
        return self.state / "office"

    @property
    def run(self) -> Path:
        return self.hosting / "sockets"

    @property
    def logs(self) -> Path:
        return self.state / "logs"

    @property
    def record(self) -> Path:
        """Who runs this demonstration."""
        return self.state / "demo.json"

    @property
    def node_config(self) -> Path:
        return self.state / "node.toml"

    @property
    def accounts(self) -> Path:
        return self.office / "accounts.json"

    @property
    def identity(self) -> Path:
        """What the machine got when it was enrolled."""
        return self.state / "node" / "node.json"

    @property
    def enrol_code(self) -> Path:
        return self.office / "enrol-code"

    @property
    def evidence(self) -> Path:
        return self.state / "evidence.json"

    @property
    def sftp_host_key(self) -> Path:
        return self.hosting / "etc" / "ssh_host_ed25519_key.pub"

    @property
    def papers(self) -> Path:
        return self.state / "papers"

    @property
    def authority(self) -> Path:
        return self.state / "ca.pem"

    @property
    def portal_url(self) -> str:
        return f"http://localhost:{self.ports['portal']}"

    @property
    def nodes_url(self) -> str:
        return f"http://127.0.0.1:{self.ports['nodes']}"


@dataclass(frozen=True)
class Places:
    """Where one kind of demonstration lives."""

    state: Path
    hosting: Path
    first_site: int = FIRST_SITE


def real() -> Places:
    return Places(STATE, HOSTING)


def simulated() -> Places:
    """Apart from the real one, whose sites it does not know. Root's servers may not be let into the checkout."""
    hosting = SIMULATION_HOSTING if is_root() else SIMULATION_STATE / "machine"
    return Places(SIMULATION_STATE, hosting, SIMULATION_FIRST_SITE)


def prepare(*, state: Path = STATE, hosting: Path = HOSTING, first_site: int = FIRST_SITE) -> Layout:
    """Make the directories; choose ports once, and again only those that are taken by somebody else.

    Only the demonstration itself wishes for ports that people remember; others must not get in its way.
    """
    if is_root() and not _reachable(state.parent.parent) and not state.exists():
        (hosting / "var").mkdir(parents=True, exist_ok=True)
        state.parent.mkdir(exist_ok=True)
        state.symlink_to(hosting / "var")
    for directory in (state, state / "logs", state / "papers", state / "office", hosting):
        directory.mkdir(parents=True, exist_ok=True)
    record = state / "layout.json"
    wished = WISHED_PORTS if hosting == HOSTING else dict.fromkeys(WISHED_PORTS, 0)
    kept = json.loads(record.read_text())["ports"] if record.exists() else {}
    ports: dict[str, int] = {}
    for name, port in {**wished, **kept}.items():
        ports[name] = port if port and is_free(port) else free_port()
    record.write_text(json.dumps({"hosting": str(hosting), "first_site": first_site, "ports": ports}))
    return load(state.resolve())


def load(state: Path) -> Layout:
    """The layout of a prepared state directory."""
    kept = json.loads((state / "layout.json").read_text())
    own_user = is_root() and _reachable(REPOSITORY) and bool(Path(__file__).stat().st_mode & stat.S_IROTH)
    return Layout(state, Path(kept["hosting"]), kept["first_site"], kept["ports"], OFFICE_USER if own_user else None)


def _reachable(path: Path) -> bool:
    """May any user of the machine enter this directory? MariaDB and PostgreSQL run as users of their own."""
    return all(part.stat().st_mode & stat.S_IXOTH for part in (path, *path.parents))


def is_root() -> bool:
    return os.geteuid() == 0
