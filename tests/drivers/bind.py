"""A private BIND that signs its zone by itself and takes signed updates, as a city may already have one."""

import base64
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.tsig

from demo.ports import free_port
from panggon.drivers.zones.zone import Server, Settings
from panggon.node import servers
from tests.drivers.running import running

KEY = "panggon"


@contextmanager
def serving(place: Path, zone: str, *, views: bool = False) -> Iterator[Settings]:
    """With `views` who signs meets another zone of that name than who only asks."""
    place.mkdir()
    port, secret = free_port(), base64.b64encode(secrets.token_bytes(32)).decode()
    (place / "zone").write_text(
        f"$ORIGIN {zone}.\n$TTL 3600\n@ SOA ns1 hostmaster 1 3600 900 1209600 300\n@ NS ns1\nns1 A 127.0.0.1\n"
    )
    served = f"""zone "{zone}" {{
    type primary; file "zone"; dnssec-policy default; inline-signing yes;
    allow-update {{ key "{KEY}"; }}; allow-transfer {{ 127.0.0.1; }};
}};"""
    if views:
        (place / "other").write_text((place / "zone").read_text())
        inner = served.replace('file "zone"', 'file "other"')
        served = f'view "signed" {{ match-clients {{ key "{KEY}"; }}; {served} }};\nview "rest" {{ {inner} }};'
    (place / "named.conf").write_text(f"""
options {{
    directory "{place}"; pid-file "{place}/pid"; session-keyfile "{place}/session"; recursion no;
    listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; dnssec-validation no;
}};
controls {{ }};
key "{KEY}" {{ algorithm hmac-sha256; secret "{secret}"; }};
{served}
""")
    primary = Server("127.0.0.1", port)
    settings = Settings(zone, primary, (primary,), KEY, secret)
    argv = ("named", "-g", "-n", "1", "-c", str(place / "named.conf"))
    server = servers.Server("bind", argv, place / "log", lambda: _signs(settings))
    with running(server):
        yield settings


def transfer(settings: Settings) -> Iterator[Any]:
    return dns.query.xfr(
        settings.primary.address, settings.zone, port=settings.primary.port, relativize=False, **_key(settings)
    )


def anchor(settings: Settings, path: Path) -> Path:
    """A file by which `delv` believes the zone's own keys."""
    query = dns.message.make_query(settings.zone, "DNSKEY")
    found = dns.query.tcp(query, settings.primary.address, port=settings.primary.port, timeout=60).answer[0]
    keys = [f'"{settings.zone}." static-key {_words(key)};' for key in found if key.flags & 1]
    path.write_text(f"trust-anchors {{ {' '.join(keys)} }};\n")
    return path


def _words(key: Any) -> str:
    text = base64.b64encode(key.key).decode()
    return f'{int(key.flags)} {key.protocol} {int(key.algorithm)} "{text}"'


def _key(settings: Settings) -> dict[str, Any]:
    keyring = {
        dns.name.from_text(settings.key_name): dns.tsig.Key(settings.key_name, settings.secret, settings.algorithm)
    }
    return {"keyring": keyring, "keyname": settings.key_name, "keyalgorithm": settings.algorithm}


def _signs(settings: Settings) -> bool:
    query = dns.message.make_query(settings.zone, "SOA", want_dnssec=True)
    try:
        answer = dns.query.udp(query, "127.0.0.1", port=settings.primary.port, timeout=1).answer
    except (OSError, dns.exception.DNSException):
        return False
    return len(answer) == 2
