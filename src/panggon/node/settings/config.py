"""The node's own settings, `node.toml`: what this machine is, and the bounds of what a portal may ask of it.

Everything has a default fit for production, except the zone and the addresses of the sites. Documented in
`docs/node.md`.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from panggon import file_words
from panggon.core.errors import Fault, InvalidError
from panggon.core.sites import outgoing
from panggon.core.sites.kinds import origin
from panggon.core.sites.spec import SITE_ID, SITES_MOST, SiteKind
from panggon.node.settings import rules, tables
from panggon.node.settings.rules import AbsolutePath, Address, Host, Port, ShortPath, Target, Text, Truth

DEFAULT_PATH = Path("/etc/panggon/node.toml")
# Small servers of the node's own, each the one owner of something; they need nobody to start.
OWNERS = ("logs", "tasks", "databases", "renewal")
SERVERS = ("mariadb", "postgresql", "sockets", "knot", "sshd", "nginx", *OWNERS)
UID_MOST = 2_147_483_647  # where systemd's own ranges begin again (systemd.io/UIDS-GIDS)

Number = Annotated[int, rules.number(1, SITES_MOST)]
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 -- public servers


@dataclass(frozen=True, slots=True)
class Endpoint:
    address: Address
    port: Port = 53


@dataclass(frozen=True, slots=True)
class NameServer:
    """One of the names that the zone calls its servers by."""

    name: Host
    address: Address


@dataclass(frozen=True, slots=True)
class Paths:
    root: ShortPath = Path("/srv/panggon")
    state: AbsolutePath = Path("/var/lib/panggon")
    run: ShortPath = Path("/run/panggon")
    etc: AbsolutePath = Path("/etc/panggon")
    userdb: AbsolutePath = Path("/etc/userdb")
    logs: AbsolutePath = Path("/var/log/panggon")


@dataclass(frozen=True, slots=True)
class Sites:
    """The sites that this machine takes; a portal that was broken into cannot ask for others. A site must have been
    parked for `purge_days` before it may be purged.
    """

    uid_base: Annotated[int, rules.number(100_000, UID_MOST - SITES_MOST)] = 1_900_000_000
    first_site: Number = 1
    last_site: Number = 799_999
    kinds: tuple[Annotated[str, rules.choice(*SiteKind)], ...] = tuple(map(str, SiteKind))
    purge_days: Annotated[int, rules.number(1, 3650)] = 30


@dataclass(frozen=True, slots=True)
class Web:
    addresses: tuple[Address, ...] = EVERYWHERE
    http_port: Port = 80
    https_port: Port = 443
    probe_address: Address = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class ProxyTarget:
    """A server that sites of kind proxy may lead to: as specs name it, and the address where it is. No name is ever
    looked up, so that nobody who changes a name leads visitors elsewhere.
    """

    url: Annotated[str, rules.proxy_target]
    address: Address


@dataclass(frozen=True, slots=True)
class Proxies:
    """`ca`: the certificates that are trusted for targets with https."""

    targets: tuple[ProxyTarget, ...] = ()
    ca: AbsolutePath = Path("/etc/ssl/certs/ca-certificates.crt")


@dataclass(frozen=True, slots=True)
class Tls:
    """`directory` and `contact` are for ACME, `ca` the authority of that server's own certificate. `roots` are those
    that the sites' certificates chain to, unless they are the machine's own. `certificate` and `key` are what was
    bought. `caa` is the issuer's name in CAA records.
    """

    issuer: Annotated[str, rules.choice("local", "acme", "wildcard", "bought")] = "local"
    challenge: Annotated[str, rules.choice("dns-01", "http-01")] = "dns-01"
    directory: Text = ""
    contact: Text = ""
    ca: AbsolutePath | None = None
    roots: AbsolutePath = Path("/etc/ssl/certs/ca-certificates.crt")
    certificate: AbsolutePath | None = None
    key: AbsolutePath | None = None
    caa: Annotated[str, rules.host] = ""


@dataclass(frozen=True, slots=True)
class Dns:
    """`servers`: the first takes the updates, all are asked for proofs. `addresses` and `port` are what Panggon's own
    Knot listens on, `name_servers` what its zone calls its servers, `secondaries` who may fetch the zone from it and is
    told of each change. `ipv4` and `ipv6` are where the sites' names lead, `own_names` others that lead there too.
    """

    zone: Host
    servers: tuple[Endpoint, ...] = (Endpoint("127.0.0.1"),)
    addresses: tuple[Address, ...] = EVERYWHERE
    port: Port = 53
    name_servers: tuple[NameServer, ...] = ()
    secondaries: tuple[Endpoint, ...] = ()
    key_name: Text = "panggon"
    secret_file: AbsolutePath | None = None
    ipv4: tuple[Annotated[str, rules.address(4)], ...] = ()
    ipv6: tuple[Annotated[str, rules.address(6)], ...] = ()
    own_names: tuple[Host, ...] = ()
    ttl: Annotated[int, rules.number(30, 86400)] = 300
    signed: Truth = True


@dataclass(frozen=True, slots=True)
class Database:
    buffer_mebibytes: Annotated[int, rules.number(16, 1_048_576)] = 128
    connections: Annotated[int, rules.number(10, 100_000)] = 500


@dataclass(frozen=True, slots=True)
class Postgresql:
    buffer_mebibytes: Annotated[int, rules.number(16, 1_048_576)] = 128
    connections: Annotated[int, rules.number(10, 10_000)] = 200


@dataclass(frozen=True, slots=True)
class Sftp:
    addresses: tuple[Address, ...] = EVERYWHERE
    port: Port = 2022


@dataclass(frozen=True, slots=True)
class Logs:
    """Bounds of each log of a site: all its files together, and the age of the oldest line."""

    site_mebibytes: Annotated[int, rules.number(1, 10_240)] = 20
    days: Annotated[int, rules.number(1, 3650)] = 30


@dataclass(frozen=True, slots=True)
class Tasks:
    """`zone` is the time zone of the schedules of sites."""

    zone: Annotated[str, rules.time_zone] = "Asia/Jakarta"


@dataclass(frozen=True, slots=True)
class Protections:
    require_all: Truth = True


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A policy of outgoing traffic that specs may name on this machine; `core.sites.outgoing` says what a target is."""

    name: Annotated[str, rules.matching(outgoing.NAME, "huruf kecil, angka, tanda hubung")]
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Portal:
    """`url` replaces the one that was kept at enrolment; `ca` is the certificate file of the portal's own authority."""

    url: Text = ""
    ca: AbsolutePath | None = None


