"""How much memory the node itself takes beside the agent: nginx, and the holder of the sockets with its keeper."""

import time
from pathlib import Path

from bench.machine import Machine

KILOBYTE = 1024


def mebibytes(machine: Machine) -> dict[str, float]:
    """Proportional set sizes (proc(5), smaps_rollup), in MiB: no site is to be awake."""
    _let_sleep(machine)
    return {name: proportional(machine.pid(name)) for name in ("nginx", "sockets")}


def _let_sleep(machine: Machine) -> None:
    """As long as the holder waits for the idle."""
    folder = machine.config.paths.run / "sockets"
    ends = time.monotonic() + 2 * machine.idle_seconds
    while any(folder.glob("s??????*")) and time.monotonic() < ends:
        time.sleep(0.5)


def proportional(parent: int) -> float:
    """MiB of a process and what it has started."""
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            above = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            if parent in (int(process.name), above):
                total += int((process / "smaps_rollup").read_text().partition("\nPss:")[2].split()[0])
        except (OSError, IndexError):  # ended meanwhile
            continue
    return total / KILOBYTE
