"""A file of root's that is there only while somebody has it. One at a time does, in whatever process; a kill
frees it.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from panggon.drivers.system import files


@contextmanager
def taken(path: Path) -> Iterator[int]:
    """Wait for the file, and have it; its descriptor is for `fill`. Raises TemporaryError `disk.full`, PermanentError
    `disk.refused`.
    """
    with files.translated():
        descriptor = _own(path, fcntl.LOCK_EX)
    try:
        yield descriptor
    finally:
        with files.translated():
            _give_away(path, descriptor)


@contextmanager
def free(path: Path) -> Iterator[bool]:
    """Whether nobody has it now. Then nobody takes it meanwhile, and what a killed one has left of it goes. Errors as
    of `taken`.
    """
    with files.translated():
        try:
            descriptor = _own(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            descriptor = None
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            with files.translated():
                _give_away(path, descriptor)


def fill(descriptor: int, content: str, *, mode: int = 0o644, gid: int = 0) -> None:
    """What others read there. Errors as of `taken`."""
    with files.translated():
        os.fchown(descriptor, 0, gid)
        os.fchmod(descriptor, mode)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, content.encode(), 0)


def _own(path: Path, how: int) -> int:
    """Who had it before has removed it: then the next one is another file. Raises OSError."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, how)
        except OSError:
            os.close(descriptor)
            raise
        if _is_at(path, descriptor):
            return descriptor
        os.close(descriptor)


def _give_away(path: Path, descriptor: int) -> None:
    try:
        if _is_at(path, descriptor):
            path.unlink()
    finally:
        os.close(descriptor)


def _is_at(path: Path, descriptor: int) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(path.lstat(), os.fstat(descriptor))
    return False
