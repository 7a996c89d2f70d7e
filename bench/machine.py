"""A hosting machine of its own for measurements: the real servers on loopback, below /srv, gone afterwards."""

import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bench.watching import may_go_first
from demo.ports import free_port
from panggon.core.node.planning.desired import desired
from panggon.core.node.planning.journal import Finished, Outcome, Started, Word
from panggon.core.node.planning.plan import make
from panggon.core.node.planning.resources import Key, Kind, absent
from panggon.core.sites import spec_document
from panggon.core.sites.spec import Engine, Profile, SiteSpec, SiteState
from panggon.drivers import user
from panggon.drivers.nginx.visit import Door
from panggon.engine import journal_file
from panggon.node import layout, protections, runs, wiring
from panggon.node.agent.forms import Forms
from panggon.node.settings import config
from panggon.node.settings.config import NodeConfig
from panggon.node.sites import Sites
from panggon.node.state import records
from panggon.node.supervision import services

ZONE = "kota.example"
UID_BASE, FIRST, MOST = 1_900_000_000, 970_001, 9_999
READY = "semua server siap\n"
STOP_SECONDS = 60
AT_A_TIME = 6
SECOND = 10_000  # the number of the first site of a machine that is there beside another
PAGE = "<?php echo 'situs ', getmyuid();"
STATIC = "<!doctype html><title>Halaman</title>" + "<p>Isi situs.</p>" * 300  # 5 kB


def _processor_times() -> tuple[int, ...]:
    """Of all processors, in ticks: for users, nice, system, idle, waiting, interrupts, soft ones, stolen."""
    return tuple(map(int, Path("/proc/stat").read_text().partition("\n")[0].split()[1:9]))


BEGAN, STOLEN = _processor_times(), 7


def spec(number: int, **changes: Any) -> SiteSpec:
    """The `number`-th site (from 0): PHP with a database, open."""
    made = SiteSpec(
        site=f"s{FIRST + number}",
        host=f"situs-{number}.{ZONE}",
        state=SiteState.OPEN,
        generation=1,
        profile=Profile.FRONT_CONTROLLER,
        database=Engine.MARIADB,
    )
    return replace(made, **changes)


@dataclass(frozen=True)
class Machine:
    """`sites` is what the agent works with; `door` is where visitors come in."""

    config: NodeConfig
    sites: Sites
    door: Door
    command: tuple[str, ...]  # the command line of the node

    def fill(self, numbers: range) -> None:
        """Sites by their drivers alone, without proofs: what is there already when one is made. Journal and record say
        that they were made in the usual way.
        """
        drivers = wiring.drivers(self.config, {})

        def write(wished: SiteSpec) -> None:
            for key, attributes in desired(wished, self.sites.facts):
                drivers[key.kind].write(key, attributes)
            self.put_pages(wished)
            self._record(wished)

        with ThreadPoolExecutor(AT_A_TIME) as pool, patch("os.fsync"):  # they need to survive nothing
            list(pool.map(write, map(spec, numbers)))

    def _record(self, wished: SiteSpec) -> None:
        plan = make(wished, self.sites.facts, [absent(key) for key, _ in desired(wished, self.sites.facts)])
        state, now = self.config.paths.state, datetime.now(UTC)
        with journal_file.writing(state / "journal" / f"{wished.site}.jsonl") as journal:
            journal.append(Started(plan, 0, now))
            journal.append(Finished(Outcome(Word.APPLIED, (), None, now)))
        records.save(state / "specs" / f"{wished.site}.json", spec_document.dump(wished))

    def put_pages(self, site: SiteSpec) -> None:
        public = self.config.paths.root / "sites" / site.site / "public"
        (public / "index.php").write_text(PAGE)
        (public / "halaman.html").write_text(STATIC)

    def make(self, wished: SiteSpec) -> None:
        """As the agent does with a wish: plan, write under a journal, prove. RuntimeError when that did not hold."""
        with runs.planned(self.sites, wished) as planned:
            outcome = planned.carry_out()
        if outcome.problem:
            raise RuntimeError(f"{wished.site}: {outcome.problem}")

    def pid(self, server: str) -> int:
        return self.servers()[server]

    def missing(self) -> tuple[str, ...]:
        """What keeps sites apart and cannot be had here, but for what a file system cannot count; told at once, because
        figures without it are those of another product.
        """
        reduced = protections.reduced(self.config)
        found = tuple(each for each in reduced if each.partition(":")[0] not in (protections.DISK, protections.FILES))
        for each in found:
            sys.stderr.write(f"WITHOUT {each}; see script/delegated\n")
        return found

    def servers(self) -> dict[str, int]:
        """The process of each, by its name."""
        rows = services.recorded(self.config.paths.run / services.RECORD)
        return {row["name"]: int(row["pid"]) for row in rows}


