"""What the file system bounds: a site's directory, as a subvolume of btrfs or as a project of ext4 or XFS."""

import contextlib
import ctypes
import errno
import os
import secrets
import shutil
import struct
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from panggon.core.errors import PanggonError, TemporaryError
from panggon.drivers.file_systems import projects, subvolumes
from panggon.drivers.system import files, shell

Made = TypeVar("Made")
MEBIBYTE = 1024 * 1024
TRIAL = ".trial-"
TRIAL_PROJECT = 0xFFFF_FFF0  # above the numbers of all users; its limits stay
TRIAL_SECONDS = 60  # one that is older was killed
# XFS says of a full project that the disk is full.
REFUSALS = (errno.EDQUOT, errno.ENOSPC)


@dataclass(frozen=True, slots=True)
class Limit:
    """`files` counts directories and links too; only projects know it."""

    mebibytes: int
    files: int

    def wider(self) -> "Limit":
        return Limit(self.mebibytes + ROOM.mebibytes, self.files + ROOM.files)


ROOM = Limit(4, 64)
TRIAL_LIMIT = Limit(1, 16)
SMALL = 4096  # bytes: a block


@dataclass(frozen=True, slots=True)
class Bound:
    """`used` and `most` are bytes; limits are None where nothing is bounded. `counts`: whether files are counted."""

    used: int
    most: int | None
    used_files: int = 0
    most_files: int | None = None
    counts: bool = False

    def is_at(self, limit: Limit) -> bool:
        return self.most == limit.mebibytes * MEBIBYTE and (not self.counts or self.most_files == limit.files)


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
    """The name of the file system that a directory lies on: `btrfs`, `xfs`, `ext4`."""
    name = shell.check(["stat", "--file-system", "--format=%T", str(path)]).strip()
    return {"ext2/ext3": "ext4"}.get(name, name)  # stat(1) knows them by one number, which ext4 has kept


def make(path: Path, *, project: int) -> None:
    """A new directory of root's that can be bounded, where the file system has such; otherwise a plain one. `project`:
    a number that no other directory has.
    """
    if subvolumes.can_be_made(path.parent):
        subvolumes.make(path)
    files.directory(path)
    projects.join(path, project)


def is_bounded(path: Path) -> bool:
    """Whether the file system can bound this directory."""
    return projects.bounds(path) or subvolumes.bounds(path)


def bound(path: Path, limit: Limit | None) -> None:
    """Let the directory's content take no more than this; None: any amount. Raises PermanentError where the file system
    refuses.
    """
    most = None if limit is None else limit.mebibytes * MEBIBYTE
    if projects.bounds(path):
        projects.limit(path, most_bytes=most, most_files=None if limit is None else limit.files)
    else:
        subvolumes.limit(path, most)


def bound_of(path: Path) -> Bound:
    """Raises PermanentError where the file system does not say it."""
    if projects.bounds(path):
        found = projects.usage(path)
        return Bound(found.used_bytes, found.most_bytes, found.used_files, found.most_files, counts=True)
    return Bound(*subvolumes.usage(path))


def write(path: Path, content: str, *, mode: int = 0o644, gid: int = 0, durable: bool = True) -> None:
    """Root's own small file in a site's directory, or in one of the folders there, written also where the owner has
    filled that up to its limit: a full site must be able to be changed, closed and opened again. Errors as
    `files.write`.
    """
    _beyond_the_limit(path.parent, lambda: files.write(path, content, mode=mode, gid=gid, durable=durable))


def rename(path: Path, place: Path) -> None:
    """As `files.rename`, within a site's directory, and as `write`."""
    _beyond_the_limit(path.parent, lambda: files.rename(path, place))


def _beyond_the_limit(directory: Path, act: Callable[[], None]) -> None:
    try:
        act()
    except TemporaryError as error:
        refused = isinstance(error.__cause__, OSError) and error.__cause__.errno in REFUSALS
        bounded = next(filter(is_bounded, (directory, directory.parent)), None)
        if not refused or bounded is None:
            raise
        with _room(bounded):
            act()


