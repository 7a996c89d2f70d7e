"""How much memory the node itself takes beside the agent: nginx, and the holder of the sockets with its keeper."""

from pathlib import Path

from bench.machine import Machine
from panggon.drivers import runtime
from panggon.node import layout

KILOBYTE = 1024


def mebibytes(machine: Machine) -> dict[str, float]:
    """Proportional set sizes (proc(5), smaps_rollup), in MiB: no site is to be awake."""
    _let_sleep(machine)
    return {name: proportional(machine.pid(name)) for name in ("nginx", "sockets")}


def _let_sleep(machine: Machine) -> None:
    """Now: of themselves they would stay as long as there is room."""
    control = layout.socket_settings(machine.config).control
    while awake := [each["site"] for each in runtime.ask(control, do="list")["sites"] if each["process"]]:
        for site in awake:
            runtime.ask(control, do="stop", site=site)


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
