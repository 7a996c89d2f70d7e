"""How long a site takes with many already there, what the others notice of it, and how the usual design does.

`python -m bench.node` starts a hosting machine below /srv (root needed), fills it, and measures at each size. The usual
design, a vhost and a pool a site with test and reload, is measured at the same sizes in the same run. Prints tables;
exit status 1 when a figure misses the target of the project.
"""

import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import click

from bench import usual
from bench.machine import Machine, running, spec
from bench.watching import Watcher
from panggon.core.spec import SiteSpec, SiteState

TARGET_SECONDS, TARGET_GROWTH = 0.5, 1.2
FLIP_SECONDS, SLOWER_MILLISECONDS = 0.1, 20.0
KILOBYTE = 1024


@dataclass(frozen=True)
class Figures:
    """At one size. Seconds; of the neighbours the longest request in milliseconds beyond the quiet longest."""

    sites: int
    made: float
    usual: float
    flips: dict[str, float]
    failed: int
    slower: float
    memory_mebibytes: float


@click.command()
@click.option("--sizes", default="10,1000,5000", show_default=True, help="Sites that are there already.")
@click.option("--samples", type=int, default=15, show_default=True)
@click.option("--usual/--no-usual", "with_usual", default=True, show_default=True)
def main(*, sizes: str, samples: int, with_usual: bool) -> None:
    """Measure; exit status 1 when a target is missed."""
    click.echo(f"{platform.platform()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    figures, there = [], 0
    with running() as machine:
        for size in map(int, sizes.split(",")):
            began = time.monotonic()
            machine.fill(range(there, size))
            click.echo(f"filled to {size} sites in {time.monotonic() - began:.0f} s", err=True)
            figures.append(_measured(machine, size, samples=samples, with_usual=with_usual))
            there = size + samples + 1
    _print(figures)
    sys.exit(0 if _reached(figures) else 1)


def _measured(machine: Machine, size: int, *, samples: int, with_usual: bool) -> Figures:
    neighbour = spec(0)
    with Watcher(machine.door, neighbour.host, "/halaman.html") as quiet:
        time.sleep(5)
    with Watcher(machine.door, neighbour.host, "/halaman.html") as watcher:
        made = statistics.median(_seconds(machine, spec(size + number)) for number in range(samples))
        flips = _flips(machine, spec(size + samples))
    return Figures(
        sites=size,
        made=made,
        usual=usual.seconds(size) if with_usual else float("nan"),
        flips=flips,
        failed=watcher.failed,
        slower=watcher.longest - quiet.longest,
        memory_mebibytes=_memory(machine),
    )


def _seconds(machine: Machine, wished: SiteSpec) -> float:
    began = time.perf_counter()
    machine.make(wished)
    return time.perf_counter() - began


def _flips(machine: Machine, site: SiteSpec) -> dict[str, float]:
    """Until no worker gives the former answer any more."""
    machine.make(site)
    machine.put_pages(site)
    new = site.host.replace("situs", "baru")
    steps: list[tuple[str, SiteSpec, str, Callable[[int], bool]]] = [
        ("suspend", replace(site, state=SiteState.SUSPENDED, generation=2), site.host, lambda status: status == 503),
        ("resume", replace(site, generation=3), site.host, lambda status: status == 200),
        ("rename", replace(site, host=new, former_hosts=(site.host,), generation=4), site.host, lambda s: s == 308),
    ]
    found = {}
    for name, wished, host, fits in steps:
        with Watcher(machine.door, host, "/halaman.html", pause=0.002) as watcher:
            time.sleep(0.1)
            began = time.perf_counter()
            machine.make(wished)
        found[name] = max((end for end, status in watcher.seen if not fits(status)), default=began) - began
    return found


def _memory(machine: Machine) -> float:
    """Of nginx and the holder with all they started (proportional set size), in MiB."""
    wanted = {machine.pid("nginx"), machine.pid("sockets")}
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            if int(process.name) in wanted or parent in wanted:
                rollup = (process / "smaps_rollup").read_text()
                total += int(rollup.partition("\nPss:")[2].split()[0])
        except (OSError, IndexError):  # ended meanwhile
            continue
    return total / KILOBYTE


def _print(figures: list[Figures]) -> None:
    click.echo("\nsites  made+proven  usual design  suspend  resume  rename  neighbour failed/slower  memory")
    for row in figures:
        flips = "  ".join(f"{row.flips[name] * 1000:4.0f} ms" for name in ("suspend", "resume", "rename"))
        click.echo(
            f"{row.sites:5}  {row.made:9.3f} s  {row.usual:10.3f} s  {flips}  "
            f"{row.failed:9} / {row.slower:5.1f} ms  {row.memory_mebibytes:5.0f} MiB"
        )
    growth = figures[-1].made / figures[0].made
    click.echo(f"the last size takes {growth:.2f} x of the first")


def _reached(figures: list[Figures]) -> bool:
    """Whether the project's targets hold."""
    return all(
        (
            *(row.made < TARGET_SECONDS for row in figures),
            figures[-1].made <= TARGET_GROWTH * figures[0].made,
            *(seconds < FLIP_SECONDS for row in figures for seconds in row.flips.values()),
            *(row.failed == 0 and row.slower <= SLOWER_MILLISECONDS for row in figures),
        )
    )


if __name__ == "__main__":
    main()
