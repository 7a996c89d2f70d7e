"""A private Knot DNS: primary of one zone that it signs by itself, changed by signed updates only."""

import base64
import grp
import pwd
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

import dns.exception
import dns.flags
import dns.message
import dns.query

from panggon.drivers.system import files
from panggon.node.servers import Server, make_copy

USER = "knot"
TSIG_KEY = "panggon"


@dataclass(frozen=True, slots=True)
class Settings:
    """`addresses` are listened on; `name_servers` are what the zone calls its servers: name and address. `secondaries`,
    address and port each, are told of every change (RFC 1996) and may fetch the zone, from their address alone.
    """

    zone: str
    addresses: tuple[str, ...]
    port: int
    name_servers: tuple[tuple[str, str], ...]
    data: Path
    run: Path
    configuration: Path
    secret: Path
    log: Path
    secondaries: tuple[tuple[str, int], ...] = ()


def prepare(settings: Settings) -> None:
    """Write the configuration; make the TSIG secret, the database directory and the zone unless they exist."""
    user, group = _ids()
    for folder in (settings.configuration.parent, settings.secret.parent, settings.log.parent):
        files.directory(folder)
    for folder in (settings.run, settings.data, settings.data / "zones"):
        files.directory(folder, mode=0o750, uid=user, gid=group)
    if not settings.secret.exists():
        files.write(settings.secret, base64.b64encode(secrets.token_bytes(32)), mode=0o600)
    zone = settings.data / "zones" / f"{settings.zone}.zone"
    if not zone.exists():
        files.write(zone, _zone(settings), mode=0o640, uid=user, gid=group)
    files.ensure(settings.configuration, _configuration(settings), mode=0o640, gid=group)


def tsig_secret(settings: Settings) -> str:
    """The base64 secret of the key `TSIG_KEY`, for the driver."""
    return settings.secret.read_text().strip()


def server(settings: Settings) -> Server:
    """Started as root, so that it may listen on port 53; it goes on as its own user."""
    return Server(
        name="knot",
        argv=("knotd", "-c", str(settings.configuration)),
        log=settings.log,
        ready=lambda: _answers(settings),
        stop_seconds=20,
    )


def tell_now(settings: Settings) -> tuple[str, ...]:
    """The command after which the server tells secondaries of an update at once, and not a second later.

    Also where there are none: until that second is over, an update that comes in the next whole second waits for its
    end. Knot 3.2 notes in whole seconds when something is due, and is woken only for what is due before all else.
    """
    return ("knotc", "-s", str(settings.run / "knot.sock"), "zone-notify", settings.zone)


def copy(settings: Settings, place: Path) -> None:
    """A whole copy of the running server's data in a new directory, the keys of DNSSEC included. Raises PermanentError
    `shell.failed`.
    """
    draft = settings.data / "backup"  # the server itself writes it, and may write nowhere else
    files.remove_tree(draft)
    ask = ("knotc", "-b", "-c", str(settings.configuration))
    make_copy(*ask, "zone-backup", "+backupdir", str(draft), settings.zone)
    (draft / "zonefiles").rename(draft / "zones")
    shutil.copytree(draft, place)
    files.remove_tree(draft)


def _ids() -> tuple[int, int]:
    return pwd.getpwnam(USER).pw_uid, grp.getgrnam(USER).gr_gid


def _configuration(settings: Settings) -> str:
    # zonefile-sync: a change goes to the journal at once; the zone's file is only brought up to date now and then,
    # so that the cost of a change does not grow with the zone. The journal keeps 20 changes unless told otherwise, and
    # the file would be written anew whenever they are full.
    beside, own = _of_secondaries(settings)
    return f"""server:
    rundir: "{settings.run}"
    user: {USER}:{USER}
    listen: [{", ".join(f"{address}@{settings.port}" for address in settings.addresses)}]
    identity: ""
    version: ""
log:
  - target: stderr
    any: info
database:
    storage: "{settings.data}"
key:
  - id: {TSIG_KEY}
    algorithm: hmac-sha256
    secret: {tsig_secret(settings)}
acl:
  - id: updates
    key: {TSIG_KEY}
    action: [update, transfer]
    update-type: [A, AAAA, CAA, MX, TXT]
{beside}zone:
  - domain: {settings.zone}
    storage: "{settings.data}/zones"
    file: "{settings.zone}.zone"
    zonefile-sync: 1h
    journal-max-depth: 100000
    dnssec-signing: on
    {own}
"""


def _of_secondaries(settings: Settings) -> tuple[str, str]:
    """What stands beside the rule of updates, and in the zone; nothing where there are none."""
    if not settings.secondaries:
        return "", "acl: updates"
    addresses = ", ".join(dict.fromkeys(address for address, _ in settings.secondaries))
    lines = ["  - id: transfers", f"    address: [{addresses}]", "    action: transfer", "remote:"]
    for number, (address, port) in enumerate(settings.secondaries):
        lines += [f"  - id: secondary{number}", f"    address: {address}@{port}"]
    told = ", ".join(f"secondary{number}" for number, _ in enumerate(settings.secondaries))
    return "\n".join(lines) + "\n", f"acl: [updates, transfers]\n    notify: [{told}]"


def _zone(settings: Settings) -> str:
    names = [name for name, _ in settings.name_servers]
    lines = [f"@ SOA {names[0]}. hostmaster.{settings.zone}. 1 3600 900 1209600 300"]
    lines += [f"@ NS {name}." for name in names]
    lines += [f"{name}. {'AAAA' if ':' in address else 'A'} {address}" for name, address in settings.name_servers]
    return f"$ORIGIN {settings.zone}.\n$TTL 3600\n" + "\n".join(lines) + "\n"


def _answers(settings: Settings) -> bool:
    query = dns.message.make_query(settings.zone, "SOA", flags=0)
    try:
        response = dns.query.udp(query, settings.addresses[0], port=settings.port, timeout=0.2)
    except (OSError, dns.exception.DNSException):
        return False
    return bool(response.flags & dns.flags.AA and response.answer)
