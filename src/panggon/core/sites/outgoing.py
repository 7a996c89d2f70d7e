"""Whom the programs of a site may speak to: a policy has a name in the spec, and targets that the node knows.

Whatever the targets say, a site never reaches the machine itself, except at an address that the node's own settings
spell out.
"""

import ipaddress
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
NONE = "none"
WEB = "web"
# What a spec may name on every machine; a machine's settings add others.
BUILT_IN: Mapping[str, tuple[str, ...]] = {NONE: (), WEB: ("*:80", "*:443")}
EVERYBODY = "*"
HOST_NAME = re.compile(r"(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
DNS_PORT = 53
# Addresses that are public by their form and lead to others that need not be: an IPv4 address lies in them.
CARRIERS = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("2002::/16"))
UNICAST = ipaddress.ip_network("2000::/3")  # RFC 4291: outside of it are former kinds, and IPv4 in other clothes
# Answered by the host below a virtual machine, which tells what is the machine's own, certificates and keys among it.
# Elsewhere it is link-local; Azure's is public by its form, the others look like servers of a city's own network: those
# of Alibaba, AWS, Google, Oracle and Scaleway.
PLATFORMS = tuple(
    map(
        ipaddress.ip_address,
        (
            "168.63.129.16",
            "100.100.100.200",
            "fd00:ec2::254",
            "fd20:ce::254",
            "192.0.0.192",
            "fd00:c1::a9fe:a9fe",
            "fd00:42::42",
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Target:
    """One port of: the addresses of a `network`; or whatever the host `name` leads to (`*.` before it: any below it);
    or, with neither, every public address.
    """

    port: int
    network: Network | None = None
    name: str = ""

    def __str__(self) -> str:
        """As `parse` reads it."""
        host = f"[{self.network}]" if self.network and self.network.version == 6 else self.network
        return f"{host or self.name or EVERYBODY}:{self.port}"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a connection wants to go. `own`: the address is this machine's; `names` have led to it."""

    address: Address
    port: int
    own: bool
    names: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    targets: tuple[Target, ...]

    @property
    def ports(self) -> tuple[int, ...]:
        return tuple(sorted({target.port for target in self.targets}))

    @property
    def resolves_all(self) -> bool:
        return any(not target.network and not target.name for target in self.targets)

    def resolves(self, name: str) -> bool:
        """Whether the site may ask what this host name leads to."""
        return self.resolves_all or any(target.name and _is_named(name, target.name) for target in self.targets)

    def allows(self, destination: Destination) -> bool:
        return any(target.port == destination.port and _meant(target, destination) for target in self.targets)


NOBODY = Policy(())


def parse(text: str) -> Target:
    """`*:443`, `surel.kota.example:587`, `*.kota.example:443`, `10.1.2.0/24:443`, `[2001:db8::/32]:443`.

    Raises ValueError with what it must be, in Indonesian.
    """
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535 and int(port) != DNS_PORT):
        raise ValueError(f"{text!r} harus diakhiri titik dua dan nomor port selain {DNS_PORT}, misalnya *:443")
    if host == EVERYBODY:
        return Target(int(port))
    if HOST_NAME.fullmatch(host):
        return Target(int(port), name=host)
    try:
        return Target(int(port), network=ipaddress.ip_network(host.removeprefix("[").removesuffix("]")))
    except ValueError as error:
        raise ValueError(f"{text!r} harus menyebut *, nama host, atau jaringan seperti 10.1.2.0/24") from error


def is_public(address: Address) -> bool:
    """Whether the whole internet means the same by it (RFC 6890): no private, shared, local, or multicast address."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return is_public(address.ipv4_mapped)
        if address not in UNICAST or any(address in carrier for carrier in CARRIERS):
            return False
    return address.is_global and not address.is_multicast and address not in PLATFORMS


def _meant(target: Target, destination: Destination) -> bool:
    address = getattr(destination.address, "ipv4_mapped", None) or destination.address
    if target.network:
        return address in target.network
    if destination.own:
        return False
    if target.name:
        # Who owns the name decides where it leads: to the internet or to a server of the city, never in here.
        inward = address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified
        inward = inward or address in PLATFORMS
        return not inward and any(_is_named(name, target.name) for name in destination.names)
    return is_public(address)


def _is_named(name: str, pattern: str) -> bool:
    lower = name.lower().rstrip(".")
    return lower.endswith(pattern[1:]) if pattern.startswith("*.") else lower == pattern
