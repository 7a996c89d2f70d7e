"""How fast the pages are with a large city's years in the database, side by side with a peer.

`python -m bench.portal` starts a private PostgreSQL and the portal as `panggon serve --workers 2` below `var/bench`,
generates the data unless they are there (ten minutes), signs in as each role, and drives the pages on loopback: about
two minutes. The peer is prepared once (five minutes) and then takes one. Prints a table and whether the target is met.
"""

import asyncio
import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import click
import httpx
import psycopg

from bench import peer
from bench.load import Page, Times, drive
from bench.serving import STATE, cpu_seconds, running_postgres
from bench.standing import data, environment_of, machine, portal
from demo.people import Account, Person
from panggon.portal.running import PAGE_THREADS

WARMING_UP = 10  # seconds
TARGET = 100  # milliseconds of the 95th percentile
SENT_LATE_AT_MOST = 0.01  # of all requests; beyond that the machine is too busy for the rate to mean anything
PEER_RATE, PEER_SECONDS = 1, 20  # at our rate the peer answers nothing: its figures are those of one patient visitor
AGENCIES, EVENTS_A_CASE = 2_000, 10
ROLES = ("registrar", "head", "division_head", "technician", "applicant", "administrator")
OWN = """
SELECT number FROM cases_case
WHERE agency_id = (SELECT min(id) FROM people_agency) AND state <> 'draft' ORDER BY id DESC LIMIT 50
"""
# As many that are over as are under way in each state; with the codes by which anybody follows them.
SOME = """
(SELECT number, token FROM cases_case WHERE state = 'done' ORDER BY id % 9973 LIMIT 100)
UNION ALL
(SELECT number, token FROM cases_case
 WHERE state IN ('submitted', 'received', 'disposed', 'verifying', 'incomplete', 'preparing', 'prepared', 'reported',
                 'awaiting_approval', 'delivered')
 ORDER BY id % 9973 LIMIT 100)
"""
SEARCHES = (
    *("q=kesehatan+12", "q=Sri+Wahyuni&keadaan=berjalan", "q=arsip-19999", "waktu=terlambat&urut=batas"),
    "q=HST-2026-0100",
)


@dataclass(frozen=True)
class Measured:
    """Times by page; `server` and `database` are milliseconds of processor time a request on the average."""

    times: dict[str, Times]
    server: float
    database: float

    @property
    def sent_late(self) -> float:
        """The share of requests that went out too late."""
        requests = sum(len(found.milliseconds) for found in self.times.values())
        return sum(found.sent_late for found in self.times.values()) / requests


@click.command()
@click.option("--cases", type=int, default=200_000, show_default=True)
@click.option("--rate", type=int, default=50, show_default=True, help="Requests a second, all pages together.")
@click.option("--seconds", type=int, default=60, show_default=True)
@click.option("--workers", type=int, default=2, show_default=True)
@click.option("--peer/--no-peer", "with_peer", default=True, show_default=True)
def main(*, cases: int, rate: int, seconds: int, workers: int, with_peer: bool) -> None:
    """Measure; exit status 1 when one of the portal's pages is slower than the target or fails, 2 when the machine was
    too busy to ask at this rate.
    """
    with running_postgres(STATE / "postgres") as (address, database):
        click.echo(f"{machine()}\n{cases} cases, {rate} requests/s over all pages, {workers} workers of granian")
        accounts, environment = data(address, cases), environment_of(address)
        with portal(environment, workers) as (port, process):
            pages = _pages(address, {role: _cookies(port, accounts[role]) for role in ROLES})
            asyncio.run(drive(port, pages, rate=rate, seconds=WARMING_UP))
            measured = _measure(port, (process, database), pages, rate, seconds)
            _tell(measured)
        _tell_costs(environment, pages)
        if with_peer:
            _measure_peer(address, database, cases, workers)
    sys.exit(_verdict(measured, rate))


def _measure(port: int, processes: tuple[int, int], pages: list[Page], rate: int, seconds: int) -> Measured:
    before = [cpu_seconds(process) for process in processes]
    times = asyncio.run(drive(port, pages, rate=rate, seconds=seconds))
    used = [cpu_seconds(process) - earlier for process, earlier in zip(processes, before, strict=True)]
    server, database = (seconds_used * 1000 / (rate * seconds) for seconds_used in used)
    return Measured(times, server, database)


