"""Atomic changes of files and links, for root, in directories that only root may write.

Every change is a rename: after a kill at any instruction a reader sees the old or the new, never half.
"""

import errno
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

from panggon.core.errors import PermanentError, TemporaryError
from panggon.drivers.system import hidden, kernel

Made = TypeVar("Made")
# What is being made or removed has one of so few names beside its place that each can be tried: looking through a
# directory with the names of 5,000 sites takes longer than all else that is done for one of them.
SPARES = "0123456789abcdef"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


@contextmanager
def translated() -> Iterator[None]:
    """Turn the system's errors into ours: a full disk may pass (`disk.full`), a refusal will not (`disk.refused`)."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            raise TemporaryError("disk.full", str(error)) from error
        raise PermanentError("disk.refused", str(error)) from error


def write(
    path: Path, content: bytes | str, *, mode: int = 0o644, uid: int = 0, gid: int = 0, durable: bool = True
) -> None:
    """Replace the file by one with this content, owner and mode; it survives a power cut unless it need not."""
    data = content.encode() if isinstance(content, str) else content
    with translated():
        draft, descriptor = _drafted(path, _open_new)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                os.fchown(descriptor, uid, gid)
                hidden.take_away_from(descriptor)  # a directory may give its lists to all that is made in it
                os.fchmod(descriptor, mode)
                file.flush()
                if durable:
                    os.fsync(descriptor)
            hidden.take_away(path)
            draft.replace(path)
        except OSError:
            draft.unlink(missing_ok=True)
            raise


def ensure(path: Path, content: bytes | str, *, mode: int = 0o644, gid: int = 0) -> None:
    """As `write` for a file of root's, unless it is there like that already, which needs no room on a full disk."""
    data = content.encode() if isinstance(content, str) else content
    if not (is_root_file(path) and stands(path, mode=mode, gid=gid) and read(path) == data):
        write(path, data, mode=mode, gid=gid)


def link(path: Path, target: str) -> None:
    """Make `path` a symbolic link to `target`, whatever it was before."""
    with translated():
        draft, _ = _drafted(path, lambda draft: draft.symlink_to(target))
        draft.replace(path)


