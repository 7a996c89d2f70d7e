"""What visitors get from a site of ours and from plain nginx with php-fpm, in turns on the same machine.

`python -m bench.answering --sites 1` (root; two minutes): kept-alive and new TLS connections, static and PHP, and the
first request of a PHP site that sleeps. `python -m bench.node` measures the same with thousands of sites there.
"""

import statistics
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import click

from bench import ending, usual
from bench.machine import Machine, described, running, spec
from bench.pressing import Pressed, pressed
from bench.serving import cpu_seconds
from panggon.core.sites.spec import Limits, SiteSpec
from panggon.drivers import runtime
from panggon.drivers.nginx import visit
from panggon.node import layout

# Many short ones: how the connections of one round are spread over a server's workers is chance.
ROUNDS, SECONDS = 15, 1
WAKINGS = 15
STATIC_CLIENTS, PHP_CLIENTS = 16, 4
FIRST_SECONDS = 0.06
# Both of those that are kept are there again by then, where the machine can have any.
SPARES_SECONDS = 1.5
WORSE_P99 = 1.2
# What works for a request of ours: the logs' owner reads every line.
BEHIND = ("nginx", "sockets", "logs")
OURS, PLAIN, CACHED = "panggon", "nginx", "nginx with file cache"


@dataclass(frozen=True)
class Question:
    """What is asked, and the least share of each other server's rate that ours shall reach."""

    name: str
    path: str
    kept: bool
    clients: int
    least: Mapping[str, float]

    def asked(self, host: str, port: int) -> Pressed:
        return pressed(host, port, self.path, clients=self.clients, kept=self.kept, seconds=SECONDS)


QUESTIONS = (
    Question("static, kept connections", "/halaman.html", True, STATIC_CLIENTS, {PLAIN: 1.1, CACHED: 0.85}),
    Question("static, new connections", "/halaman.html", False, STATIC_CLIENTS, {PLAIN: 0.97}),
    Question("PHP, kept connections", "/", True, PHP_CLIENTS, {PLAIN: 0.95}),
)


@dataclass(frozen=True)
class Place:
    """Where one server is asked; `processes` are its own and those that answer behind it."""

    host: str
    port: int
    processes: tuple[int, ...]

    @property
    def used(self) -> float:
        return sum(map(cpu_seconds, self.processes))


@dataclass(frozen=True)
class Row:
    """Some rounds, by server; `microseconds` of processor an answer: a busy machine changes it least."""

    question: Question
    rounds: Mapping[str, Sequence[Pressed]]
    microseconds: Mapping[str, float]

    @property
    def by_server(self) -> Mapping[str, Pressed]:
        return {name: _median(each) for name, each in self.rounds.items()}

    def share(self, other: str) -> float:
        """The median of the rounds' own: a machine that is slower for a while is so for all that are asked in turn."""
        return statistics.median(ours.rate / theirs.rate for ours, theirs in self._pairs(other))

    def worse(self, other: str) -> float:
        return statistics.median(ours.p99 / theirs.p99 for ours, theirs in self._pairs(other))

    def _pairs(self, other: str) -> Iterable[tuple[Pressed, Pressed]]:
        return zip(self.rounds[OURS], self.rounds[other], strict=True)

    def reached(self) -> bool:
        fast = all(self.share(other) >= least for other, least in self.question.least.items())
        return fast and self.worse(PLAIN) <= WORSE_P99 and not any(each.failed for each in self.by_server.values())


@dataclass(frozen=True)
class Answers:
    """Medians in seconds: a sleeping site's `first` request; the same `in_a_crowd`, when so many sites have just woken
    that no php-fpm started in advance is left; plain `php`-fpm from its start to its first answer.
    """

    rows: tuple[Row, ...]
    first: float
    in_a_crowd: float
    php: float

    def reached(self) -> bool:
        return self.first < FIRST_SECONDS and all(row.reached() for row in self.rows)


@click.command()
@click.option("--sites", type=int, default=1, show_default=True, help="Sites that are there.")
def main(*, sites: int) -> None:
    """Measure; exit status 1 when a target is missed."""
    ending.once()
    click.echo(described())
    with running() as machine:
        missing = machine.missing()
        machine.fill(range(sites))
        answers = measure(machine, spec(sites))
    show(answers)
    sys.exit(0 if answers.reached() and not missing else 1)


