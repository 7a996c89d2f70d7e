"""A private ACME server (Pebble): it checks challenges as a public one does, against the test's own DNS and nginx."""

import json
import ssl
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from demo.ports import free_port
from panggon.drivers.certificates import authority
from panggon.node.servers import Server
from tests.drivers.running import running


@dataclass(frozen=True)
class Pebble:
    """`ca` is the authority of the server itself, `roots` that of the certificates it issues."""

    directory: str
    ca: Path
    roots: Path
    pid: int
    management: int


@contextmanager
def serving(place: Path, *, dns_port: int, http_port: int = 0, life_seconds: int = 7_776_000) -> Iterator[Pebble]:
    place.mkdir()
    own = authority.create_authority(place / "ca", now=datetime.now(UTC))
    bundle = authority.issue(own, "localhost", now=datetime.now(UTC)).decode()
    where = bundle.index("-----BEGIN PRIVATE KEY")
    (place / "cert.pem").write_text(bundle[:where])
    (place / "key.pem").write_text(bundle[where:])
    port, management = free_port(), free_port()
    settings = {
        "listenAddress": f"127.0.0.1:{port}",
        "managementListenAddress": f"127.0.0.1:{management}",
        "certificate": str(place / "cert.pem"),
        "privateKey": str(place / "key.pem"),
        "httpPort": http_port or free_port(),
        "tlsPort": free_port(),
        "ocspResponderURL": "",
        "externalAccountBindingRequired": False,
        "certificateValidityPeriod": life_seconds,
    }
    (place / "pebble.json").write_text(json.dumps({"pebble": settings}))
    argv = ("pebble", "-config", str(place / "pebble.json"), "-dnsserver", f"127.0.0.1:{dns_port}")
    # Without waiting at random before it looks, and without refusing nonces at random.
    quick = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"}
    server = Server("pebble", argv, place / "log", lambda: bool(_root(management)), environment=quick)
    with running(server) as process:
        (place / "roots.pem").write_bytes(_root(management))
        yield Pebble(f"https://localhost:{port}/dir", own.certificate, place / "roots.pem", process.pid, management)


def status(management: int, serial: int) -> dict[str, Any]:
    """What the server says of a certificate that it has issued."""
    return dict(json.loads(_told(management, f"cert-status-by-serial/{serial:x}")))


def _root(management: int) -> bytes:
    try:
        return _told(management, "roots/0")
    except OSError:
        return b""


def _told(management: int, path: str) -> bytes:
    unverified = ssl._create_unverified_context()
    with urllib.request.urlopen(f"https://127.0.0.1:{management}/{path}", context=unverified, timeout=2) as answer:
        return bytes(answer.read())
