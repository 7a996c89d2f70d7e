"""What waits unread in the TCP connections of sites: looked at where the kernel has little memory left for all."""

import logging
import os
import signal
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from panggon.core.node.sharing import tcp_memory
from panggon.core.sites.spec import SITE_ID
from panggon.drivers.system import kernel, processes
from panggon.drivers.system.processes import PROC
from panggon.node.sockets.sandboxes.lookups import Users

LISTENING = "0A"  # whose queue has connections, not bytes

log = logging.getLogger(__name__)


class Unread:
    """`short`: whether memory is short on this machine now."""

    def __init__(self, users: Users, uid_base: int, short: Callable[[], bool]) -> None:
        self._users = users
        self._uid_base = uid_base
        self._short = short

    def look(self) -> None:
        """Where memory is short, all programs of the site that has most of it unread are ended."""
        if not self._short():
            return
        own = _network("self")
        found = {}
        for uid, pids in self._users.running().items():
            site = f"s{uid - self._uid_base:06d}"
            if SITE_ID.fullmatch(site):  # what runs in the machine's own network is its gate and its owner's sessions
                found[site] = {network: pid for pid in pids if (network := _network(pid)) not in (0, own)}
        unread = {site: sum(map(_unread, networks.values())) for site, networks in found.items()}
        if site := tcp_memory.hoarder(unread):
            log.warning("%s: its programs leave %d bytes unread in TCP connections and are ended", site, unread[site])
            self._end(site, found[site])

    def _end(self, site: str, networks: Iterable[int]) -> None:
        for pid in processes.of_user(self._uid_base + int(site[1:])):
            if _network(pid) in networks:
                processes.send(pid, signal.SIGKILL)


def is_short() -> bool:
    """By what the kernel says of all connections, in whatever network they are; never where it does not say it, as in a
    container with a network of its own.
    """
    bounds = PROC / "sys/net/ipv4/tcp_mem"
    if not bounds.exists():
        return False
    taken = next(line.split() for line in kernel.told(PROC / "net/sockstat").splitlines() if line.startswith("TCP:"))
    saving_from = int(kernel.told(bounds).split()[0])
    return tcp_memory.is_short(int(taken[taken.index("mem") + 1]), saving_from=saving_from)


def _network(pid: int | str) -> int:
    """A number that tells its network namespace from others; 0 for a process that has ended."""
    with suppress(OSError):
        return os.stat(PROC / f"{pid}/ns/net").st_ino  # noqa: PTH116
    return 0


def _unread(pid: int) -> int:
    """In bytes, both ways: sent and not acknowledged, received and not read (proc(5), net/tcp)."""
    return sum(_queued(PROC / f"{pid}/net/{name}") for name in ("tcp", "tcp6"))


def _queued(table: Path) -> int:
    with suppress(OSError):
        rows = (row.split() for row in kernel.told(table).splitlines()[1:])
        return sum(sum(int(each, 16) for each in row[4].split(":")) for row in rows if row[3] != LISTENING)
    return 0
