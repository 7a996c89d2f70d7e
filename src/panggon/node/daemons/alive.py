"""A small server of the node's own says that it serves: its process, by id and start, in a file of root's."""

import os
from pathlib import Path

from panggon.drivers.system import processes
from panggon.node.daemons import systemd
from panggon.node.state import records


def announce(path: Path) -> None:
    records.save(path, {"pid": os.getpid(), "started": processes.start_time(os.getpid())})
    systemd.ready()


def announced(path: Path) -> bool:
    """Whether the process that announced itself there still runs; never an exception."""
    try:
        row = records.load(path)
        return bool(row and processes.start_time(row["pid"]) == row["started"] != 0)
    except (ValueError, KeyError, TypeError):
        return False
