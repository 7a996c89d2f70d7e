"""What the kernel tells in files that it makes when they are read (proc(5), cgroups(7))."""

import os
from pathlib import Path

_READ_BYTES = 64 * 1024


def told(path: Path | str, *, most: int | None = None) -> str:
    """Read without what `open` asks for besides, which takes five times as long: daemons look at many such files each
    second. Names of programs and files are in some, which their owner chooses: any bytes, and not always text. Of what
    may be endless no more than `most` bytes, and what one read gives beyond. Raises OSError.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return rest(descriptor, most=most).decode(errors="replace")
    finally:
        os.close(descriptor)


def rest(descriptor: int, *, most: int | None = None) -> bytes:
    """All that is still to be read; in whole reads, until there are `most` bytes. Raises OSError."""
    parts, size = [], 0
    while (most is None or size < most) and (part := os.read(descriptor, _READ_BYTES)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)
