"""How fast the public figures are with 200,000 requests behind them: reckoning them, and the page for everybody.

`python -m bench.figures` uses the data of `bench.portal` (made the first time, ten minutes) and then takes one minute.
"""

import asyncio
import json
import subprocess
import sys
import time

import click

from bench.load import Page, Times, drive
from bench.serving import STATE, cpu_seconds, running_postgres
from bench.standing import data, environment_of, machine, portal

WARMING_UP = 5  # seconds
TARGET = 100  # milliseconds of the 95th percentile
PAGES = {
    "Kinerja layanan": "/kinerja/",
    "Kinerja layanan, a quarter": "/kinerja/?tahun=2026&triwulan=3",
    "Data terbuka": "/data-terbuka/",
    "permohonan.csv": "/data-terbuka/permohonan.csv",
}
# Reckons in a process of its own, whose memory then says how much that takes.
RECKON = """
import resource, time, json, django
django.setup()
from django.utils import timezone
from panggon.public import snapshots
began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
snapshots.take(now=timezone.now())
after = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([time.monotonic() - began, after.ru_utime - before.ru_utime, before.ru_maxrss, after.ru_maxrss]))
"""


@click.command()
@click.option("--cases", type=int, default=200_000, show_default=True)
@click.option("--rate", type=int, default=200, show_default=True, help="Requests a second of the page of figures.")
@click.option("--seconds", type=int, default=20, show_default=True)
@click.option("--workers", type=int, default=2, show_default=True)
def main(*, cases: int, rate: int, seconds: int, workers: int) -> None:
    """Measure; exit status 1 when the page is slower than the target or anything fails."""
    with running_postgres(STATE / "postgres") as (address, database):
        click.echo(f"{machine()}\n{cases} cases, {workers} workers of granian")
        data(address, cases)
        environment = environment_of(address)
        _tell_reckoning(environment)
        with portal(environment, workers) as (port, process):
            asyncio.run(drive(port, [Page("warm", list(PAGES.values()))], rate=50, seconds=WARMING_UP))
            began = [cpu_seconds(each) for each in (process, database)]
            found = asyncio.run(drive(port, [Page("Kinerja layanan", ["/kinerja/"])], rate=rate, seconds=seconds))
            used = [cpu_seconds(each) - before for each, before in zip((process, database), began, strict=True)]
        held = _tell(found["Kinerja layanan"], rate, seconds, used)
        _tell_costs(environment)
    sys.exit(0 if held else 1)


def _tell_reckoning(environment: dict[str, str]) -> None:
    settings = {"DJANGO_SETTINGS_MODULE": "panggon.portal.settings.base"}
    began = time.monotonic()
    told = subprocess.run(
        [sys.executable, "-c", RECKON], env=environment | settings, check=True, text=True, stdout=subprocess.PIPE
    )
    seconds, own, before, after = json.loads(told.stdout)
    click.echo(
        f"reckoned in {seconds:.1f} s ({own:.1f} s of them its own processor time), {(after - before) / 1024:.0f} MiB "
        f"above the {before / 1024:.0f} MiB of any worker; {time.monotonic() - began:.1f} s with the start of Python"
    )


def _tell(found: Times, rate: int, seconds: int, used: list[float]) -> bool:
    shares = ", ".join(f"p{share * 100:.0f} {found.percentile(share):.0f} ms" for share in (0.5, 0.95, 0.99))
    server, database = (spent * 1000 / (rate * seconds) for spent in used)
    asked, failed = len(found.milliseconds), found.failed
    click.echo(f"/kinerja/ at {rate} requests/s for {seconds} s: {shares}; {failed} of {asked} failed")
    click.echo(
        f"{found.sent_late} sent late; {server:.2f} ms of processor time a request in the workers, {database:.2f} in "
        f"PostgreSQL"
    )
    held = not found.failed and found.percentile(0.95) < TARGET
    click.echo(f"p95 under {TARGET} ms without errors: {'met' if held else 'NOT met'}")
    return held


def _tell_costs(environment: dict[str, str]) -> None:
    """One page at a time, which hardly depends on what else the machine does."""
    asked: dict[str, tuple[list[str], dict[str, str]]] = {name: ([path], {}) for name, path in PAGES.items()}
    argv = [sys.executable, "-m", "bench.cost"]
    told = subprocess.run(argv, env=environment, input=json.dumps(asked), text=True, check=True, stdout=subprocess.PIPE)
    click.echo(f"{'ms of processor time a request':32} {'worker':>7} {'database':>8} {'queries':>7}")
    for name, cost in json.loads(told.stdout).items():
        click.echo(f"{name:32} {cost['worker']:7.2f} {cost['database']:8.2f} {cost['queries']:7}")


if __name__ == "__main__":
    main()
