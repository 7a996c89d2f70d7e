"""The proof of a site that its file system lets store nothing more."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from panggon.core.node.planning.driver import Check
from panggon.core.node.planning.resources import Key
from panggon.core.sites.spec import SiteState
from panggon.drivers import sftp
from panggon.drivers.file_systems import storage
from panggon.drivers.ssh.sftp_client import FULL
from tests.drivers import filesystems
from tests.drivers.sftp.owner import spec

pytestmark = pytest.mark.real
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def root(root: Path) -> Iterator[Path]:
    """On a file system that bounds each site."""
    place = root / "bounding"
    place.mkdir()
    with filesystems.mounted(place, root / "bounding.img"):
        yield place
    place.rmdir()


def fill(file: Path) -> None:
    with file.open("wb", 0) as stored:
        for _ in range(40):
            try:
                stored.write(os.urandom(MEBIBYTE))
                os.fsync(stored.fileno())
            except OSError as error:
                assert error.errno == errno.EDQUOT  # noqa: PT017 -- the number is what is asked
                return
    raise AssertionError("nothing bounds it")


@pytest.mark.usefixtures("serving", "_removed")
def test_it_is_proven_that_uploads_are_refused(
    driver: sftp.AccessDriver, key: Key, owner: tuple[Path, str], root: Path
) -> None:
    def upload() -> Check:
        checks = driver.probe(key, spec=spec(key.name, SiteState.OPEN, owner[1]))
        assert {check.name for check in checks if not check.ok} <= {"sftp.upload"}
        return next(check for check in checks if check.name == "sftp.upload")

    driver.write(key, {"keys": (owner[1],)})
    place = root / "sites" / key.name
    storage.bound(place, storage.Limit(20, 1000))
    fill(place / "private" / "filler")
    assert upload() == Check("sftp.upload", ok=True, detail=FULL)
    storage.write(place / "logs" / "PENUH.txt", "penuh", mode=0o640, gid=int((place / "logs").stat().st_gid))
    assert upload() == Check("sftp.upload", ok=True, detail=FULL), "its owner was told"
    for file in (place / "private" / "filler", place / "logs" / "PENUH.txt"):
        file.unlink()
    assert upload() == Check("sftp.upload", ok=True, detail="berkas di /public diunggah, diunduh, dihapus")
    (place / "public").chmod(0o550)
    assert not upload().ok  # refused, and not because it is full
    (place / "public").chmod(0o2750)
