"""The `.htaccess` files that a site has brought, and what of them has no effect. Only looked at, never obeyed.

They are the site's own: nothing is followed, and only so much is read.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from panggon.core.sites.htaccess import Effect, Lost, lost
from panggon.core.sites.kinds import Profile
from panggon.core.sites.routing import ROUTINGS

NAME = ".htaccess"
FILES_MOST = 100
FOLDERS_MOST = 2000
DEPTH_MOST = 100  # a folder stays open while those in it are read
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
BYTES_MOST = 65_536  # of one
ALL_BYTES_MOST = 512 * 1024


@dataclass(frozen=True, slots=True)
class Found:
    """`path` is below the folder where addresses begin."""

    path: str
    lost: tuple[Lost, ...]


def found(public: Path, profile: Profile) -> tuple[Found, ...]:
    """Every `.htaccess` with words that have no effect, by path; of the first `FOLDERS_MOST` folders, and of those that
    lie at most `DEPTH_MOST` deep.
    """
    root = Path(f"{public}{ROUTINGS[profile].folder}")
    texts = _at_most(ALL_BYTES_MOST, islice(_texts(root), FILES_MOST))
    seen = (Found(f"{folder}{NAME}", lost(text, folder=folder, profile=profile)) for folder, text in texts)
    return tuple(sorted((each for each in seen if each.lost), key=lambda each: each.path))


def summary(files: tuple[Found, ...]) -> str:
    """One sentence for people; empty where nothing is lost."""
    if not files:
        return ""
    protections = sum(each.effect is Effect.PROTECTION for file in files for each in file.lost)
    words = f".htaccess tidak dibaca; {sum(len(file.lost) for file in files)} perintah tidak berlaku di "
    words += ", ".join(file.path for file in files[:5]) + (", …" if len(files) > 5 else "")
    return words + (f"; {protections} di antaranya larangan atau kata sandi" if protections else "")


def _texts(root: Path) -> Iterator[tuple[str, str]]:
    """Folder and content of each; a link is no folder and no file."""
    try:
        directory = os.open(root, FOLDER)
    except OSError:
        return
    for folder, each in islice(_folders(directory, "/", DEPTH_MOST), FOLDERS_MOST):
        with suppress(OSError):
            yield folder, _read(each)


def _folders(directory: int, folder: str, deeper: int) -> Iterator[tuple[str, int]]:
    """The folder and those in it, each with its descriptor. `os.fwalk` would wait for ever at a pipe that has taken the
    place of a folder meanwhile. Closes the directory.
    """
    try:
        yield folder, directory
        for name in _names(directory) if deeper else ():
            try:
                child = os.open(name, FOLDER, dir_fd=directory)
            except OSError:
                continue
            yield from _folders(child, f"{folder}{name}/", deeper - 1)
    finally:
        os.close(directory)


def _names(directory: int) -> list[str]:
    with os.scandir(directory) as entries:
        return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]


def _at_most(size: int, texts: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Those that have `size` characters together."""
    for folder, text in texts:
        size -= len(text)
        if size < 0:
            return
        yield folder, text


def _read(directory: int) -> str:
    descriptor = os.open(NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=directory)
    try:
        regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
        return os.read(descriptor, BYTES_MOST).decode(errors="replace") if regular else ""
    finally:
        os.close(descriptor)
