"""User namespaces (user_namespaces(7)) in which more than one user is: only root can make them, from outside."""

import ctypes
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CLONE_NEWUSER = 0x10000000
MADE = b"m"
SECONDS = 5.0  # it takes a thousandth of that
# How many user namespaces may be made in the one that whoever opens it is in.
MOST = Path("/proc/sys/user/max_user_namespaces")

_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def made(*, owner: int, first: int, count: int) -> Iterator[int]:
    """A descriptor of a new one in which the users and groups from `first` on are who they are outside, and nobody else
    is known. Programs of the `owner` may enter it; nobody can make others in it. Raises OSError.
    """
    descriptor = _make(owner, first, count)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _make(owner: int, first: int, count: int) -> int:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(SECONDS)
        child = os.fork()
        if child == 0:
            ours.close()
            _live(theirs, owner)
        try:
            theirs.close()
            if ours.recv(1) != MADE:
                raise OSError("a user namespace cannot be made")
            for users in ("uid_map", "gid_map"):
                Path(f"/proc/{child}/{users}").write_text(f"{first} {first} {count}")
            return os.open(f"/proc/{child}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
        finally:
            ours.close()
            os.waitpid(child, 0)


def _live(line: socket.socket, owner: int) -> None:
    """In a process of its own, until nobody needs it any more."""
    try:
        os.setgroups([])
        os.setresgid(owner, owner, owner)
        os.setresuid(owner, owner, owner)
        if _libc.unshare(CLONE_NEWUSER) == 0:
            MOST.write_text("0")
            line.send(MADE)
            line.recv(1)
    finally:
        os._exit(0)
