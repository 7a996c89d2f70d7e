"""How much a site may store: on btrfs, which bounds it, and on a file system that does not."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from panggon.core.resources import Key, Kind
from panggon.core.spec import Limits, SiteSpec, SiteState
from panggon.drivers import storage
from panggon.drivers.directory import DirectoryDriver
from panggon.drivers.directory import Settings as DirectorySettings
from panggon.drivers.quota import RECORD, QuotaDriver, Settings
from tests.drivers import btrfs
from tests.drivers.conftest import UID_BASE
from tests.drivers.contract import Case, Contract

pytestmark = pytest.mark.real
FIRST, SECOND = {"mebibytes": 20, "files": 1000}, {"mebibytes": 40, "files": 2000}
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def bounding(root: Path) -> Iterator[Path]:
    place = root / "btrfs"
    place.mkdir()
    with btrfs.mounted(place, root / "btrfs.img"):
        yield place
    place.rmdir()


@pytest.fixture(params=["btrfs", "plain"])
def ground(request: pytest.FixtureRequest, root: Path) -> Path:
    """Where sites lie: a file system that bounds directories, or one that does not."""
    return Path(request.getfixturevalue("bounding")) if request.param == "btrfs" else root


@pytest.fixture
def driver(ground: Path) -> QuotaDriver:
    return QuotaDriver(Settings(ground, UID_BASE, bounded=not storage.unbounded(ground)))


@pytest.fixture
def key(site: str) -> Key:
    return Key(Kind.QUOTA, site)


@pytest.fixture
def place(ground: Path, site: str, uid: int) -> Iterator[Path]:
    """The site's tree, made by its own driver."""
    tree, key = DirectoryDriver(DirectorySettings(ground, UID_BASE)), Key(Kind.DIRECTORY, site)
    tree.write(key, {"uid": uid})
    yield ground / "sites" / site
    tree.write(key, None)
    assert not (ground / "sites" / site).exists()


class TestContract(Contract):
    @pytest.fixture
    def ground(self, bounding: Path) -> Path:
        return bounding

    @pytest.fixture
    def case(self, driver: QuotaDriver, key: Key, place: Path) -> Case:
        record = place / RECORD
        return Case(
            driver=lambda: driver,
            key=key,
            first=FIRST,
            second=SECOND,
            plant=lambda: record.write_text("milik orang lain") and None,
            planted=record.read_text,
            clear=record.unlink,
            stride=2,
        )


def spec(site: str, mebibytes: int) -> SiteSpec:
    limits = Limits(disk_mebibytes=mebibytes)
    return SiteSpec(site=site, host="a.example", state=SiteState.OPEN, generation=1, limits=limits)


def filled(place: Path) -> int:
    """How many MiB could be written before the file system refused, at most 64."""
    with (place / "public" / "filler").open("wb", 0) as file:
        for written in range(64):
            try:
                file.write(os.urandom(MEBIBYTE))
                os.fsync(file.fileno())
            except OSError as error:
                assert error.errno == errno.EDQUOT  # noqa: PT017 - the number is what is asked
                return written
    return 64


def test_btrfs_stops_writing_at_the_limit_even_of_root(
    bounding: Path, driver: QuotaDriver, key: Key, place: Path, ground: Path
) -> None:
    driver.write(key, FIRST)
    if ground != bounding:
        assert filled(place) == 64
        (check,) = driver.probe(key, spec=spec(key.name, 20))
        assert (check.name, check.ok) == ("watch.space", True)
        assert "hanya diawasi" in check.detail
        assert driver.used(key) is None
        return
    assert 15 <= filled(place) <= 20
    with pytest.raises(OSError, match="quota"):
        (place / "private" / "more").write_bytes(bytes(MEBIBYTE))
    (check,) = driver.probe(key, spec=spec(key.name, 20))
    assert (check.name, check.ok) == ("quota.bounded", True)
    assert 15 * MEBIBYTE <= (driver.used(key) or 0) <= 20 * MEBIBYTE
    (place / "public" / "filler").unlink()
    driver.write(key, SECOND)
    assert 30 <= filled(place) <= 40


def test_a_full_site_can_be_changed(bounding: Path, driver: QuotaDriver, key: Key, place: Path, ground: Path) -> None:
    if ground != bounding:
        return
    driver.write(key, FIRST)
    filled(place)
    storage.write(place / "site.json", "x" * 4096)
    assert (place / "site.json").stat().st_size == 4096
    storage.rename(place / "site.json", place / "other.json")
    assert (place / "other.json").stat().st_size == 4096
    assert not (place / "site.json").exists()
    assert driver.read(key).attributes == FIRST
    assert storage.bound_of(place).most == 20 * MEBIBYTE
    storage.bound(place, 24)  # as a kill leaves it in the middle
    assert driver.read(key).attributes == FIRST
    assert driver.probe(key, spec=spec(key.name, 20))[0].ok
    driver.write(key, SECOND)
    assert driver.read(key).attributes == SECOND


def test_a_limit_that_others_changed_is_seen(bounding: Path, driver: QuotaDriver, key: Key, place: Path) -> None:
    driver.write(key, FIRST)
    if driver.settings.root == bounding:
        storage.bound(place, None)
        assert (driver.read(key).attributes or {})["mebibytes"] is None
        assert not driver.probe(key, spec=spec(key.name, 20))[0].ok
    driver.write(key, FIRST)
    assert driver.read(key).attributes == FIRST


def test_what_cannot_bound_is_said(root: Path, bounding: Path) -> None:
    assert storage.unbounded(bounding) == ""
    assert "tidak dapat membatasi tiap situs" in storage.unbounded(root)
    assert "No such file" in storage.unbounded(root / "none")
    assert list(bounding.glob(".trial-*")) + list(root.glob(".trial-*")) == []


def test_a_trial_that_was_killed_is_swept_and_one_under_way_is_not(bounding: Path) -> None:
    killed, running = bounding / ".trial-000000000001", bounding / ".trial-000000000002"
    for place in (killed, running):
        storage.make(place)
        storage.bound(place, 1)
    os.utime(killed, (0, 0))
    assert storage.unbounded(bounding) == ""
    assert (killed.exists(), running.exists()) == (False, True)
    running.rmdir()
