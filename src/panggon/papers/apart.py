"""A file of a stranger is looked into by large libraries in C: in a process of its own, therefore, that has little
memory, little time and one small folder, and that may die without harm.
"""

import os
import resource
import signal
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

MEBIBYTE = 1024 * 1024
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Limits:
    """Of the process, and of each process that it starts."""

    seconds: int
    memory_mebibytes: int
    file_mebibytes: int = 64


def look_into(data: bytes, look: Callable[[Path], Found], *, limits: Limits) -> Found:
    """What `look`, a function of a module, finds in the file. Raises what it raises.

    Raises `BrokenProcessPool` when the process ended at its limits, `MemoryError` when a library noticed them.
    """
    with tempfile.TemporaryDirectory(prefix="panggon-letter-") as folder:
        # As a file: a process that dies over a long message leaves its parent waiting for ever.
        letter = Path(folder) / "surat.pdf"
        letter.write_bytes(data)
        # `max_tasks_per_child` makes it a process that starts anew and inherits nothing of this one.
        with ProcessPoolExecutor(1, initializer=_confine, initargs=(folder, limits), max_tasks_per_child=1) as pool:
            return pool.submit(look, letter).result()


# -- In the other process ------------------------------------------------------------------------------------------


def _confine(folder: str, limits: Limits) -> None:
    """Whatever goes beyond these limits ends this process, and those that it started with it."""
    bounds = {
        resource.RLIMIT_AS: limits.memory_mebibytes * MEBIBYTE,
        resource.RLIMIT_FSIZE: limits.file_mebibytes * MEBIBYTE,
        resource.RLIMIT_CPU: limits.seconds,
        resource.RLIMIT_CORE: 0,
    }
    for limit, value in bounds.items():
        resource.setrlimit(limit, (value, value))
    os.environ.update(OMP_THREAD_LIMIT="1", TMPDIR=folder)
    tempfile.tempdir = folder
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(limits.seconds)
