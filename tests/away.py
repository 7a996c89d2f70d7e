"""Files that a process in a mount namespace of its own finds no more, as while an update replaces them."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import panggon

PROGRAM = Path(panggon.__file__).parent


@contextmanager
def away(pid: int, *folders: Path) -> Iterator[None]:
    """They are empty for this process and what it starts meanwhile."""
    there = ("nsenter", f"--mount=/proc/{pid}/ns/mnt")
    for folder in folders:
        subprocess.run([*there, "mount", "-t", "tmpfs", "tmpfs", str(folder)], check=True)
    yield
    for folder in folders:
        subprocess.run([*there, "umount", "--lazy", str(folder)], check=True)
