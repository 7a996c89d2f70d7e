"""The servers as services of systemd, where it runs and the package's units are installed: their names and states."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from panggon.core.errors import PermanentError
from panggon.drivers.system import processes, shell
from panggon.node.daemons import systemd

TARGET = "panggon-node.target"
# What Debian's packages start by themselves, on our ports or for nothing.
DISTRIBUTION = {
    "nginx": ("nginx.service",),
    "mariadb": ("mariadb.service",),
    "knot": ("knot.service",),
    "sockets": ("php*-fpm.service",),
}
# Longer than systemd lets units that wait for each other take: it is the one that gives up, and says on which.
START_SECONDS = 3600.0
ANSWER_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class State:
    """`since` in ISO 8601, "" where it does not run; `restarts` are those that nobody asked for. `replaced`: Debian has
    put something newer in the place of what it runs.
    """

    running: bool
    since: str
    restarts: int
    replaced: bool = False


def of(server: str) -> str:
    return f"panggon-{server}.service"


def installed() -> bool:
    """Whether systemd is there and knows the units. Without it, or in a container, the supervisor does its work."""
    return systemd.is_booted() and shell.run(["systemctl", "cat", TARGET]).code == 0


def states(servers: Sequence[str], *, seconds: float = ANSWER_SECONDS) -> dict[str, State]:
    """Systemd answers nobody while it reads its units anew, as after each that was switched off."""
    properties = ("Id", "ActiveState", "ActiveEnterTimestamp", "NRestarts", "MainPID")
    words = [f"--property={','.join(properties)}", "--timestamp=unix", *map(of, servers)]
    blocks = shell.check(["systemctl", "show", *words], seconds=seconds).strip().split("\n\n")
    rows = [dict(line.split("=", 1) for line in block.splitlines() if "=" in line) for block in blocks]
    return {server: _state(row) for server, row in zip(servers, rows, strict=True)}


def _state(row: dict[str, str]) -> State:
    running = row.get("ActiveState") == "active"
    moment = row.get("ActiveEnterTimestamp", "").removeprefix("@")
    since = datetime.fromtimestamp(int(moment), UTC).isoformat() if running and moment.isdigit() else ""
    replaced = running and processes.is_replaced(int(row.get("MainPID", "0")))
    return State(running, since, int(row.get("NRestarts", "0")), replaced)


def distributions_own(servers: Iterable[str]) -> tuple[str, ...]:
    """Units of Debian's packages for the same programs that run, or would at the next boot."""
    patterns = [pattern for server in servers for pattern in DISTRIBUTION.get(server, ())]
    found: dict[str, None] = {}
    for listing, column, wanted in (("list-units", 2, "active"), ("list-unit-files", 1, "enabled")):
        argv = ["systemctl", listing, "--plain", "--no-legend", *patterns]
        rows = shell.check(argv, seconds=START_SECONDS).splitlines() if patterns else []
        found.update({row.split()[0]: None for row in rows if row.split()[column] == wanted})
    return tuple(found)


def switch_off(units: Sequence[str]) -> None:
    if units:
        shell.check(["systemctl", "disable", "--now", "--quiet", *units], seconds=START_SECONDS)


def enable(servers: Sequence[str], others: Sequence[str]) -> None:
    """Start these now and at every boot, not the others. Raises PermanentError `services.start` with why not."""
    _systemctl("enable", "--quiet", TARGET, "panggon-agent.path", *map(of, servers))
    if others:
        _systemctl("disable", "--now", "--quiet", *map(of, others))
    _systemctl("restart", of("prepare"))
    _systemctl("start", TARGET, *map(of, servers))


def renew(servers: Sequence[str]) -> None:
    """Start anew what would be started differently now."""
    if servers:
        _systemctl("restart", *map(of, servers))


def renew_agent() -> None:
    """Where it runs; it reads the settings of the machine at its start."""
    _systemctl("try-restart", of("agent"))


def reload(server: str) -> None:
    _systemctl("reload", of(server))


def _systemctl(*words: str) -> None:
    done = shell.run(["systemctl", *words], seconds=START_SECONDS)
    if done.code:
        raise PermanentError("services.start", _last_words(words) or done.errors.strip())


def _last_words(words: Sequence[str]) -> str:
    """What the units among these that do not run have said last."""
    found = []
    for unit in words:
        if unit.endswith(".service") and shell.run(["systemctl", "is-active", unit]).code:
            said = shell.run(["journalctl", "--unit", unit, "--output", "cat", "--lines", "6", "--no-pager"]).output
            found.append(f"{unit}: {' | '.join(line for line in said.splitlines() if 'systemd' not in line)}")
    return "; ".join(found)
