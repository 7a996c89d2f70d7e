"""A network namespace without any way out, whose every address leads to sockets that a gate serves (`node.gate`)."""

import contextlib
import ctypes
import ipaddress
import os
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from panggon.core.sites.outgoing import DNS_PORT, Policy, is_public
from panggon.drivers.system import shell

CLONE_NEWNET = 0x40000000
BACKLOG = 128
LOOPBACK = "127.0.0.1"
RESOLVERS = Path("/etc/resolv.conf")
NAME_SERVER = re.compile(r"^\s*nameserver\s+([0-9a-fA-F.:]+)\s*$", re.MULTILINE)
# Any address of documentation would do: nothing is sent, the kernel only looks for a way.
ELSEWHERE_IPV6 = ("2001:db8::1", DNS_PORT)

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Network:
    """`namespace` is a descriptor of it, `sockets` listen in it: one a port of the policy, and two for DNS."""

    namespace: int
    sockets: tuple[socket.socket, ...]

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """What this thread starts meanwhile lives in the network."""
        with entered(self.namespace):
            yield

    def close(self) -> None:
        """The network itself lives as long as a process in it, or a socket."""
        os.close(self.namespace)
        for each in self.sockets:
            each.close()


@contextlib.contextmanager
def entered(namespace: int) -> Iterator[None]:
    """What this thread opens and starts meanwhile lives in the network of this descriptor."""
    with _returning():
        _enter(namespace)
        yield


def make(policy: Policy, *, of: Path | None = None) -> Network:
    """A new one, or the empty one `of` a process (its `ns/net` in proc(5)) made such. Raises OSError or PanggonError
    where this machine gives no such network.
    """
    with_ipv6 = _reaches_ipv6()
    with _returning():
        if of:
            _enter_that(of)
        elif _libc.unshare(CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "unshare")
        # A local route: whatever address is meant, this very namespace has it (ip-route(8), type "local").
        lines = ["link set lo up", "route add local 0.0.0.0/0 dev lo"]
        lines += ["route add local ::/0 dev lo"] if with_ipv6 else []
        shell.check(["ip", "-batch", "-"], stdin="\n".join(lines).encode())
        return Network(_namespace(), tuple(_sockets(policy, with_ipv6=with_ipv6)))


def resolvers() -> tuple[str, ...]:
    """The servers that this machine asks for names."""
    with contextlib.suppress(OSError):
        return tuple(NAME_SERVER.findall(RESOLVERS.read_text()))
    return ()


def _sockets(policy: Policy, *, with_ipv6: bool) -> Iterator[socket.socket]:
    for port in policy.ports:
        yield _listening(socket.AF_INET, "", port)
        if with_ipv6:
            yield _listening(socket.AF_INET6, "", port)
    asked = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asked.bind((LOOPBACK, DNS_PORT))
    yield asked
    if policy.resolves_all:  # over TCP nobody looks at what is asked
        yield _listening(socket.AF_INET, LOOPBACK, DNS_PORT)


def _listening(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    return socket.create_server((host, port), family=family, backlog=BACKLOG)


def _reaches_ipv6() -> bool:
    """A site that is offered IPv6 where the machine has none would wait for it in vain."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as trial:
        trial.connect(ELSEWHERE_IPV6)
        return is_public(ipaddress.ip_address(trial.getsockname()[0].partition("%")[0]))
    return False


@contextlib.contextmanager
def _returning() -> Iterator[None]:
    """Back into this thread's present network at the end, whatever happens."""
    before = _namespace()
    try:
        yield
    finally:
        _enter(before)
        os.close(before)


def _enter_that(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _enter(descriptor)
    finally:
        os.close(descriptor)


def _namespace() -> int:
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def _enter(namespace: int) -> None:
    if _libc.setns(namespace, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
