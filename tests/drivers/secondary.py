"""A secondary DNS server as somebody else runs it: it fetches the zone from Panggon's own Knot."""

import grp
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.exception
import dns.flags
import dns.message
import dns.query

from panggon.drivers.system import files, shell
from panggon.node.servers import Server, knot
from tests.drivers.running import running


@contextmanager
def serving(place: Path, zone: str, *, port: int, primary: int) -> Iterator[shell.Process]:
    """On loopback, as its primary is. It may be started first: it asks until the primary answers."""
    user, group = pwd.getpwnam(knot.USER).pw_uid, grp.getgrnam(knot.USER).gr_gid
    files.directory(place, mode=0o750, uid=user, gid=group)
    path = place / "knot.conf"
    path.write_text(f"""server:
    rundir: "{place}"
    user: {knot.USER}:{knot.USER}
    listen: 127.0.0.1@{port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: info
database:
    storage: "{place}"
remote:
  - id: primary
    address: 127.0.0.1@{primary}
acl:
  - id: notices
    address: 127.0.0.1
    action: notify
zone:
  - domain: {zone}
    storage: "{place}"
    master: primary
    acl: notices
    retry-max-interval: 1
""")
    server = Server("secondary", ("knotd", "-c", str(path)), place / "log", lambda: _listens(zone, port))
    with running(server) as process:
        yield process


def _listens(zone: str, port: int) -> bool:
    try:
        dns.query.udp(dns.message.make_query(zone, "SOA", flags=0), "127.0.0.1", port=port, timeout=0.2)
    except (OSError, dns.exception.DNSException):
        return False
    return True
