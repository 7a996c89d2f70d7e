"""What systemd does for a service that it started: it is told, and keeps listening sockets (sd_notify(3), FDSTORE).

Without systemd every function does nothing, or finds nothing; nothing here assumes that it is there.
"""

import contextlib
import functools
import os
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

FIRST_DESCRIPTOR = 3  # sd_listen_fds(3)
RUNNING = Path("/run/systemd/system")


def is_booted() -> bool:
    """Whether systemd runs this machine (sd_booted(3))."""
    return RUNNING.is_dir()


def ready() -> None:
    """Serves from now on."""
    _tell("READY=1")


def keep(name: str, listener: socket.socket) -> None:
    """Have the socket kept under this name while the service is not there, and handed to its next process."""
    # FDPOLL: systemd need not watch thousands of sockets that cannot hang up.
    _tell(f"FDSTORE=1\nFDNAME={name}\nFDPOLL=0", [listener.fileno()])


def forget(name: str) -> None:
    _tell(f"FDSTOREREMOVE=1\nFDNAME={name}")


@functools.cache
def kept() -> Mapping[str, socket.socket]:
    """The sockets that earlier processes of this service have left with systemd, by their names."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return {}
    names = os.environ.get("LISTEN_FDNAMES", "").split(":")
    count = int(os.environ.get("LISTEN_FDS", "0"))
    found = {}
    for name, descriptor in zip(names, range(FIRST_DESCRIPTOR, FIRST_DESCRIPTOR + count), strict=True):
        os.set_inheritable(descriptor, False)
        found[name] = socket.socket(fileno=descriptor)
    return found


def _tell(words: str, descriptors: Sequence[int] = ()) -> None:
    """One datagram; waits while systemd is busy. A systemd that is gone hears nothing."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    name = f"\0{address[1:]}" if address.startswith("@") else address
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.connect(name)
        socket.send_fds(line, [words.encode()], list(descriptors))
