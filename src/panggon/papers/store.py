"""Files kept by their content: the name is the SHA-256, so a stored file can be checked and never changes.

A file's time says when it was last put. Who removes one sets it aside first and looks at its time then: so one that
somebody puts meanwhile, to name it in a moment, stays or is written anew.
"""

import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from panggon.core.errors import PermanentError

ASIDE = ".aside"
DAY = 86_400_000_000_000  # in nanoseconds, as are all times of files here


def put(data: bytes) -> str:
    """Keep the bytes durably and give their SHA-256 (64 hex digits). Keeping them twice is one file."""
    digest = hashlib.sha256(data).hexdigest()
    path = _path(digest)
    with suppress(FileNotFoundError):
        _touch(path)
        return digest
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{digest}.{secrets.token_hex(6)}")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    _touch(draft)
    draft.rename(path)
    return digest


def get(digest: str) -> bytes:
    """The bytes, checked against their name. Raises PermanentError `file.missing` or `file.altered`."""
    path = _path(digest)
    # It may be set aside and put back just now.
    data = next((data for place in (path, _aside(path), path) if (data := _read(place)) is not None), None)
    if data is None:
        raise PermanentError("file.missing", digest)
    if hashlib.sha256(data).hexdigest() != digest:
        raise PermanentError("file.altered", digest)
    return data


def moment() -> int:
    """Now, as the times of files are compared with it."""
    return time.time_ns()


def remove(digest: str, *, put_before: int) -> bool:
    """Forget the bytes for good, unless they were put again at or after this moment. Whether they went."""
    path = _path(digest)
    aside = _aside(path)
    try:
        path.rename(aside)
    except FileNotFoundError:
        return False
    if aside.stat().st_mtime_ns >= put_before:
        aside.rename(path)
        return False
    aside.unlink(missing_ok=True)
    return True


def shelves() -> Iterator[dict[str, int]]:
    """All that is kept, a part at a time: the SHA-256 of each file, and when it was last put.

    On the way it mends what a killed process left behind: drafts, and files that were set aside.
    """
    for shelf in sorted(Path(settings.PANGGON_FILES).glob("[0-9a-f][0-9a-f]")):
        for hidden in shelf.glob(".*"):
            _mend(hidden)
        yield {path.name: path.stat().st_mtime_ns for path in shelf.iterdir() if not path.name.startswith(".")}


# ------------------------------------------------------------------------------------------------------------------


def _mend(hidden: Path) -> None:
    with suppress(FileNotFoundError):
        if moment() - hidden.stat().st_ctime_ns < DAY:  # somebody may still be at it
            return
        kept = hidden.with_name(hidden.name.removeprefix(".").removesuffix(ASIDE))
        if hidden.name.endswith(ASIDE) and not kept.exists():
            hidden.rename(kept)
        else:
            hidden.unlink()


def _touch(path: Path) -> None:
    now = moment()
    os.utime(path, ns=(now, now))


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _aside(path: Path) -> Path:
    return path.with_name(f".{path.name}{ASIDE}")


def _path(digest: str) -> Path:
    return Path(settings.PANGGON_FILES) / digest[:2] / digest
