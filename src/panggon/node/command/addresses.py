"""Addresses of the settings at which nobody meets a server, while everything else goes on."""

import errno
import socket
from collections.abc import Iterator

from panggon.node import layout
from panggon.node.settings.config import NodeConfig
from panggon.node.supervision import units

ANY_PORT = 0
# nginx and Knot are at an address from the moment on when it is there; OpenSSH is, where it was there before.
LISTENING = ("nginx", "knot")
LATE = "sshd"


def unheard(config: NodeConfig) -> tuple[str, ...]:
    """A sentence of each address."""
    wanted = {
        listener.address: name
        for name in (*LISTENING, LATE)
        if name in config.services.run
        for listener in layout.listeners(config, name)
    }
    away = tuple(address for address in wanted if _bind(address, ANY_PORT) == errno.EADDRNOTAVAIL)
    return (*map(_is_away, away), *_not_listening(config, away))


def _is_away(address: str) -> str:
    return (
        f"alamat {address} tidak ada di mesin ini, jadi tidak ada yang dapat menghubunginya di sana: pasang alamat "
        "itu, atau hapus dari pengaturan lalu jalankan panggon-node init"
    )


def _not_listening(config: NodeConfig, away: tuple[str, ...]) -> Iterator[str]:
    for listener in layout.listeners(config, LATE) if LATE in config.services.run else ():
        if listener.address not in away and not _bind(listener.address, listener.port):
            yield (
                f"{LATE} tidak mendengar di {listener.address} port {listener.port}; kalau alamat itu baru ada sesudah "
                f"{LATE} mulai: systemctl restart {units.of(LATE)}"
            )


def _bind(address: str, port: int) -> int:
    """The kernel's word (`errno`) about another one who wants to listen there."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that have just ended are nobody
        try:
            trial.bind((address, port))
        except OSError as error:
            return int(error.errno or 0)
    return 0
