"""Whether a person has laid something over a directory by mount(8), another directory (--bind) too."""

import os
import re
from collections.abc import Iterable
from pathlib import Path

from panggon.drivers.system import kernel

NUMBER = re.compile(r"^mnt_id:\t(\d+)$", re.MULTILINE)  # proc(5), fdinfo


def first_under(paths: Iterable[Path], *, beside: Path) -> Path | None:
    """The first path that lies in another mount than a directory that nobody mounts by itself. Raises OSError."""
    own = _number(beside)
    return next((path for path in paths if _number(path) != own), None)


def _number(path: Path) -> int:
    descriptor = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        found = NUMBER.search(kernel.told(f"/proc/self/fdinfo/{descriptor}"))
    finally:
        os.close(descriptor)
    return int(found[1]) if found else 0
