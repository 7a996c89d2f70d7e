"""How much memory the node itself takes beside the agent: nginx, and the holder of the sockets with its keeper and what
it has started in advance.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from bench.machine import Machine
from panggon.drivers import runtime
from panggon.drivers.system import processes
from panggon.node import layout
from panggon.node.sockets.sandboxes.spares import BURST_SECONDS

KILOBYTE = 1024


def mebibytes(machine: Machine) -> dict[str, float]:
    """Proportional set sizes (proc(5), smaps_rollup), in MiB: no site is to be awake, nor to have been so just now."""
    _let_sleep(machine)
    time.sleep(BURST_SECONDS + 1)
    return {name: proportional(machine.pid(name)) for name in ("nginx", "sockets")}


def _let_sleep(machine: Machine) -> None:
    """Now: of themselves they would stay as long as there is room."""
    control = layout.socket_settings(machine.config).control
    while awake := [each["site"] for each in runtime.ask(control, do="list")["sites"] if each["process"]]:
        for site in awake:
            runtime.ask(control, do="stop", site=site)


def proportional(first: int) -> float:
    """MiB of a process and of all that descend from it."""
    total = 0
    for process in _descending(first):
        with suppress(OSError, IndexError):  # ended meanwhile
            rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
            total += int(rollup.partition("\nPss:")[2].split()[0])
    return total / KILOBYTE


def _descending(first: int) -> Iterator[int]:
    yield first
    for child in processes.children(first):
        yield from _descending(child)