def described() -> str:
    """The machine that a figure is worth nothing without."""
    model = next(
        (line.partition(": ")[2] for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30
    system = f"{platform.system()} {platform.release()}"
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    waits = "" if may_go_first() else ", where who measures waits for a processor like others"
    now, taken = time.strftime("%F %H:%M"), _taken_by_other_machines()
    words = f"load {load}, {taken:.1%} of its time taken by other machines since it began"
    return f"{model}, {os.cpu_count()} processors, {memory} GiB, {system}, {words}, {now}{waits}"


def _taken_by_other_machines() -> float:
    """Part of the time of all processors, since the measurement began: of a virtual one the host may take much, and of
    that no figure of this machine's own tells (proc_stat(5), steal).
    """
    passed = [now - before for now, before in zip(_processor_times(), BEGAN, strict=True)]
    return passed[STOLEN] / (sum(passed) or 1)


def alone(_base: Path, _settings: dict[str, Any]) -> AbstractContextManager[None]:
    """Nobody else is there."""
    return nullcontext()


@contextmanager
def running(
    around: Callable[[Path, dict[str, Any]], AbstractContextManager[None]] = alone, *, first: int = 0
) -> Iterator[Machine]:
    """`around` starts what other people run, below the machine's directory, and says so in its settings; its sites have
    numbers from `first` on.
    """
    base = Path(f"/srv/panggon-bench-{os.getpid()}-{first}")
    base.mkdir(mode=0o755)
    try:
        settings = _settings(base, FIRST + first)
        with around(base, settings):
            (base / "node.toml").write_text(_toml(settings))
            command = (str(Path(sys.executable).with_name("panggon-node")), "--config", str(base / "node.toml"))
            with _supervised(command):
                made = config.parse(settings)
                sites, door = Sites.of(made), Door("127.0.0.1", made.web.https_port, layout.roots(made))
                list(Forms(sites).go_on())  # as its first agent does, long before there are any
                yield Machine(made, sites, door, command)
    finally:
        _remove_users(range(FIRST + first, FIRST + first + MOST))
        shutil.rmtree(base)


@contextmanager
def _supervised(command: tuple[str, ...]) -> Iterator[None]:
    argv = [*command, "services", "run"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as supervisor:
        assert supervisor.stdout
        said: list[str] = []
        for line in supervisor.stdout:
            said.append(line)
            if line == READY:
                break
        else:
            raise RuntimeError("".join(said))
        try:
            yield
        finally:
            supervisor.send_signal(signal.SIGTERM)
            supervisor.stdout.read()
            supervisor.wait(STOP_SECONDS)


def _settings(base: Path, first: int) -> dict[str, Any]:
    dns = free_port()
    return {
        "paths": {name: str(base / name) for name in ("root", "state", "run", "etc", "logs")},
        "sites": {"uid_base": UID_BASE, "first_site": first, "last_site": first + MOST - 1},
        "web": {"addresses": ["127.0.0.1"], "http_port": free_port(), "https_port": free_port()},
        "dns": {
            "zone": ZONE,
            "servers": [{"address": "127.0.0.1", "port": dns}],
            "addresses": ["127.0.0.1"],
            "port": dns,
            "ipv4": ["127.0.0.1"],
        },
        "sftp": {"addresses": ["127.0.0.1"], "port": free_port()},
        "protections": {"require_all": False},
    }


def _toml(settings: dict[str, Any]) -> str:
    lines = []
    for table, members in settings.items():
        lines += [f"[{table}]", *(f"{name} = {_value(value)}" for name, value in members.items())]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_value(member)}" for name, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _remove_users(sites: range) -> None:
    driver = user.UserDriver(user.Settings(Path("/etc/userdb"), UID_BASE), lambda _: None)
    for record in Path("/etc/userdb").glob("s9?????.group"):
        if int(record.stem[1:]) in sites:
            driver.write(Key(Kind.USER, record.stem), None)
