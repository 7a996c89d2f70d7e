"""Listening sockets sent from process to process (SCM_RIGHTS) over a SOCK_SEQPACKET pair: one message, one socket."""

import socket
from collections.abc import Iterable, Mapping

KEEP = "keep"
DROP = "drop"
END = "end"
MESSAGE_BYTES = 64


def send(channel: socket.socket, word: str, site: str = "", listener: socket.socket | None = None) -> None:
    """Raises OSError when the other side is gone."""
    socket.send_fds(channel, [f"{word} {site}".encode()], [listener.fileno()] if listener else [])


def receive(channel: socket.socket) -> tuple[str, str, socket.socket | None]:
    """The next message; an empty word when the other side is gone."""
    message, descriptors, _, _ = socket.recv_fds(channel, MESSAGE_BYTES, 1)
    word, _, site = message.decode().partition(" ")
    return word, site, socket.socket(fileno=descriptors[0]) if descriptors else None


def send_all(channel: socket.socket, listeners: Mapping[str, socket.socket]) -> None:
    for site, listener in listeners.items():
        send(channel, KEEP, site, listener)
    send(channel, END)


def receive_all(channel: socket.socket) -> Iterable[tuple[str, socket.socket]]:
    """Every socket until the other side says that these were all, or is gone."""
    while True:
        word, site, listener = receive(channel)
        if word != KEEP or listener is None:
            return
        yield site, listener
