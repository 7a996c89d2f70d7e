"""How long many sites from a list take, killed in the middle and given again: `python -m bench.listing`, as root."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from bench import ending
from bench.machine import Machine, described, running, spec
from panggon.core.sites import spec_document as specs

MINUTES = 5


@click.command()
@click.option("--sites", type=int, default=1000, show_default=True)
def main(*, sites: int) -> None:
    """Measure; exit status 1 when it takes more than five minutes per 1,000 sites, or when a site is missing."""
    ending.once()
    click.echo(described())
    with running() as machine, tempfile.NamedTemporaryFile("w", suffix=".jsonl") as found:
        missing = machine.missing()
        Path(found.name).write_text("".join(json.dumps(specs.dump(spec(number))) + "\n" for number in range(sites)))
        began = time.monotonic()
        _killed_halfway(machine, found.name, sites)
        click.echo(f"killed after {time.monotonic() - began:.0f} s with {len(machine.sites.recorded.known())} sites")
        again = subprocess.run([*_command(machine, found.name), "--json"], check=False, stdout=subprocess.PIPE)
        seconds = time.monotonic() - began
        there = sum(machine.sites.applied(spec(number).site) == spec(number) for number in range(sites))
    click.echo(f"{sites} sites in {seconds:.0f} s ({MINUTES * 60} for 1,000), {1000 * seconds / sites:.0f} ms each")
    click.echo(again.stdout.decode())
    click.echo(described())
    sys.exit(0 if there == sites and seconds < MINUTES * 60 * sites / 1000 and not missing else 1)


def _command(machine: Machine, path: str) -> list[str]:
    return [*machine.command, "apply", path]


def _killed_halfway(machine: Machine, path: str, sites: int) -> None:
    process = subprocess.Popen(_command(machine, path))
    while len(machine.sites.recorded.known()) < sites // 2 and process.poll() is None:
        time.sleep(0.2)
    process.kill()
    process.wait()


if __name__ == "__main__":
    main()
