"""A btrfs of its own in a file, for tests of what only some file systems can."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

IMAGE_BYTES = 256 * 1024 * 1024


@contextmanager
def mounted(place: Path, image: Path) -> Iterator[None]:
    """On the directory `place`, with quota enabled; `image` is made and removed."""
    with image.open("wb") as file:
        file.truncate(IMAGE_BYTES)
    try:
        _run("mkfs.btrfs", "--quiet", str(image))
        _run("mount", "-o", "loop", str(image), str(place))
        try:
            place.chmod(0o755)
            _run("btrfs", "quota", "enable", str(place))
            yield
        finally:
            _run("umount", str(place))
    finally:
        image.unlink()


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True, timeout=30)
