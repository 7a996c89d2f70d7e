"""A small server of the node's own says that it serves: its process, by id and start, in a file of root's; one that
nobody can ask touches it besides, as often as it comes round.
"""

import os
import time
from contextlib import suppress
from pathlib import Path

from panggon.drivers.system import processes
from panggon.drivers.system.patience import Patience
from panggon.node.daemons import systemd
from panggon.node.state import records

LOOK_SECONDS = 0.2


def announce(path: Path) -> None:
    records.save(path, {"pid": os.getpid(), "started": processes.start_time(os.getpid())})
    systemd.ready()


def beat(path: Path) -> None:
    with suppress(OSError):
        os.utime(path)


def beats(path: Path, *, seconds: float) -> bool:
    """Whether it came round within this time, or does so within it from now on: a clock may have jumped."""
    patience, first = Patience(seconds), _beaten(path)
    if abs(time.time() - first) < seconds:
        return True
    while _beaten(path) == first:
        if patience.is_over():
            return False
        time.sleep(LOOK_SECONDS)
    return True


def _beaten(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def announced(path: Path) -> bool:
    """Whether the process that announced itself there still runs; never an exception."""
    try:
        row = records.load(path)
        return bool(row and processes.start_time(row["pid"]) == row["started"] != 0)
    except (ValueError, KeyError, TypeError):
        return False
