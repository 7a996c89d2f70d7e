"""Ports of loopback for servers of demonstrations, tests and benchmarks, many of which run at once."""

import random
import socket

PORTS = range(20_000, 30_000)  # below those for whoever asks for any (ip_local_port_range)
_claims: list[int] = []  # open descriptors: the kernel closes them


def free_port() -> int:
    """One that nobody has for TCP or UDP, and that nobody else is given while this process lives.

    A server takes its port only later, and not at all where it is meant to be away; until then a look at the port shows
    nothing. So it is claimed by a name in the same network: one process can have it, and loses it with its end.
    """
    return next(port for port in random.sample(PORTS, len(PORTS)) if is_free(port) and _claimed(port))


def is_free(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def _claimed(port: int) -> bool:
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0panggon-port-{port}")
    except OSError:
        claim.close()
        return False
    _claims.append(claim.detach())
    return True
