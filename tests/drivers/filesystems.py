"""A file system of its own in a file, for tests of what only some can."""

import errno
import fcntl
import os
import stat
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.waiting import until

IMAGE_BYTES = 320 * 1024 * 1024  # XFS takes no less
# How each is made and mounted, so that it keeps limits of directories.
WAYS = {
    "btrfs": (("mkfs.btrfs", "--quiet"), "defaults"),
    "ext4": (("mkfs.ext4", "-q", "-O", "project,quota", "-E", "quotatype=prjquota"), "prjquota"),
    "xfs": (("mkfs.xfs", "-q"), "prjquota"),
}
# loop(4): the devices' numbers and requests. Nodes of our own, because a chroot's /dev may have none.
CONTROL, MAJOR = os.makedev(10, 237), 7
LOOP_SET_FD, LOOP_CLR_FD, LOOP_CTL_GET_FREE = 0x4C00, 0x4C01, 0x4C82


@contextmanager
def mounted(place: Path, image: Path, *, kind: str = "btrfs") -> Iterator[None]:
    """On the directory `place`, with quota enabled; `image` is made and removed. Raises CalledProcessError where the
    kernel cannot mount it so.
    """
    make, options = WAYS[kind]
    with ExitStack() as stack:
        stack.callback(image.unlink, missing_ok=True)
        with image.open("wb") as file:
            file.truncate(IMAGE_BYTES)
        _run(*make, str(image))
        device = stack.enter_context(_looped(image))
        _run("mount", "-t", kind, "-o", options, str(device), str(place))
        stack.callback(unmount, place)
        place.chmod(0o755)
        if kind == "btrfs":
            _run("btrfs", "quota", "enable", str(place))
        yield


def unmount(place: Path) -> None:
    """Also what a run that was killed has left mounted. A server's process of a visitor who has just left may still be
    inside.
    """

    def is_unmounted() -> bool:
        done = subprocess.run(["umount", str(place)], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0 or "busy" in done.stderr, done.stderr
        return done.returncode == 0

    until(is_unmounted, f"{place} is busy")


@contextmanager
def _looped(image: Path) -> Iterator[Path]:
    """A block device whose content is the image."""
    with ExitStack() as stack:
        yield until(lambda: _attached(image, stack), "each free device was taken by somebody else")


def _attached(image: Path, stack: ExitStack) -> Path | None:
    """To the first free device, until the stack unwinds; None where another test has just taken that."""
    with ExitStack() as own:
        content = own.enter_context(image.open("r+b"))
        with _node(image.with_name("loop-control"), stat.S_IFCHR, CONTROL) as path, path.open("r+b", 0) as control:
            number = fcntl.ioctl(control, LOOP_CTL_GET_FREE)
        path = own.enter_context(_node(image.with_name("loop"), stat.S_IFBLK, os.makedev(MAJOR, number)))
        device = own.enter_context(path.open("r+b", 0))
        try:
            fcntl.ioctl(device, LOOP_SET_FD, content.fileno())
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
            return None
        own.callback(fcntl.ioctl, device, LOOP_CLR_FD)
        stack.push(own.pop_all())
        return path


@contextmanager
def _node(path: Path, kind: int, number: int) -> Iterator[Path]:
    os.mknod(path, kind | 0o600, number)
    try:
        yield path
    finally:
        path.unlink()


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True, timeout=60)
