"""As many requests as a server takes, by wrk: https to one host over kept or new connections."""

import re
import resource
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.watching import GOING_FIRST, may_go_first

SECONDS = 2
# wrk asks the system for addresses and takes the name from the URL for the handshake: in a mount namespace of its own
# the name leads here.
AT_HOME = 'mount --bind "$1" /etc/hosts; shift; exec "$@"'
RATE = re.compile(r"Requests/sec:\s+([0-9.]+)")
P99 = re.compile(r"99%\s+([0-9.]+)(us|ms|s)")
FAILED = re.compile(r"Non-2xx or 3xx responses: (\d+)|connect (\d+), read (\d+), write (\d+), timeout (\d+)")
MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True)
class Pressed:
    """Answers a second, the 99th percentile in milliseconds, and how many requests were not answered well. `busy`: the
    part of its one processor that who asked was at work: near 1 the rate tells of him as much as of the server.
    """

    rate: float
    p99: float
    failed: int
    busy: float


def pressed(host: str, port: int, path: str, *, clients: int, kept: bool, seconds: int = SECONDS) -> Pressed:
    """One thread of wrk, so that it takes one processor at most. It goes first (as in `watching`): what a server takes
    from its own visitor's processor a visitor from elsewhere keeps.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".hosts") as hosts:
        Path(hosts.name).write_text(f"127.0.0.1 localhost {host}\n")
        first = GOING_FIRST if may_go_first() else ()
        wrk = [*first, "wrk", "--latency", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "10s"]
        wrk += [] if kept else ["-H", "Connection: close"]
        argv = ["unshare", "--mount", "sh", "-ec", AT_HOME, "wrk", hosts.name, *wrk, f"https://{host}:{port}{path}"]
        before = _worked()
        said = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
        busy = (_worked() - before) / seconds
    rate, p99 = RATE.search(said), P99.search(said)
    if not rate or not p99:
        raise RuntimeError(said)
    failed = sum(int(number) for match in FAILED.finditer(said) for number in match.groups() if number)
    return Pressed(float(rate[1]), float(p99[1]) * MILLISECONDS[p99[2]], failed, busy)


def _worked() -> float:
    """Seconds of a processor, by programs that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
