"""What other people run beside a hosting machine: an ACME server, a secondary DNS server, a server behind a proxy."""

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from demo.layout import ZONE
from demo.ports import free_port
from panggon.core.sites.kinds import origin
from tests.crash.lives import TARGET
from tests.drivers import pebble, secondary
from tests.faults.machine import Machine
from tests.waiting import until


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Who issues the certificates, and how that is asked for."""

    issuer: str
    challenge: str = "dns-01"

    @property
    def by_name(self) -> bool:
        """Names must lead to the machine before they have records of their own."""
        return self.challenge == "http-01"


ALONE = "alone"
BEHIND = "127.0.0.2"
AROUND = {
    "acme by DNS": Surroundings("acme"),
    "acme by HTTP": Surroundings("acme", "http-01"),
    "wildcard": Surroundings("wildcard"),
}


@contextmanager
def serving(machine: Machine, name: str, place: Path) -> Iterator[None]:
    """The whole machine with what is around it."""
    with ExitStack() as stack:
        stack.enter_context(_behind())
        _told(machine, f'[proxies]\ntargets = [{{ url = "{TARGET}", address = "{BEHIND}" }}]')
        if around := AROUND.get(name):
            place.mkdir()
            machine.beside = dict(_beside(machine, around, stack, place))
        stack.enter_context(machine.serving())
        if around and around.by_name:
            (machine.layout.hosting / "acme" / ".well-known" / "acme-challenge").mkdir(
                parents=True
            )  # as the first order
            machine.update_zone(lambda zone: zone.add(f"*.{ZONE}.", 300, "A", "127.0.0.1"))
        if around and around.issuer == "wildcard":
            until((machine.layout.hosting / "tls" / "_wildcard" / "bundle.pem").exists, "the machine has its wildcard")
        yield


def _beside(machine: Machine, around: Surroundings, stack: ExitStack, place: Path) -> Iterator[tuple[str, int]]:
    """Started before the machine, which asks them at once; name and process of each."""
    ports, machine.secondary = machine.layout.ports, free_port()
    serving = secondary.serving(place / "secondary", ZONE, port=machine.secondary, primary=ports["dns"])
    yield "secondary", stack.enter_context(serving).pid
    acme = stack.enter_context(pebble.serving(place / "pebble", dns_port=ports["dns"], http_port=ports["http"]))
    yield "acme", acme.pid
    machine.roots = acme.roots
    text = machine.config.read_text()
    own = f'{{ address = "127.0.0.1", port = {ports["dns"]} }}'
    other = f'{{ address = "127.0.0.1", port = {machine.secondary} }}'
    assert f"servers = [{own}]" in text
    machine.config.write_text(
        text.replace(f"servers = [{own}]", f"servers = [{own}, {other}]\nsecondaries = [{other}]")
    )
    _told(
        machine,
        f'''[tls]
issuer = "{around.issuer}"
challenge = "{around.challenge}"
directory = "{acme.directory}"
ca = "{acme.ca}"
roots = "{acme.roots}"''',
    )


def _told(machine: Machine, table: str) -> None:
    machine.config.write_text(f"{machine.config.read_text()}\n{table}\n")


class _Answer(BaseHTTPRequestHandler):
    """Says who was asked for, and on whose behalf."""

    def do_GET(self) -> None:
        said = {"host": self.headers["Host"], "path": self.path, "for": self.headers["X-Forwarded-Host"]}
        content = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_words: object) -> None:
        """Nobody reads it."""


@contextmanager
def _behind() -> Iterator[None]:
    with ThreadingHTTPServer((BEHIND, origin(TARGET)[2]), _Answer) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
