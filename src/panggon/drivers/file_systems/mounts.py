"""Whether a person has laid something over a directory by mount(8), another directory (--bind) too."""

import os
import re
from pathlib import Path

NUMBER = re.compile(r"^mnt_id:\t(\d+)$", re.MULTILINE)  # proc(5), fdinfo


def is_over(path: Path, *, beside: Path) -> bool:
    """Whether the path lies in another mount than a directory that nobody mounts by itself. Raises OSError."""
    return _number(path) != _number(beside)


def _number(path: Path) -> int:
    descriptor = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        found = NUMBER.search(Path(f"/proc/self/fdinfo/{descriptor}").read_text())
    finally:
        os.close(descriptor)
    return int(found[1]) if found else 0
