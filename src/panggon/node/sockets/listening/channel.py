"""Listening sockets sent from process to process (SCM_RIGHTS) over a SOCK_SEQPACKET pair: one message, one socket.

And what is kept of them while there is no holder: by the keeper at the other end, or by systemd.
"""

import socket
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from panggon.node.daemons import systemd

KEEP = "keep"
DROP = "drop"
END = "end"
MESSAGE_BYTES = 64


def send(channel: socket.socket, word: str, name: str = "", listener: socket.socket | None = None) -> None:
    """Raises OSError when the other side is gone."""
    socket.send_fds(channel, [f"{word} {name}".encode()], [listener.fileno()] if listener else [])


def receive(channel: socket.socket) -> tuple[str, str, socket.socket | None]:
    """The next message; an empty word when the other side is gone."""
    message, descriptors, _, _ = socket.recv_fds(channel, MESSAGE_BYTES, 1)
    word, _, name = message.decode().partition(" ")
    return word, name, socket.socket(fileno=descriptors[0]) if descriptors else None


def send_all(channel: socket.socket, listeners: Mapping[str, socket.socket]) -> None:
    for name, listener in listeners.items():
        send(channel, KEEP, name, listener)
    send(channel, END)


def receive_all(channel: socket.socket) -> Iterable[tuple[str, socket.socket]]:
    """Every socket until the other side says that these were all, or is gone."""
    while True:
        word, name, listener = receive(channel)
        if word != KEEP or listener is None:
            return
        yield name, listener


class Keeping(Protocol):
    """Whoever has every socket of the holder too."""

    @property
    def line(self) -> socket.socket | None:
        """Becomes readable when nobody keeps the sockets any more; None where that cannot be."""

    def kept(self) -> Mapping[str, socket.socket]:
        """What an earlier holder has left; asked once, at the start."""

    def keep(self, name: str, listener: socket.socket) -> None: ...

    def drop(self, name: str) -> None: ...


@dataclass(frozen=True, slots=True)
class ByKeeper:
    """The keeper's process; that it is gone shows at its line, so nothing is said about it here."""

    line: socket.socket

    def kept(self) -> Mapping[str, socket.socket]:
        return dict(receive_all(self.line))

    def keep(self, name: str, listener: socket.socket) -> None:
        with suppress(OSError):
            send(self.line, KEEP, name, listener)

    def drop(self, name: str) -> None:
        with suppress(OSError):
            send(self.line, DROP, name)


class BySystemd:
    """Its store of descriptors (systemd.service(5), FileDescriptorStoreMax), which outlives the unit's processes."""

    line = None

    def kept(self) -> Mapping[str, socket.socket]:
        return systemd.kept()

    def keep(self, name: str, listener: socket.socket) -> None:
        systemd.keep(name, listener)

    def drop(self, name: str) -> None:
        systemd.forget(name)
