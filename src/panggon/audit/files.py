"""Writing a file once: whole or not at all, and never over another one."""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

DRAFTS = ".drafts"


def write_once(path: Path, parts: Iterable[bytes]) -> None:
    """Durable when it returns. A file that came to be there meanwhile stays as it is.

    The draft lies in a directory of its own, so that the one of `path` may be append-only (`chattr +a`): nothing is
    renamed or removed in it.
    """
    drafts = path.parent / DRAFTS
    drafts.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = drafts / f"{path.name}.{secrets.token_hex(6)}"
    try:
        with draft.open("xb") as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), 0o444)
        path.hardlink_to(draft)
        _persist(path.parent)
    except FileExistsError:
        return
    finally:
        draft.unlink(missing_ok=True)


def _persist(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
