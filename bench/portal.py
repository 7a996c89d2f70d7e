"""How fast the pages are with a large city's years in the database, side by side with a peer.

`python -m bench.portal` starts a private PostgreSQL and the portal as `panggon serve --workers 2` below `var/bench`,
generates the data unless they are there, signs in as each role, and drives the pages on loopback. Prints a table.
"""

import asyncio
import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
import psycopg

from bench import peer
from bench.load import Page, Times, drive
from bench.serving import STATE, cpu_seconds, free_port, running_postgres, running_server
from demo.layout import REPOSITORY
from demo.people import Account, Person
from panggon.portal.cli import PAGE_THREADS

WARMING_UP = 5  # seconds
TARGET = 100  # milliseconds of the 95th percentile
AGENCIES, EVENTS_A_CASE = 2_000, 10
ROLES = ("registrar", "head", "division_head", "technician", "applicant", "administrator")
OWN = """
SELECT number FROM cases_case
WHERE agency_id = (SELECT min(id) FROM people_agency) AND state <> 'draft' LIMIT 50
"""
SEARCHES = (
    *("q=kesehatan+12", "q=Sri+Wahyuni&keadaan=berjalan", "q=arsip-19999", "waktu=terlambat&urut=batas"),
    "q=HST-2026-0100",
)


@dataclass(frozen=True)
class Measured:
    """Times by page; `milliseconds_of_cpu` is what the servers' own processes used for a request on the average."""

    times: dict[str, Times]
    milliseconds_of_cpu: float


@click.command()
@click.option("--cases", type=int, default=200_000, show_default=True)
@click.option("--rate", type=int, default=50, show_default=True, help="Requests a second, all pages together.")
@click.option("--seconds", type=int, default=30, show_default=True)
@click.option("--workers", type=int, default=2, show_default=True)
@click.option("--peer/--no-peer", "with_peer", default=True, show_default=True)
def main(*, cases: int, rate: int, seconds: int, workers: int, with_peer: bool) -> None:
    """Measure; exit status 1 when one of the portal's pages is slower than the target or fails."""
    with running_postgres(STATE / "postgres") as address:
        click.echo(f"{_machine()}\n{cases} cases, {rate} requests/s over all pages, {workers} workers of granian")
        accounts, environment = _data(address, cases), _environment(address)
        with _portal(environment, workers) as (port, process):
            pages = _pages(address, {role: _cookies(port, accounts[role]) for role in ROLES})
            measured = _measure(port, process, pages, rate, seconds)
            _tell(measured, _queries(environment, pages))
        if with_peer:
            _measure_peer(address, cases, workers, rate, seconds)
    slow = [name for name, found in measured.times.items() if found.failed or found.percentile(0.95) >= TARGET]
    sys.exit(1 if slow else 0)


def _measure(port: int, process: int, pages: list[Page], rate: int, seconds: int) -> Measured:
    asyncio.run(drive(port, pages, rate=rate, seconds=WARMING_UP))
    before = cpu_seconds(process)
    times = asyncio.run(drive(port, pages, rate=rate, seconds=seconds))
    return Measured(times, (cpu_seconds(process) - before) * 1000 / (rate * seconds))


def _measure_peer(address: str, cases: int, workers: int, rate: int, seconds: int) -> None:
    sizes = {"cases": cases, "agencies": AGENCIES, "events": cases * EVENTS_A_CASE}
    try:
        with peer.running_peer(address, sizes, workers=workers, threads=PAGE_THREADS) as (port, process):
            _tell(_measure(port, process, peer.pages(port), rate, seconds), {})
    except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
        click.echo(f"\nThe peer cannot be had here: {error}")


# ------------------------------------------------------------------------------------------------------------------


@contextmanager
def _portal(environment: dict[str, str], workers: int) -> Iterator[tuple[int, int]]:
    port = free_port()
    argv = [sys.executable, "-m", "panggon.portal.cli", "serve", "--workers", str(workers), "--port", str(port)]
    with running_server(argv, environment | {"PANGGON_BASE_URL": f"http://127.0.0.1:{port}"}, port) as process:
        yield port, process


def _environment(address: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{REPOSITORY}/src:{REPOSITORY}",
        "DATABASE_URL": address,
        "PANGGON_SECRET_KEY": "only for measuring " * 4,
        "PANGGON_INSECURE_LOOPBACK": "1",
        "PANGGON_FILES": str(STATE / "files"),
        "PANGGON_BASE_URL": "http://127.0.0.1",
    }


def _data(address: str, cases: int) -> dict[str, Account]:
    """The accounts of a database that holds so many cases, made anew when it holds other ones."""
    accounts = STATE / "accounts.json"
    _run(address, "panggon.portal.cli", "migrate")
    with psycopg.connect(address) as link:
        found = link.execute("SELECT count(*) FROM cases_case").fetchone()
    if found != (cases,):
        with psycopg.connect(address.rsplit("/", 1)[0] + "/postgres", autocommit=True) as link:
            link.execute("DROP DATABASE panggon WITH (FORCE)")
            link.execute("CREATE DATABASE panggon")
        _run(address, "panggon.portal.cli", "migrate")
        _run(address, "bench.generate", "--cases", str(cases), "--accounts", str(accounts))
    return {role: Account(**account) for role, account in json.loads(accounts.read_text()).items()}


def _run(address: str, *argv: str) -> None:
    subprocess.run([sys.executable, "-m", *argv], env=_environment(address), check=True)


def _cookies(port: int, account: Account) -> dict[str, str]:
    person = Person(account, f"http://127.0.0.1:{port}")
    person.sign_in()
    return person.browser.cookies


def _pages(address: str, cookies: dict[str, dict[str, str]]) -> list[Page]:
    """Each role's home, and by turns what else is measured."""
    with psycopg.connect(address) as link:
        done = link.execute("SELECT number, token FROM cases_case WHERE state = 'done' ORDER BY id % 9973 LIMIT 200")
        known = done.fetchall()
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


def _queries(environment: dict[str, str], pages: list[Page]) -> dict[str, int]:
    """How many questions a page asks the database."""
    asked: dict[str, Any] = {page.name: (page.paths[0], page.cookies) for page in pages}
    argv = [sys.executable, "-m", "bench.queries"]
    told = subprocess.run(argv, env=environment, input=json.dumps(asked), text=True, check=True, stdout=subprocess.PIPE)
    return dict(json.loads(told.stdout))


def _tell(measured: Measured, queries: dict[str, int]) -> None:
    click.echo(f"\n{'page':32} {'p50 ms':>7} {'p95 ms':>7} {'p99 ms':>7} {'requests':>8} {'failed':>6} {'queries':>7}")
    for name, found in measured.times.items():
        shares = " ".join(f"{found.percentile(share):7.0f}" for share in (0.5, 0.95, 0.99))
        asked = queries.get(name, "")
        click.echo(f"{name:32} {shares} {len(found.milliseconds):8} {found.failed:6} {asked:7}")
    click.echo(f"{measured.milliseconds_of_cpu:.0f} ms of processor time a request in the workers")


def _machine() -> str:
    names = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    busy = os.getloadavg()[0]
    return f"{os.cpu_count()} × {names[0] if names else platform.machine()}, load before the run {busy:.1f}"


if __name__ == "__main__":
    main()
