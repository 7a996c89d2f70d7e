"""What the file system bounds: on btrfs each site's directory is a subvolume with a limit of its own (qgroup)."""

import contextlib
import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from panggon.core.errors import PanggonError, TemporaryError
from panggon.drivers import files, shell

MEBIBYTE = 1024 * 1024
BTRFS = "btrfs"
SUBVOLUME_ROOT = 256  # the inode number of every subvolume's top directory (btrfs-subvolume(8))
# qgroupid, referenced, exclusive, max referenced …; of "0/256  16384  16384  10485760  none  path"
GROUP = re.compile(r"^0/\d+\s+(\d+)\s+\d+\s+(\d+|none)\s", re.MULTILINE)
ROOM_MEBIBYTES = 4
TRIAL_MEBIBYTES, TRIAL = 1, ".trial-"
TRIAL_SECONDS = 60  # one that is older was killed


@dataclass(frozen=True, slots=True)
class Bound:
    """`most` is None where nothing is bounded. Bytes."""

    used: int
    most: int | None


def database_mark(place: Path) -> Path:
    """Root's mark of a site whose database is full: its user may read and delete, and write no more."""
    return place / "run" / "database-full"


def open_mark(place: Path) -> Path:
    """Root's mark of a closed site whose database is not locked yet, for who was let in before a suspension, or is open
    once more for a copy that its owner makes; for nothing else, until `node.databases` locks it.
    """
    return place / "run" / "database-open"


def leaving_mark(place: Path) -> Path:
    """The holder's mark of a site that is served to nobody but who was let in before; gone when all that has ended."""
    return place / "run" / "leaving"


def kind(path: Path) -> str:
    """The name of the file system that a directory lies on, as stat(1) calls it: `btrfs`, `xfs`, `ext2/ext3`."""
    return shell.check(["stat", "--file-system", "--format=%T", str(path)]).strip()


def make(path: Path) -> None:
    """A new directory of root's that can be bounded, where the file system has such; otherwise a plain one."""
    if kind(path.parent) == BTRFS and shutil.which(BTRFS):
        shell.check([BTRFS, "subvolume", "create", str(path)])
    files.directory(path)


def is_subvolume(path: Path) -> bool:
    """Of a directory on btrfs: whether it can be bounded."""
    return path.stat().st_ino == SUBVOLUME_ROOT


def bound(path: Path, mebibytes: int | None) -> None:
    """Let the directory's content take no more than this; None: any amount. Raises PermanentError `shell.failed`.

    Asked from outside of the directory: inside a full one even this is refused.
    """
    most = "none" if mebibytes is None else str(mebibytes * MEBIBYTE)
    number = shell.check([BTRFS, "inspect-internal", "rootid", str(path)]).strip()
    shell.check([BTRFS, "qgroup", "limit", most, f"0/{number}", str(path.parent)])


def bound_of(path: Path) -> Bound:
    """Raises PermanentError `shell.failed` where quota is not enabled."""
    row = GROUP.search(shell.check([BTRFS, "qgroup", "show", "-re", "--raw", "-F", str(path)]))  # -F: of this one only
    used, most = (row[1], row[2]) if row else ("0", "none")
    return Bound(int(used), None if most == "none" else int(most))


def write(path: Path, content: str, *, mode: int = 0o644, gid: int = 0) -> None:
    """Root's own small file in a site's directory, written also where the owner has filled that up to its limit: a full
    site must be able to be changed and closed. Errors as `files.write`.
    """
    _beyond_the_limit(path.parent, lambda: files.write(path, content, mode=mode, gid=gid))


def rename(path: Path, place: Path) -> None:
    """As `files.rename`, within a site's directory, and as `write`."""
    _beyond_the_limit(path.parent, lambda: files.rename(path, place))


def _beyond_the_limit(directory: Path, act: Callable[[], None]) -> None:
    try:
        act()
    except TemporaryError as error:
        if not isinstance(error.__cause__, OSError) or error.__cause__.errno != errno.EDQUOT:
            raise
        with _room(directory):
            act()


@contextlib.contextmanager
def _room(path: Path) -> Iterator[None]:
    """A wider limit meanwhile; after a kill it stays so (`is_bound`)."""
    most = bound_of(path).most or 0
    bound(path, most // MEBIBYTE + ROOM_MEBIBYTES)
    try:
        yield
    finally:
        bound(path, most // MEBIBYTE)


def is_bound(seen: Bound, mebibytes: int) -> bool:
    """Whether the limit is this one, also where a killed `write` has left it wider."""
    return seen.most in (mebibytes * MEBIBYTE, (mebibytes + ROOM_MEBIBYTES) * MEBIBYTE)


def unbounded(root: Path) -> str:
    """Why directories below `root` cannot be bounded, in words for people; empty when they can: it is tried."""
    place = root / f"{TRIAL}{secrets.token_hex(6)}"
    try:
        _sweep(root)
        make(place)
        if kind(place) != BTRFS or not is_subvolume(place):
            return f"sistem berkas {kind(root)} tidak dapat membatasi tiap situs; Panggon membatasi pada {BTRFS}"
        bound(place, TRIAL_MEBIBYTES)
        return "" if _refuses(place / "trial") else "batas sudah dipasang, tetapi tidak ditegakkan"
    except (OSError, PanggonError) as error:
        return str(error)
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(place)


def _sweep(root: Path) -> None:
    """Remove trials that were killed, and groups that lost their directory: older kernels leave them."""
    for left in root.glob(f"{TRIAL}*"):
        if time.time() - left.lstat().st_mtime > TRIAL_SECONDS:
            shutil.rmtree(left)
    if kind(root) == BTRFS and shutil.which(BTRFS):
        shell.run([BTRFS, "qgroup", "clear-stale", str(root)])


def _refuses(path: Path) -> bool:
    with path.open("wb") as file:
        try:
            for _ in range(3 * TRIAL_MEBIBYTES):
                file.write(os.urandom(MEBIBYTE))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            return error.errno == errno.EDQUOT
    return False