def is_root_file(path: Path) -> bool | None:
    """Whether root's own regular file lies there, and no link or file of others; None where nothing is."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    return stat.S_ISREG(status.st_mode) and status.st_uid == 0


def stands(path: Path, *, mode: int = 0o644, uid: int = 0, gid: int = 0) -> bool:
    """Whether what lies there is as `write` and `directory` leave it; of a link only whose it is counts."""
    return not fault(path, mode=mode, uid=uid, gid=gid)


def fault(path: Path, *, mode: int = 0o644, uid: int = 0, gid: int = 0) -> str:
    """In what its mode, owner and group are others, or what is `hidden` on it, in words; "" where it `stands`."""
    with translated():
        try:
            status = path.lstat()
        except FileNotFoundError:
            return f"{path} tidak ada"
        is_link = stat.S_ISLNK(status.st_mode)
        found = status.st_uid, status.st_gid, mode if is_link else stat.S_IMODE(status.st_mode)
        if found != (uid, gid, mode):
            return other_rights(path, found, wished=(uid, gid, mode))
        more = "" if is_link else hidden.words(path)
        return f"{path} {more}" if more else ""


def other_rights(path: Path | str, found: tuple[int, int, int], *, wished: tuple[int, int, int]) -> str:
    """Owner, group and mode as ls(1) would put them by numbers, those that were found and those that were `wished`."""
    seen, made = ("{}:{} {:04o}".format(*each) for each in (found, wished))
    return f"{path}: {seen}, seharusnya {made}"


def read(path: Path) -> bytes | None:
    """The content, or None where there is no such file; a link is not followed."""
    with translated():
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            return None
        try:
            return kernel.rest(descriptor)
        finally:
            os.close(descriptor)


def read_link(path: Path) -> str | None:
    """Where the link points, or None where there is nothing. Raises PermanentError for what is not a link."""
    with translated():
        try:
            return str(path.readlink())
        except FileNotFoundError:
            return None


def rename(path: Path, place: Path) -> None:
    """Give a file another name, in place of what has that name. A full disk has room for this."""
    with translated():
        path.rename(place)


def remove(path: Path) -> None:
    """Remove a file or link; nothing there is fine."""
    with translated():
        hidden.take_away(path)
        path.unlink(missing_ok=True)


def directory(path: Path, *, mode: int = 0o755, uid: int = 0, gid: int = 0) -> None:
    """Make the directory with its parents; set owner and mode of itself."""
    with translated():
        path.mkdir(parents=True, exist_ok=True)
        hidden.take_away(path)
        os.chown(path, uid, gid, follow_symlinks=False)
        path.chmod(mode)


def remove_tree(path: Path) -> None:
    """Remove a directory whole. It vanishes under its name at once; links in it are removed, not followed."""
    with translated():
        try:
            path.rename(grave := spare(path))
        except FileNotFoundError:
            return
        _remove_whole(grave)


def sweep(path: Path) -> None:
    """Remove what killed changes of `path` left beside it. For the one writer that a path has, before it writes."""
    with translated():
        for litter in _spares(path):
            try:
                litter.unlink(missing_ok=True)
            except IsADirectoryError:
                _remove_whole(litter)


def spare(path: Path) -> Path:
    """A free name beside the path, for the one who may write it: what is made there is renamed to it whole."""
    sweep(path)
    return _spares(path)[0]


@contextmanager
def opened(path: Path, *, uid: int) -> Iterator[int]:
    """A directory that belongs to somebody else, as a descriptor. Its parents must be root's.

    Work in it goes through `write_at`, `read_at` and `remove_at`: its owner may put links and pipes in it at any
    moment, and root must not follow them. Raises PermanentError when it is not a directory of `uid`.
    """
    with translated():
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(descriptor).st_uid != uid:
            raise PermanentError("disk.refused", f"{path} does not belong to {uid}")
        yield descriptor
    finally:
        os.close(descriptor)


def write_at(directory: int, name: str, content: str, *, mode: int, uid: int, gid: int) -> None:
    """Like `write`, inside an `opened` directory. A draft has one fixed name, so that a killed write leaves one."""
    draft = f".{name}.new"
    with translated():
        _unlink_at(directory, draft)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=directory)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content.encode())
                file.flush()
                os.fchown(descriptor, uid, gid)
                os.fchmod(descriptor, mode)
                os.fsync(descriptor)
            os.rename(draft, name, src_dir_fd=directory, dst_dir_fd=directory)
            os.fsync(directory)
        except OSError:
            _unlink_at(directory, draft)
            raise


def read_at(directory: int, name: str, *, most: int = 65_536) -> bytes | None:
    """The first `most` bytes of a plain file inside an `opened` directory; None for anything else."""
    try:
        # Without O_NONBLOCK a pipe put there would hold root for ever.
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=directory)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        return file.read(most) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None


def sweep_at(directory: int, name: str) -> None:
    """Remove the draft of a killed `write_at`."""
    with translated():
        _unlink_at(directory, f".{name}.new")


def remove_at(directory: int, name: str) -> None:
    """Remove a file, and the draft of a killed write, inside an `opened` directory; nothing there is fine."""
    sweep_at(directory, name)
    with translated():
        _unlink_at(directory, name)


def _unlink_at(directory: int, name: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=directory)


def _remove_whole(tree: Path) -> None:
    """However deep folders lie in folders: `shutil.rmtree` calls itself for each, and ends at a thousand. Nothing of
    another folder, into which somebody has moved one meanwhile.
    """
    here = os.open(tree, _FOLDER)
    try:
        way = [_Level("", _identity(here), _emptied(here))]
        while way:
            if way[-1].folders:
                name = way[-1].folders.pop()
                here = _moved(here, name)
                way.append(_Level(name, _identity(here), _emptied(here)))
            elif done := way.pop().name:
                here = _moved(here, "..")
                if _identity(here) != way[-1].identity:
                    raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), done)
                os.rmdir(done, dir_fd=here)
    finally:
        os.close(here)
    tree.rmdir()


class _Level(NamedTuple):
    """A folder that is being removed: `folders` are those in it that are left."""

    name: str
    identity: tuple[int, int]
    folders: list[str]


def _identity(directory: int) -> tuple[int, int]:
    found = os.fstat(directory)
    return found.st_dev, found.st_ino


def _emptied(directory: int) -> list[str]:
    """Remove all but folders; their names."""
    with os.scandir(directory) as entries:
        found = list(entries)
    for entry in found:
        if not entry.is_dir(follow_symlinks=False):
            _unlink_at(directory, entry.name)
    return [entry.name for entry in found if entry.is_dir(follow_symlinks=False)]


def _moved(here: int, name: str) -> int:
    """From one folder to another; a link is none."""
    there = os.open(name, _FOLDER, dir_fd=here)
    os.close(here)
    return there


def _drafted(path: Path, make: Callable[[Path], Made]) -> tuple[Path, Made]:
    """A draft beside the path, under a name that no other writer of the same file has just now."""
    for name in secrets.SystemRandom().sample(SPARES, len(SPARES)):
        draft = _spare(path, name)
        with suppress(FileExistsError):
            return draft, make(draft)
    sweep(path)  # so many can only be what kills left
    return _drafted(path, make)


def _spares(path: Path) -> list[Path]:
    return [_spare(path, name) for name in SPARES]


def _spare(path: Path, name: str) -> Path:
    return path.with_name(f".{path.name}.{name}.new")


def _open_new(draft: Path) -> int:
    return os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