def _measure_peer(address: str, database: int, cases: int, workers: int) -> None:
    sizes = {"cases": cases, "agencies": AGENCIES, "events": cases * EVENTS_A_CASE}
    click.echo(f"\nThe peer, {PEER_RATE} request/s over all pages")
    try:
        with peer.running_peer(address, sizes, workers=workers, threads=PAGE_THREADS) as (port, process):
            pages = peer.pages(port)
            _tell(_measure(port, (process, database), pages, PEER_RATE, PEER_SECONDS))
    except (OSError, RuntimeError, subprocess.SubprocessError, psycopg.Error, httpx.HTTPError) as error:
        click.echo(f"It cannot be had here: {error}")


def _verdict(measured: Measured, rate: int) -> int:
    slow = [name for name, found in measured.times.items() if found.failed or found.percentile(0.95) >= TARGET]
    if measured.sent_late > SENT_LATE_AT_MOST:
        click.echo(f"\nNo verdict: {measured.sent_late:.0%} of the requests could not be sent in time")
        return 2
    target = f"p95 under {TARGET} ms at {rate} requests/s"
    click.echo(f"\n{target}: " + (f"NOT met by {', '.join(slow)}" if slow else "met by every page"))
    return 1 if slow else 0


# ------------------------------------------------------------------------------------------------------------------


def _cookies(port: int, account: Account) -> dict[str, str]:
    person = Person(account, f"http://127.0.0.1:{port}")
    person.sign_in()
    return person.browser.cookies


def _pages(address: str, cookies: dict[str, dict[str, str]]) -> list[Page]:
    """Each role's home, and by turns what else is measured."""
    with psycopg.connect(address) as link:
        known = link.execute(SOME).fetchall()
        own = link.execute(OWN).fetchall()
    cases = [f"/permohonan/{number}/" for number, _ in known]
    searches = [f"/permohonan/?{words}" for words in SEARCHES]
    homes = [Page(f"Menunggu saya ({role})", ["/beranda/"], cookies[role]) for role in ROLES]
    others = [
        Page("Permohonan (head)", cases, cookies["head"]),
        Page("Permohonan (technician)", cases, cookies["technician"]),
        Page("Permohonan (applicant)", [f"/permohonan/{number}/" for (number,) in own], cookies["applicant"]),
        Page("Cari (registrar)", searches, cookies["registrar"]),
        Page("Cari (head)", searches, cookies["head"]),
        Page("Cari (applicant)", searches, cookies["applicant"]),
        Page("Lacak", [f"/lacak/?nomor={number}&kode={quote(token)}" for number, token in known]),
    ]
    return [*homes, *others]


def _tell(measured: Measured) -> None:
    click.echo(f"\n{'page':32} {'p50 ms':>7} {'p95 ms':>7} {'p99 ms':>7} {'requests':>8} {'failed':>6}")
    for name, found in measured.times.items():
        shares = " ".join(f"{found.percentile(share):7.0f}" for share in (0.5, 0.95, 0.99))
        click.echo(f"{name:32} {shares} {len(found.milliseconds):8} {found.failed:6}")
    whole = measured.server + measured.database
    click.echo(
        f"{whole:.1f} ms of processor time a request: {measured.server:.1f} in the workers, {measured.database:.1f} in "
        f"PostgreSQL; {measured.sent_late:.1%} of the requests sent late"
    )


def _tell_costs(environment: dict[str, str], pages: list[Page]) -> None:
    """One page at a time, which hardly depends on what else the machine does."""
    asked: dict[str, Any] = {page.name: (page.paths, page.cookies) for page in pages}
    argv = [sys.executable, "-m", "bench.cost"]
    told = subprocess.run(argv, env=environment, input=json.dumps(asked), text=True, check=True, stdout=subprocess.PIPE)
    click.echo(f"\n{'ms of processor time a request':32} {'worker':>7} {'database':>8} {'queries':>7}")
    for name, cost in json.loads(told.stdout).items():
        click.echo(f"{name:32} {cost['worker']:7.1f} {cost['database']:8.1f} {cost['queries']:7}")


if __name__ == "__main__":
    main()