@contextlib.contextmanager
def _room(path: Path) -> Iterator[None]:
    """A wider limit meanwhile, wider than what is stored too, which is more after a change to a smaller plan. After a
    kill it stays so (`is_bound`).
    """
    seen = bound_of(path)
    limit = Limit((seen.most or 0) // MEBIBYTE, seen.most_files or 0)
    stored = Limit(seen.used // MEBIBYTE, seen.used_files)
    bound(path, Limit(*map(max, astuple(limit), astuple(stored))).wider())
    try:
        yield
    finally:
        bound(path, limit)


def is_full_alone(path: Path) -> bool:
    """Whether ENOSPC in the directory is its own bound, as XFS says it of a full project, and not the disk's end. Asked
    of statvfs(2), which tells the bounds of a project as its size, because that needs no right. Raises OSError.
    """
    own, disk = os.statvfs(path), os.statvfs(path.parent)
    return own.f_blocks < disk.f_blocks and disk.f_bavail > 0 and disk.f_favail > 0


def is_full(path: Path) -> bool:
    """Whether the bound of a site's directory leaves no room for one more small file: tried, without a name, in root's
    `run`.
    """
    if not is_bounded(path):
        return False
    return as_bounded(partial(_has_no_room, path))


def _has_no_room(path: Path) -> bool:
    try:
        descriptor = os.open(path / "run", os.O_TMPFILE | os.O_WRONLY, 0o600)
        try:
            os.write(descriptor, bytes(SMALL))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        return error.errno == errno.EDQUOT or (error.errno == errno.ENOSPC and is_full_alone(path))
    return False


def is_bound(seen: Bound, limit: Limit) -> bool:
    """Whether the limit is this one, also where a killed `write` has left it wider."""
    return seen.is_at(limit) or seen.is_at(limit.wider())


def unbounded(root: Path) -> str:
    """Why the space of directories below `root` cannot be bounded, in words for people; empty when it can: it is
    tried.
    """
    return _tried(root, _takes_too_much)


def uncounted(root: Path) -> str:
    """The same of the number of their files."""
    return _tried(root, _takes_too_many)


def _tried(root: Path, takes: Callable[[Path], bool]) -> str:
    if not root.is_dir():
        return f"{root} belum ada"
    place = root / f"{TRIAL}{secrets.token_hex(6)}"
    try:
        _sweep(root)
        make(place, project=TRIAL_PROJECT)
        if not is_bounded(place):
            ways = "btrfs dengan kuota, ext4 dan XFS dengan kuota proyek (docs/node.md, Space)"
            return f"sistem berkas {kind(root)} di {root} tidak membatasi tiap situs; yang dapat: {ways}"
        bound(place, TRIAL_LIMIT)
        taken = as_bounded(partial(takes, place))
        return "batas sudah dipasang, tetapi tidak ditegakkan" if taken else ""
    except (OSError, PanggonError) as error:
        return str(error)
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(place)


def as_bounded(act: Callable[[], Made]) -> Made:
    """Done by a thread of root's that is held to the bounds of others, also in files that are open already."""
    with ThreadPoolExecutor(1, initializer=_give_up_privileges) as one:
        return one.submit(act).result()


def _give_up_privileges() -> None:
    """Of this thread, for good: ext4 bounds nobody who may go beyond limits (CAP_SYS_RESOURCE). See capset(2)."""
    ctypes.CDLL(None).capset(struct.pack("=Ii", 0x20080522, 0), bytes(24))


def _sweep(root: Path) -> None:
    """Remove trials that were killed, and what they left."""
    for left in root.glob(f"{TRIAL}*"):
        if time.time() - left.lstat().st_mtime > TRIAL_SECONDS:
            shutil.rmtree(left)
    subvolumes.sweep(root)


def _takes_too_much(place: Path) -> bool:
    """Without a buffer: ext4 takes a part of what is written, and closing would try the rest once more."""
    with (place / "trial").open("wb", buffering=0) as file:
        for _ in range(3 * TRIAL_LIMIT.mebibytes):
            try:
                file.write(os.urandom(MEBIBYTE))
                os.fsync(file.fileno())
            except OSError as error:
                return error.errno not in REFUSALS
    return True


def _takes_too_many(place: Path) -> bool:
    for number in range(3 * TRIAL_LIMIT.files):
        try:
            (place / str(number)).touch()
        except OSError as error:
            return error.errno not in REFUSALS
    return True
