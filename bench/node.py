"""How long a site takes with many already there, what the others notice of it, and how the usual design does.

`python -m bench.node` starts a hosting machine below /srv (root needed), fills it, and measures at each size. The usual
design, a vhost and a pool a site with test and reload, is measured at the same sizes in the same run, and what visitors
get beside plain nginx (`bench.answering`). How much longer a site takes at the last size than at the first is measured
in turns (`bench.growth`). Prints tables; exit status 1 when a figure misses the target of the project.
"""

import statistics
import sys
import time
from dataclasses import dataclass

import click

from bench import agent, answering, around, ending, growth, removing, usual
from bench.agent import AgentFigures
from bench.around import Took
from bench.flips import Flips, flips
from bench.machine import Machine, described, running, spec
from bench.memory import mebibytes
from bench.others import Others, others
from panggon.core.sites.spec import SiteSpec

TARGET_SECONDS, TARGET_GROWTH = 0.5, 1.2
AGENT_SECONDS, AGENT_IDLE = 2.0, 0.01
# 300 and 100 MB.
TARGET_MEBIBYTES, AGENT_MEBIBYTES = 300e6 / 2**20, 100e6 / 2**20
FLIP_SECONDS, SLOWER_MILLISECONDS = 0.1, 20.0


@dataclass(frozen=True)
class Figures:
    """At one size. Seconds (`made` of each sample), and MiB by process; `others` is what happened to other sites
    meanwhile.
    """

    sites: int
    made: list[float]
    processor: float
    usual: float
    flips: Flips
    removed: float
    others: Others
    memory: dict[str, float]
    agent: AgentFigures
    answers: answering.Answers | None

    @property
    def median(self) -> float:
        return statistics.median(self.made)

    @property
    def p90(self) -> float:
        return statistics.quantiles(self.made, n=10)[-1]


@click.command()
@click.option("--sizes", default="10,1000,5000", show_default=True, help="Sites that are there already.")
@click.option("--samples", type=int, default=15, show_default=True)
@click.option("--usual/--no-usual", "with_usual", default=True, show_default=True)
@click.option("--answering/--no-answering", "with_answers", default=True, show_default=True)
@click.option("--acme", is_flag=True, help="Report what a certificate by ACME for each name takes as well.")
@click.option("--secondary", is_flag=True, help="Report what a secondary DNS server takes as well.")
def main(*, sizes: str, samples: int, with_usual: bool, with_answers: bool, acme: bool, secondary: bool) -> None:
    """Measure; exit status 1 when a target is missed."""
    ending.once()
    click.echo(described())
    figures, there = [], 0
    with running() as machine:
        missing = machine.missing()
        for size in map(int, sizes.split(",")):
            began = time.monotonic()
            machine.fill(range(there, size))
            click.echo(f"filled to {size} sites in {time.monotonic() - began:.0f} s", err=True)
            figures.append(_measured(machine, size, samples, with_usual=with_usual, with_answers=with_answers))
            there = size + samples + 3
            _print(figures[-1])
        grown = growth.measure(machine, there, figures[0].sites, samples)
    for each in around.chosen(acme=acme, secondary=secondary):
        _report(around.measure(each, samples))
    click.echo(
        f"in turns on two machines: {grown.few:.3f} s with {figures[0].sites} sites, {grown.many:.3f} s with {there}: "
        f"{grown.times:.2f} x ({TARGET_GROWTH}); {described()}"
    )
    sys.exit(0 if grown.times <= TARGET_GROWTH and all(map(_reached, figures)) and not missing else 1)


def _measured(machine: Machine, size: int, samples: int, *, with_usual: bool, with_answers: bool) -> Figures:
    large = removing.parked(machine, spec(size + samples + 2))
    with others(machine) as seen:
        used = time.process_time()
        made = [_seconds(machine, spec(size + number)) for number in range(samples)]
        used = (time.process_time() - used) / samples
        flipped = flips(machine, spec(size + samples), samples)
        removed = removing.seconds(machine, large)
    memory, own = mebibytes(machine), agent.figures(machine)
    return Figures(
        sites=size,
        made=made,
        processor=used,
        usual=usual.seconds(size) if with_usual else float("nan"),
        flips=flipped,
        removed=removed,
        others=seen[0],
        memory={**memory, "agent": own.mebibytes},
        agent=own,
        answers=answering.measure(machine, spec(size + samples + 1)) if with_answers else None,
    )


def _seconds(machine: Machine, wished: SiteSpec) -> float:
    began = time.perf_counter()
    machine.make(wished)
    return time.perf_counter() - began


def _print(row: Figures) -> None:
    click.echo(
        f"\n{row.sites} sites: made and proven in {row.median:.3f} s ({TARGET_SECONDS}; p90 {row.p90:.3f}, worst "
        f"{max(row.made):.3f}), of that the agent computes {row.processor:.3f} s; the usual design {row.usual:.3f} s "
        "without any proof"
    )
    click.echo(f"until everybody has the new answer ({FLIP_SECONDS * 1000:.0f} ms): {row.flips.words()}")
    click.echo(f"a site of {removing.FILES} files and {removing.TABLES} tables is purged in {row.removed:.2f} s")
    click.echo(
        f"others meanwhile: {row.others.failed} failed of {row.others.asked} (0), longest {row.others.slower:+.1f} ms "
        f"beyond the quiet longest ({SLOWER_MILLISECONDS:.0f}), p99 {row.others.slower_p99:+.1f} ms; "
        f"requests of 15 s: {'whole' if row.others.slow_whole else 'LOST'}"
    )
    parts = ", ".join(f"{name} {size:.0f}" for name, size in row.memory.items())
    click.echo(f"memory: {sum(row.memory.values()):.0f} MiB ({TARGET_MEBIBYTES:.0f}): {parts}")
    own = row.agent
    click.echo(
        f"agent: asks for wishes {own.started:.2f} s after its start ({AGENT_SECONDS:.0f}); while none comes "
        f"{own.idle:.2%} of a processor ({AGENT_IDLE:.0%}), {own.visits} visits in it, {own.mebibytes:.0f} MiB "
        f"({AGENT_MEBIBYTES:.0f})"
    )
    shares = sorted(own.servers.items(), key=lambda each: -each[1])
    words = ", ".join(f"{name} {share:.2%}" for name, share in shares)
    click.echo(f"its servers meanwhile: {sum(own.servers.values()):.2%} of a processor: {words}")
    if row.answers:
        answering.show(row.answers)


def _report(took: Took) -> None:
    click.echo(f"with {took.around}: made and proven in {took.median:.3f} s, {took.longest:.3f} s at most (reported)")


def _reached(row: Figures) -> bool:
    """Whether the project's targets hold."""
    return all(
        (
            row.median < TARGET_SECONDS,
            row.flips.lost == 0 and not row.flips.strange,
            *(max(seconds) < FLIP_SECONDS for seconds in row.flips.by_name.values()),
            row.others.failed == 0 and row.others.slow_whole and row.others.slower <= SLOWER_MILLISECONDS,
            sum(row.memory.values()) < TARGET_MEBIBYTES,
            row.agent.started < AGENT_SECONDS,
            row.agent.idle < AGENT_IDLE,
            row.agent.mebibytes < AGENT_MEBIBYTES,
            row.answers is None or row.answers.reached(),
        )
    )


if __name__ == "__main__":
    main()
