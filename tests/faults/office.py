"""The people of the stack at their work, and the machine below them."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg

from demo import postgres, steps
from demo.clients import SftpClient
from demo.people import Person
from demo.proofs import Target
from demo.steps import Course
from panggon.core.sites.spec import Engine, SiteKind, SiteSpec, SiteState
from tests.faults.machine import Machine
from tests.stack import Stack
from tests.waiting import until

WITNESS = 5000  # far above what the portal gives out in a test
PAGES = {
    "index.html": "<p>tetap ada</p>",
    "hidup.php": "<?php echo 'hidup ' . posix_getuid();",
    **dict.fromkeys(
        ("setelan.php.bak", "setelan.php~", "setelan.PHP", "setelan.php_old", "setelan.phtml"), "<?php // rahasia"
    ),
}


@dataclass
class Office:
    stack: Stack
    machine: Machine = field(init=False)
    people: dict[str, Person] = field(init=False)

    def __post_init__(self) -> None:
        self.machine = Machine(self.stack.layout, self.stack.layout.node_config)
        self.people = {role: Person(account, self.stack.portal) for role, account in self.stack.accounts.items()}

    def submitted(self) -> Course:
        """A new case, submitted by its OPD."""
        layout = self.stack.layout
        settings = {
            "portal": self.stack.portal,
            "simulation": False,
            "ports": layout.ports,
            "sftp_host_key": str(layout.sftp_host_key),
            "authority": str(layout.hosting / "etc" / "ca.pem"),
            "keys": str(layout.state / "keys"),
        }
        course = Course(self.people, settings)
        steps._submit(course)
        return course

    def verified(self) -> Course:
        """One that the technician may call complete."""
        course = self.submitted()
        course.press(2, "registrar", "Terima Surat", {"agenda_number": course.number})
        course.press(2, "head", "Terbitkan Disposisi")
        course.press(3, "division_head", "Teruskan ke Petugas Teknis")
        return course

    def complete(self, course: Course) -> None:
        course.press(4, "technician", "Nyatakan Lengkap", steps._everything_met, link="Periksa Kelengkapan")

    def sees(self, course: Course, words: str) -> bool:
        """Whether the technician's page says so now; False while there is no page."""
        try:
            return words in self.people["technician"].case(course.number).html
        except (httpx.HTTPError, steps.DemoError):
            return False

    def target(self, course: Course) -> Target:
        found = steps.target_of(course)
        assert found is not None
        return found

    def sql(self, statement: str, *values: Any) -> list[Any]:
        url = postgres.url(self.stack.layout.state / "postgres", self.stack.ports["postgres"])
        with psycopg.connect(url) as session:
            return session.execute(statement, values).fetchall()

    def spec_of(self, target: Target) -> SiteSpec:
        return SiteSpec(target.site, target.host, SiteState.PREPARED, 1, database=Engine.MARIADB)

    def open_site(self, number: int, **members: Any) -> "OpenSite":
        """A site beside those of the portal, open to the world, its owner's key installed."""
        spec = self.machine.opened(self.machine.spec(number, kind=SiteKind.PHP, **members))
        ended = self.machine.apply(spec)
        assert ended["outcome"] == "applied", ended
        return OpenSite(self.machine, spec)


@dataclass
class OpenSite:
    machine: Machine
    spec: SiteSpec

    @property
    def sftp(self) -> SftpClient:
        port, layout = self.machine.layout.ports["sftp"], self.machine.layout
        known = layout.state / "known_hosts"
        known.write_text(f"[127.0.0.1]:{port} {layout.sftp_host_key.read_text()}")
        return SftpClient("127.0.0.1", port, self.spec.site, self.machine.key, known)

    def upload(self, folder: Path) -> None:
        """Everything in the folder, into `public`."""
        commands = [f"put -R {path} /public/" for path in sorted(folder.iterdir())]
        worked, words = self.sftp.batch(*commands)
        assert worked, words[-2000:]


@dataclass
class Visits:
    """What visitors of a site met while something was broken."""

    count: int = 0
    failures: list[str] = field(default_factory=list)


@contextmanager
def visitors(site: OpenSite) -> Iterator[Visits]:
    """Someone asks for a page and for a PHP page of the site all the time, over new connections."""
    visits, over = Visits(), threading.Event()
    uid = 1_900_000_000 + int(site.spec.site[1:])
    wished = {"/": PAGES["index.html"], "/hidup.php": f"hidup {uid}"}

    def look() -> None:
        while not over.wait(0.1):
            for path, body in wished.items():
                visits.count += 1
                try:
                    answer = site.machine.page(site.spec.host, path)
                    seen = "" if (answer.status, answer.body) == (200, body) else f"{answer.status} {answer.body[:80]}"
                except OSError as error:
                    seen = repr(error)
                if seen:
                    visits.failures.append(f"{time.monotonic():.2f} {path} {seen}")

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield visits
    finally:
        over.set()
        thread.join()


def within(condition: Callable[[], object], what: str) -> None:
    until(condition, what, seconds=90)


def pause(chance: random.Random) -> None:
    time.sleep(chance.uniform(0.05, 0.8))
