"""What the file system bounds: on btrfs each site's directory is a subvolume with a limit of its own (qgroup)."""

import contextlib
import errno
import os
import re
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from panggon.core.errors import PanggonError
from panggon.drivers import files, shell

MEBIBYTE = 1024 * 1024
BTRFS = "btrfs"
SUBVOLUME_ROOT = 256  # the inode number of every subvolume's top directory (btrfs-subvolume(8))
# qgroupid, referenced, exclusive, max referenced …; of "0/256  16384  16384  10485760  none  path"
GROUP = re.compile(r"^0/\d+\s+(\d+)\s+\d+\s+(\d+|none)\s", re.MULTILINE)
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
    """Let the directory's content take no more than this; None: any amount. Raises PermanentError `shell.failed`."""
    most = "none" if mebibytes is None else str(mebibytes * MEBIBYTE)
    shell.check([BTRFS, "qgroup", "limit", most, str(path)])


def bound_of(path: Path) -> Bound:
    """Raises PermanentError `shell.failed` where quota is not enabled."""
    row = GROUP.search(shell.check([BTRFS, "qgroup", "show", "-re", "--raw", "-F", str(path)]))  # -F: of this one only
    used, most = (row[1], row[2]) if row else ("0", "none")
    return Bound(int(used), None if most == "none" else int(most))


def unbounded(root: Path) -> str:
    """Why directories below `root` cannot be bounded, in the system's own words; empty when they can: it is tried."""
    place = root / f"{TRIAL}{secrets.token_hex(6)}"
    try:
        _sweep(root)
        make(place)
        if kind(place) != BTRFS or not is_subvolume(place):
            return f"the file system {kind(root)} has no limits that Panggon knows to set"
        bound(place, TRIAL_MEBIBYTES)
        return "" if _refuses(place / "trial") else "a limit was set, but not enforced"
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
