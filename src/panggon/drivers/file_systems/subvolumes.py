"""What btrfs bounds: a directory that is a subvolume, by its quota group. It knows no limit of the number of files."""

import re
import shutil
from pathlib import Path

from panggon.drivers.system import shell

BTRFS = "btrfs"
SUBVOLUME_ROOT = 256  # the inode number of every subvolume's top directory (btrfs-subvolume(8))
# qgroupid, referenced, exclusive, max referenced …; of "0/256  16384  16384  10485760  none  path"
GROUP = re.compile(r"^0/\d+\s+(\d+)\s+\d+\s+(\d+|none)\s", re.MULTILINE)


def can_be_made(parent: Path) -> bool:
    """Whether a directory below `parent` can be a subvolume."""
    found = shell.check(["stat", "--file-system", "--format=%T", str(parent)]).strip()
    return found == BTRFS and shutil.which(BTRFS) is not None


def make(path: Path) -> None:
    shell.check([BTRFS, "subvolume", "create", str(path)])


def bounds(path: Path) -> bool:
    """Whether the directory is a subvolume; as a file system of its own it has another device than what it lies in."""
    found = path.stat()
    return found.st_ino == SUBVOLUME_ROOT and found.st_dev != path.parent.stat().st_dev


def limit(path: Path, most: int | None) -> None:
    """Bytes; None: any amount. Raises PermanentError `shell.failed`.

    Asked from outside of the directory: inside a full one even this is refused.
    """
    number = shell.check([BTRFS, "inspect-internal", "rootid", str(path)]).strip()
    words = "none" if most is None else str(most)
    shell.check([BTRFS, "qgroup", "limit", words, f"0/{number}", str(path.parent)])


def usage(path: Path) -> tuple[int, int | None]:
    """Bytes that are used, and that may be; None: any amount. Raises PermanentError `shell.failed` where quota is not
    enabled.
    """
    row = GROUP.search(shell.check([BTRFS, "qgroup", "show", "-re", "--raw", "-F", str(path)]))  # -F: of this one only
    used, most = (row[1], row[2]) if row else ("0", "none")
    return int(used), None if most == "none" else int(most)


def sweep(root: Path) -> None:
    """Remove groups that lost their directory: older kernels leave them."""
    if can_be_made(root):
        shell.run([BTRFS, "qgroup", "clear-stale", str(root)])
