"""How much memory the node itself takes: nginx, the holder of the sockets with its keeper, and the agent."""

import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

from bench.machine import Machine
from bench.serving import free_port
from panggon.node import identity
from panggon.node.identity import Identity

KILOBYTE = 1024
SETTLED_SECONDS = 6


def mebibytes(machine: Machine) -> dict[str, float]:
    """Proportional set sizes (proc(5), smaps_rollup), in MiB, with what each has started: no site is to be awake."""
    _let_sleep(machine)
    found = {name: _of(machine.pid(name)) for name in ("nginx", "sockets")}
    return {**found, "agent": _agent(machine)}


def _let_sleep(machine: Machine) -> None:
    """As long as the holder waits for the idle."""
    folder = machine.config.paths.run / "sockets"
    ends = time.monotonic() + 2 * machine.idle_seconds
    while any(folder.glob("s??????*")) and time.monotonic() < ends:
        time.sleep(0.5)


def _agent(machine: Machine) -> float:
    """One that waits for a portal which does not answer."""
    me = Identity(f"http://127.0.0.1:{free_port()}", 1, "bench", datetime.now(UTC))
    identity.save(machine.config.paths.state, me)
    argv = [*machine.command, "run"]
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(SETTLED_SECONDS)
        return _of(process.pid)
    finally:
        process.terminate()
        process.wait()


def _of(parent: int) -> float:
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            above = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            if parent in (int(process.name), above):
                total += int((process / "smaps_rollup").read_text().partition("\nPss:")[2].split()[0])
        except (OSError, IndexError):  # ended meanwhile
            continue
    return total / KILOBYTE