def measure(machine: Machine, site: SiteSpec) -> Answers:
    """The site is made for it: with processor time for all that is asked, as the other servers have."""
    site = replace(site, database=None, limits=Limits(cpu_percent=400))
    machine.make(site)
    machine.put_pages(site)
    with usual.serving(1) as plain, usual.serving(1, kept_files=True) as cached:
        beside = {PLAIN: plain, CACHED: cached}
        places = {
            OURS: Place(site.host, machine.config.web.https_port, tuple(map(machine.pid, BEHIND))),
            **{name: Place(usual.HOST.format(number=0), it.port, it.processes) for name, it in beside.items()},
        }
        rows = tuple(_row(question, places) for question in QUESTIONS)
        starts = [(*_wakings(machine, site), usual.started(plain)) for _ in range(WAKINGS)]
    return Answers(rows, *map(statistics.median, zip(*starts, strict=True)))


def _row(question: Question, places: Mapping[str, Place]) -> Row:
    asked = {name: place for name, place in places.items() if name == OURS or name in question.least}
    found: dict[str, list[Pressed]] = {name: [] for name in asked}
    before = {name: place.used for name, place in asked.items()}
    for _ in range(ROUNDS):
        for name, place in asked.items():
            found[name].append(question.asked(place.host, place.port))
    spent = {
        name: (place.used - before[name]) / sum(each.rate * SECONDS for each in found[name]) * 1e6
        for name, place in asked.items()
    }
    return Row(question, found, spent)


def _median(found: Iterable[Pressed]) -> Pressed:
    rates, p99s, failed, busy = zip(*((each.rate, each.p99, each.failed, each.busy) for each in found), strict=True)
    return Pressed(statistics.median(rates), statistics.median(p99s), sum(failed), statistics.median(busy))


def _wakings(machine: Machine, site: SiteSpec) -> tuple[float, float]:
    """Seconds of a first request as a rule, with a spare there, and of one without."""
    time.sleep(SPARES_SECONDS)
    first = _waking(machine, site)
    while _spares(machine):
        _waking(machine, site)
    return first, _waking(machine, site)


def _spares(machine: Machine) -> int:
    return int(runtime.ask(layout.socket_settings(machine.config).control, do="about")["spares"])


def _waking(machine: Machine, site: SiteSpec) -> float:
    """Seconds of the first request, over a connection of its own."""
    runtime.ask(layout.socket_settings(machine.config).control, do="stop", site=site.site)
    began = time.perf_counter()
    answer = visit.get(machine.door, site.host, "/")
    if answer.status != 200:
        raise RuntimeError(f"{site.host} answers {answer.status}")
    return time.perf_counter() - began


def show(answers: Answers) -> None:
    click.echo(f"{'':26} {OURS:>22} {PLAIN:>22} {CACHED:>22}  shares (least)")
    for row in answers.rows:
        by_server = row.by_server
        cells = {name: by_server.get(name) for name in (OURS, PLAIN, CACHED)}
        seen = " ".join(f"{each.rate:9.0f}/s p99 {each.p99:5.1f} ms" if each else " " * 22 for each in cells.values())
        shares = ", ".join(f"{row.share(name):.2f} ({least})" for name, least in row.question.least.items())
        failed = sum(each.failed for each in cells.values() if each)
        click.echo(f"{row.question.name:26} {seen}  {shares}, p99 x {row.worse(PLAIN):.2f}, {failed} failed")
        spent = " ".join(f"{row.microseconds[name]:19.0f} us" if name in row.microseconds else "" for name in cells)
        asking = ", ".join(f"{each.busy:.0%}" for each in cells.values() if each)
        click.echo(f"{'':26} {spent}  of processor an answer; who asks has one to himself, busy {asking}")
    first, crowd, php = (1000 * each for each in (answers.first, answers.in_a_crowd, answers.php))
    click.echo(
        f"first request of a sleeping PHP site: {first:.0f} ms (60), when many wake at once {crowd:.0f} ms; ", nl=False
    )
    click.echo(f"plain php-fpm from its start: {php:.0f} ms")


if __name__ == "__main__":
    main()
