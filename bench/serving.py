"""Private servers for one measurement: started, waited for, stopped."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from demo import postgres
from demo.layout import REPOSITORY
from demo.ports import free_port

STATE = REPOSITORY / "var" / "bench"
SECONDS = 60


@contextmanager
def running_postgres(directory: Path) -> Iterator[tuple[str, int]]:
    """Address and process id of a private instance whose data stay for the next run."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    postgres.initialise(directory)
    port = free_port()
    process = postgres.start(directory, port)
    try:
        yield postgres.url(directory, port), process.pid
    finally:
        postgres.stop(process)


@contextmanager
def running_server(argv: list[str], environment: dict[str, str], port: int) -> Iterator[int]:
    """The process id of a server that answers on this port, until the end of the block."""
    with (STATE / "server.log").open("ab") as log:
        process = subprocess.Popen(argv, env=environment, stdout=log, stderr=log)
    try:
        _await(process, port)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(SECONDS)


def cpu_seconds(parent: int) -> float:
    """What a process and all below it have used of the processors so far, those that ended too (proc(5), fields 14 to
    17).
    """
    used: dict[int, int] = {}
    above: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # ended meanwhile
            number, fields = int(stat.parent.name), stat.read_text().rpartition(")")[2].split()
            used[number], above[number] = sum(map(int, fields[11:15])), int(fields[1])
    return sum(used[number] for number in used if _below(number, parent, above)) / os.sysconf("SC_CLK_TCK")


def _below(number: int, parent: int, above: dict[int, int]) -> bool:
    while number not in (0, 1, parent):
        number = above.get(number, 0)
    return number == parent


def _await(process: "subprocess.Popen[bytes]", port: int) -> None:
    ends = time.monotonic() + SECONDS
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > ends:
            raise RuntimeError(f"no answer; see {STATE / 'server.log'}")
        time.sleep(0.1)


def _answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
