"""What the kernel tells in files that it makes when they are read (proc(5), cgroups(7))."""

import os
from pathlib import Path

_READ_BYTES = 64 * 1024


def told(path: Path | str) -> str:
    """Read without what `open` asks for besides, which takes five times as long: daemons look at many such files each
    second. Names of programs and files are in some, which their owner chooses: any bytes, and not always text. Raises
    OSError.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return rest(descriptor).decode(errors="replace")
    finally:
        os.close(descriptor)


def rest(descriptor: int) -> bytes:
    """All that is still to be read. Raises OSError."""
    return b"".join(iter(lambda: os.read(descriptor, _READ_BYTES), b""))
