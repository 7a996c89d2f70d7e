"""Whose connections to a server's socket are while nobody has logged in by them: the server itself does not know."""

import os
import re
import signal
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from panggon.core.spec import SITE_ID
from panggon.drivers import processes, shell

SOCKET = re.compile(r"socket:\[(\d+)\]")
SECONDS = 10.0


def connections(door: Path, uid_base: int) -> Mapping[str, Mapping[int, int]]:
    """How many each process of each site has to the socket with this path, as the kernel's list of sockets pairs them
    (ss(8)). Raises PermanentError `shell.failed`, TemporaryError `shell.slow`.
    """
    pairs = shell.check(["ss", "-xHn", "src", str(door)], seconds=SECONDS).splitlines()
    peers = {words[-1] for words in map(str.split, pairs) if words}
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for pid, site in _processes(uid_base):
        if count := sum(each in peers for each in _sockets(pid)):
            found[site][pid] = count
    return found


def end(programs: Iterable[int]) -> None:
    """At once."""
    for pid in programs:
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def total(found: Mapping[str, Mapping[int, int]]) -> Counter[str]:
    return Counter({site: sum(processes.values()) for site, processes in found.items()})


def _processes(uid_base: int) -> Iterator[tuple[int, str]]:
    for uid, pids in processes.by_user().items():
        site = f"s{uid - uid_base:06d}"
        if SITE_ID.fullmatch(site):
            yield from ((pid, site) for pid in pids)


def _sockets(pid: int) -> Iterator[str]:
    with suppress(OSError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                if found := SOCKET.fullmatch(str(descriptor.readlink())):
                    yield found[1]
