"""How long a site takes with a certificate by ACME for each name, and with a secondary DNS server: reported only.

The ACME server (Pebble) looks at once, without its usual waiting at random; it proves control by DNS-01. The secondary
is another Knot, which hears of a change from Panggon's own.
"""

import statistics
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.machine import ZONE, running, spec
from demo.ports import free_port
from tests.drivers import pebble, secondary


@dataclass(frozen=True)
class Around:
    """Who else is there."""

    acme: bool
    secondary: bool

    def __str__(self) -> str:
        names = {"ACME for each name": self.acme, "a secondary DNS server": self.secondary}
        return " and ".join(name for name, there in names.items() if there)

    def __call__(self, base: Path, settings: dict[str, Any]) -> AbstractContextManager[None]:
        return _beside(self, base, settings)


@dataclass(frozen=True)
class Took:
    """Seconds from a wish to the last proof."""

    around: Around
    median: float
    longest: float


def chosen(*, acme: bool, secondary: bool) -> tuple[Around, ...]:
    """Each that was asked for alone, and then both."""
    each = (Around(acme, secondary=False), Around(acme=False, secondary=secondary), Around(acme, secondary))
    return tuple(dict.fromkeys(around for around in each if str(around)))


def measure(around: Around, samples: int) -> Took:
    """On a machine of its own with no other site: none of it grows with their number."""
    with running(around) as machine:
        machine.make(spec(0))  # the account at the ACME server
        took = []
        for number in range(1, samples + 1):
            began = time.perf_counter()
            machine.make(spec(number))
            took.append(time.perf_counter() - began)
    return Took(around, statistics.median(took), max(took))


@contextmanager
def _beside(around: Around, base: Path, settings: dict[str, Any]) -> Iterator[None]:
    dns, port = settings["dns"], settings["dns"]["port"]
    with ExitStack() as stack:
        if around.secondary:
            other: dict[str, Any] = {"address": "127.0.0.1", "port": free_port()}
            dns |= {"servers": [*dns["servers"], other], "secondaries": [other]}
            stack.enter_context(secondary.serving(base / "secondary", ZONE, port=other["port"], primary=port))
        if around.acme:
            server = stack.enter_context(pebble.serving(base / "acme", dns_port=port))
            paths = {"ca": str(server.ca), "roots": str(server.roots)}
            settings["tls"] = {"issuer": "acme", "directory": server.directory, **paths}
        yield
