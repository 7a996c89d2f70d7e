"""Copies of what another process has open (pidfd_getfd(2))."""

import ctypes
import errno
import os
import select
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from panggon.drivers.system import processes

PIDFD_GETFD = 438  # on every architecture
GONE = (errno.EBADF, errno.ESRCH)  # what was to be copied, or its process

_libc = ctypes.CDLL(None, use_errno=True)


def sockets(process: int) -> Iterator[tuple[int, int]]:
    """Its descriptors that are sockets, each with the kernel's number of the socket. Raises OSError."""
    for descriptor in Path(f"/proc/{process}/fd").iterdir():
        with suppress(FileNotFoundError):
            kind, _, number = str(descriptor.readlink()).partition(":[")
            if kind == "socket":
                yield int(descriptor.name), int(number.removesuffix("]"))


def copy(pidfd: int, descriptor: int) -> int | None:
    """None where it is gone since it was listed. Raises OSError where this process may not look into that one."""
    made: int = _libc.syscall(PIDFD_GETFD, pidfd, descriptor, 0)
    if made >= 0:
        return made
    number = ctypes.get_errno()
    if number in GONE:
        return None
    raise OSError(number, "pidfd_getfd")


@dataclass(frozen=True, slots=True)
class Bells:
    """Of sockets at which a process listens: whether anybody waits there is told at once, however many there are. To be
    closed when the process has ended: whoever comes by a socket of which there is a copy waits there in vain.
    """

    _process: int  # a pidfd
    _copies: dict[int, int]  # by the kernel's number of the socket
    _heard: select.epoll

    @classmethod
    def of(cls, process: int, numbers: Collection[int]) -> Self:
        """`numbers` are the kernel's, of sockets. Raises OSError, also where one of them is not the process's."""
        wanted = set(numbers)
        made = cls(os.pidfd_open(process), {}, select.epoll())
        try:
            made._heard.register(made._process, select.EPOLLIN)
            for descriptor, number in sockets(process):
                if number in wanted - made._copies.keys() and (one := copy(made._process, descriptor)) is not None:
                    made._copies[number] = one
                    made._heard.register(one, select.EPOLLIN)
            if len(made._copies) < len(wanted):
                raise ProcessLookupError(errno.ESRCH, "sockets that the process does not have")
        except BaseException:
            made.close()
            raise
        return made

    def are_silent(self) -> bool:
        """Neither waits anybody, nor has the process ended."""
        return not self._heard.poll(0, 1)

    def has_ended(self) -> bool:
        return processes.ended(self._process)

    def close(self) -> None:
        self._heard.close()
        for each in (self._process, *self._copies.values()):
            os.close(each)
