"""Fills a database with an office's years: 200,000 cases, more than two million events with valid chains, 2,000 OPDs.

`python -m bench.generate` with DATABASE_URL set; the database has been migrated and is empty of cases. What it makes
depends on `--seed` and today's date only, not on the number of processes.
"""

import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import click
import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panggon.portal.settings.base")
os.environ.setdefault("PANGGON_SECRET_KEY", "only for measuring " * 4)
django.setup()

from django.db import connection, connections  # noqa: E402 (Django has to be set up first)

from bench import checking  # noqa: E402
from bench.copying import reset_sequences  # noqa: E402
from bench.hours import Hours, hours_between  # noqa: E402
from bench.office import Office, make_office  # noqa: E402
from bench.rows import MODELS, Ticket, write_cases  # noqa: E402
from panggon.papers.models import Counter  # noqa: E402
from panggon.schedule import selectors as schedule  # noqa: E402
from panggon.schedule.services import seed as seed_calendar  # noqa: E402

YEARS = 3
CHUNK = 5_000


@click.command()
@click.option("--cases", type=int, default=200_000, show_default=True)
@click.option("--agencies", type=int, default=2_000, show_default=True)
@click.option("--technicians", type=int, default=40, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--processes", type=int, default=os.cpu_count(), show_default=True)
@click.option("--accounts", type=click.Path(path_type=Path), help="Where passwords and TOTP secrets go.")
@click.option("--check", type=int, default=200, show_default=True, help="So many cases are checked afterwards.")
def main(
    *, cases: int, agencies: int, technicians: int, seed: int, processes: int, accounts: Path | None, check: int
) -> None:
    """Generate the data, and check a part of them against the portal's own rules."""
    began, now = time.monotonic(), datetime.now(UTC).replace(microsecond=0)
    seed_calendar(range(now.year - YEARS, now.year + 2))
    office, secrets = make_office(agencies, technicians)
    if accounts:
        accounts.write_text(json.dumps(secrets, indent=2))
    tickets = tickets_until(cases, seed, hours_until(now), now)
    chunks = [tickets[first : first + CHUNK] for first in range(0, cases, CHUNK)]
    connections.close_all()
    with ProcessPoolExecutor(processes) as pool:
        events = sum(pool.map(_write, chunks, [office] * len(chunks), [now] * len(chunks)))
    _finish(tickets)
    click.echo(f"{cases} cases, {events} events, {agencies} agencies in {time.monotonic() - began:.0f} s")
    faults = checking.faults(Random(seed), check)
    click.echo("\n".join(faults) or f"{check} cases checked: chains, states, clocks")
    sys.exit(1 if faults else 0)


def hours_until(now: datetime) -> Hours:
    """The office's time of the years that are generated, and of the deadlines after them."""
    return hours_between(date(now.year - YEARS, 9, 1), date(now.year + 1, 12, 31), schedule.calendar())


def tickets_until(cases: int, seed: int, hours: Hours, now: datetime) -> list[Ticket]:
    """One a case, the oldest first: as many in each year as its part of the time."""
    random = Random(seed)
    first, last = hours.total_at(now - timedelta(days=365 * YEARS - 100)), hours.total_at(now)
    begins = sorted(round(random.uniform(first, last)) for _ in range(cases))
    counters: dict[int, int] = {}
    tickets = []
    for number, begin in enumerate(begins, start=1):
        year = hours.moment_at(begin).astimezone(hours.calendar.zone).year
        counters[year] = counters.get(year, 0) + 1
        tickets.append(Ticket(number, year, counters[year], begin, seed * 1_000_003 + number))
    return tickets


def _write(chunk: list[Ticket], office: Office, now: datetime) -> int:
    return write_cases(chunk, office, hours_until(now), now)


def _finish(tickets: list[Ticket]) -> None:
    reset_sequences(*MODELS)
    lasts = {ticket.year: ticket.count for ticket in tickets}
    Counter.objects.bulk_create(
        [Counter(register=name, year=year, last=last) for year, last in lasts.items() for name in ("case", "agenda")]
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    main()
