"""`python -m panggon.node.supervision.listening FILE`: become nginx, which listens already.

Under systemd the sockets outlive each nginx, so that a restart only lets new visitors wait; elsewhere they are opened
anew each time. The file (JSON): `listen`, as `address:port`, and `command`.
"""

import json
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path

from panggon.node.daemons import systemd

# IP_FREEBIND and IPV6_FREEBIND (ip(7)): an address that is not there yet, or for a while, keeps nobody from the others.
FREEBIND = {socket.AF_INET: (socket.IPPROTO_IP, 15), socket.AF_INET6: (socket.IPPROTO_IPV6, 78)}
BACKLOG = 4096  # visitors who wait while there is no nginx; the kernel may allow fewer (net.core.somaxconn)
PRIORITY = -1  # visitors before what sites compute; from -2 on a page of PHP waits for nginx, too (docs/node-inside.md)
INHERITED = "NGINX"  # its own way to hand sockets to its successor: "3;4;" (ngx_add_inherited_sockets)


def main() -> None:
    document = json.loads(Path(sys.argv[1]).read_bytes())
    places, command = document["listen"], document["command"]
    kept = systemd.kept()
    listeners = [kept.get(_name(place)) or _open(place) for place in places]
    for place, listener in zip(places, listeners, strict=True):
        if _name(place) not in kept:
            systemd.keep(_name(place), listener)
        listener.set_inheritable(True)
        # nginx takes them as they are: a worker that is called for a visitor whom another has taken would wait in
        # accept(2) for the next, and with it all its own.
        listener.setblocking(False)
    for name in kept.keys() - set(map(_name, places)):
        systemd.forget(name)
    go_first()
    systemd.ready()  # whoever comes from now on is served, or waits in the socket for a moment
    numbers = "".join(f"{listener.fileno()};" for listener in listeners)
    os.execvpe(command[0], command, {**os.environ, INHERITED: numbers})  # noqa: S606 -- it becomes that program


def go_first() -> None:
    """As nginx does. Where the kernel shares processors out by sessions, a priority means nothing beyond one's own
    (sched(7)).
    """
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    with suppress(OSError):  # it does not
        Path("/proc/self/autogroup").write_text(str(PRIORITY))


def _open(place: str) -> socket.socket:
    address, _, port = place.rpartition(":")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.setsockopt(*FREEBIND[family], 1)
        listener.bind((address.strip("[]"), int(port)))
        listener.listen(BACKLOG)
    except OSError as error:
        sys.exit(f"{place}: {error.strerror}")
    return listener


def _name(place: str) -> str:
    """Without the colon that parts the names of sockets from each other (sd_listen_fds_with_names(3))."""
    return place.replace(":", "_")


if __name__ == "__main__":
    main()