@dataclass(frozen=True, slots=True)
class Services:
    """The servers that Panggon itself runs here, in the order in which they are started."""

    run: tuple[Annotated[str, rules.choice(*SERVERS)], ...] = SERVERS


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """`simulate` keeps the whole machine in a file instead: nothing real is touched."""

    dns: Dns
    paths: Paths = Paths()
    sites: Sites = Sites()
    web: Web = Web()
    tls: Tls = Tls()
    database: Database = Database()
    postgresql: Postgresql = Postgresql()
    sftp: Sftp = Sftp()
    logs: Logs = Logs()
    tasks: Tasks = Tasks()
    protections: Protections = Protections()
    portal: Portal = Portal()
    services: Services = Services()
    outgoing: tuple[Outgoing, ...] = ()
    proxies: Proxies = Proxies()
    simulate: Truth = False

    def takes(self, site: str) -> bool:
        """Whether a site of this number may live here."""
        known = SITE_ID.fullmatch(site) is not None
        return known and self.sites.first_site <= int(site[1:]) <= self.sites.last_site

    @property
    def policies(self) -> Mapping[str, tuple[str, ...]]:
        """The targets of every policy of outgoing traffic that a spec may name here."""
        return {**outgoing.BUILT_IN, **{each.name: each.targets for each in self.outgoing}}

    @property
    def proxy_addresses(self) -> tuple[tuple[str, str], ...]:
        """Address and port of each target that sites may lead to."""
        return tuple((each.url, _endpoint(each.address, origin(each.url)[2])) for each in self.proxies.targets)

    @property
    def tsig_secret(self) -> Path:
        return self.dns.secret_file or self.paths.etc / "tsig.secret"


def load(path: Path) -> NodeConfig:
    """The settings in a TOML file. Raises InvalidError with every fault, each a sentence for `node.fault_words`."""
    try:
        return parse(tomllib.loads(path.read_text()))
    except OSError as error:
        raise InvalidError((tables.fault(str(path), f"tidak dapat dibaca: {file_words.reason(error)}"),)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidError((tables.fault(str(path), f"bukan TOML yang benar: {file_words.place(error)}"),)) from error


def parse(document: Mapping[str, Any]) -> NodeConfig:
    config = tables.read(NodeConfig, document)
    if faults := _contradictions(config):
        raise InvalidError(faults)
    return config


def _contradictions(config: NodeConfig) -> tuple[Fault, ...]:
    """What is wrong only in combination."""
    dns, sites, run = config.dns, config.sites, config.services.run
    listening = {"web": config.web.addresses, "sftp": config.sftp.addresses, "dns": dns.addresses}
    lost = "tidak termasuk alamat yang didengarkan server di mesin ini"
    found = [
        ("nginx" in run and not _hears(config.web.addresses, config.web.probe_address), "web.probe_address", lost),
        (not (dns.ipv4 or dns.ipv6), "dns.ipv4", "isi ipv4 atau ipv6, ke sanalah nama situs diarahkan"),
        (not dns.servers, "dns.servers", "isi paling sedikit satu server"),
        *_contradictions_of_tls(config.tls),
        (sites.first_site > sites.last_site, "sites.last_site", "harus tidak kurang dari sites.first_site"),
        (len(set(run)) < len(run), "services.run", "menyebut satu server dua kali"),
        (
            len(config.policies) < len(outgoing.BUILT_IN) + len(config.outgoing),
            "outgoing",
            "satu nama dipakai dua kali",
        ),
        *((not own, f"{name}.addresses", "isi paling sedikit satu alamat") for name, own in listening.items()),
    ]
    return tuple(tables.fault(where, why) for wrong, where, why in found if wrong)


def _contradictions_of_tls(tls: Tls) -> tuple[tuple[bool, str, str], ...]:
    acme = tls.issuer in ("acme", "wildcard")
    bought = tls.issuer == "bought" and not (tls.certificate and tls.key)
    return (
        (acme and not tls.directory.startswith("https://"), "tls.directory", "isi alamat https:// server ACME"),
        (tls.issuer == "wildcard" and tls.challenge != "dns-01", "tls.challenge", "wildcard hanya dengan dns-01"),
        (bought, "tls.certificate", "isi certificate dan key: berkas sertifikat yang dibeli"),
    )


def _endpoint(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _hears(addresses: tuple[str, ...], address: str) -> bool:
    """Whether a server that listens on these is reached under this one; `::` does not hear IPv4 here."""
    return address in addresses or ("::" if ":" in address else "0.0.0.0") in addresses  # noqa: S104 -- a wildcard
