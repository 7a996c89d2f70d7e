"""The listening socket of a site: made under a name of its own, then put in the place where nginx looks for it.

Whoever is killed between leaves either the former socket in place, or a new one that the keeper has and whose own name
says what is left to be done.
"""

import os
import select
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path

from panggon.node.sockets.settings import SocketSettings

BACKLOG = 1024


def socket_path(settings: SocketSettings, site: str) -> Path:
    return settings.root / f"run/{site}.sock"


def kind_mark(settings: SocketSettings, site: str) -> Path:
    """A link that leads nowhere: the kind of site whose programs answer on the socket, for nginx (`store.lua`)."""
    return settings.root / f"run/{site}.kind"


def name_of(listener: socket.socket) -> str:
    """The site and the number of this socket of it: by this name connections to it are known
    (`sandboxes.lookups.Conversations`), and whoever keeps it keeps it.
    """
    return str(listener.getsockname()).rpartition("/")[2].removeprefix(".").removesuffix(".sock")


def newest(listeners: Iterable[socket.socket]) -> Mapping[str, socket.socket]:
    """The last one of each site."""
    return {site_of(each): each for each in sorted(listeners, key=_number)}


def site_of(listener: socket.socket) -> str:
    return name_of(listener).partition("-")[0]


def make(settings: SocketSettings, site: str, *, former: socket.socket | None = None) -> socket.socket:
    """A listening socket for nginx's group only, to come after the `former` one. Raises OSError.

    The working directory is `root`: a path of a Unix socket has at most 107 bytes (unix(7)), a root may be long.
    """
    draft = Path("run", f".{site}-{_number(former) + 1 if former else 1}.sock")
    draft.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(draft))
    os.chown(draft, 0, settings.web_group)
    draft.chmod(0o660)
    listener.listen(BACKLOG)
    return listener


def put_in_place(settings: SocketSettings, listener: socket.socket) -> None:
    """From now on nginx comes to this one. Idempotent."""
    draft = settings.root / str(listener.getsockname())
    if draft.is_socket():
        draft.replace(socket_path(settings, site_of(listener)))


def is_shut(listener: socket.socket) -> bool:
    """Whether nobody can come in by it any more, as a program of the site, which has it too, can bring about
    (shutdown(2)). Who waits for it is called again and again.
    """
    poll = select.poll()
    poll.register(listener, select.POLLRDHUP)  # and POLLHUP, which is always told
    return bool(poll.poll(0))


def sweep(settings: SocketSettings) -> None:
    """Take away the names of sockets that nobody has."""
    for draft in (settings.root / "run").glob(".s*.sock"):
        draft.unlink(missing_ok=True)


def _number(listener: socket.socket) -> int:
    """0 for one that a version made which gave none."""
    return int(name_of(listener).partition("-")[2] or 0)
