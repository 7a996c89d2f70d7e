"""How much a site may store: on file systems that bound it, and on one that does not."""

import ctypes
import errno
import os
import re
import struct
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from panggon.core.node.planning.resources import Key, Kind
from panggon.core.sites.spec import Limits, SiteSpec, SiteState
from panggon.drivers.directory import DirectoryDriver
from panggon.drivers.directory import Settings as DirectorySettings
from panggon.drivers.file_systems import storage
from panggon.drivers.quota import RECORD, QuotaDriver, Settings
from tests.drivers import filesystems
from tests.drivers.conftest import UID_BASE
from tests.drivers.contract import Case, Contract

pytestmark = pytest.mark.real
FIRST, SECOND = {"mebibytes": 20, "files": 1000}, {"mebibytes": 40, "files": 2000}
MEBIBYTE = 1024 * 1024
FULL = (errno.EDQUOT, errno.ENOSPC)  # XFS says of a project what it says of the disk
CAPABILITIES, CAP_SYS_RESOURCE = 0x20080522, 24  # capget(2): the version of its words; capabilities(7)


def bounding_by(kind: str, root: Path, stack: ExitStack) -> Path:
    """A directory on a file system of this kind, until the stack ends."""
    place = root / kind
    place.mkdir()
    stack.callback(place.rmdir)
    try:
        stack.enter_context(filesystems.mounted(place, root / f"{kind}.img", kind=kind))
    except subprocess.CalledProcessError as error:
        if kind == "btrfs":
            raise
        pytest.skip(f"this kernel has no project quota of {kind}: {error.stderr.decode()}")
    return place


@pytest.fixture(scope="module", params=["btrfs", "ext4", "xfs"])
def bounding(request: pytest.FixtureRequest, root: Path) -> Iterator[Path]:
    """A file system that bounds directories."""
    with ExitStack() as stack:
        yield bounding_by(request.param, root, stack)


@pytest.fixture(scope="module")
def counts(bounding: Path) -> bool:
    """Whether it bounds their number of files too."""
    return bounding.name != "btrfs"


@pytest.fixture
def ground(bounding: Path) -> Path:
    """Where sites lie."""
    return bounding


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
    limits = Limits(disk_mebibytes=mebibytes, files=1000)
    return SiteSpec(site=site, host="a.example", state=SiteState.OPEN, generation=1, limits=limits)


def filled(place: Path) -> int:
    """How many MiB could be written before the file system refused, at most 64."""
    with (place / "public" / "filler").open("wb", 0) as file:
        for written in range(64):
            try:
                file.write(os.urandom(MEBIBYTE))
                os.fsync(file.fileno())
            except OSError as error:
                assert error.errno in FULL  # noqa: PT017 - the number is what is asked
                return written
    return 64


def crowded(place: Path) -> int:
    """How many files could be made before the file system refused, at most 2,000."""
    for number in range(2000):
        try:
            (place / "public" / f"{number}.txt").touch()
        except OSError as error:
            assert error.errno in FULL  # noqa: PT017 - the number is what is asked
            return number
    return 2000


@pytest.fixture
def bounded_as_sites_are() -> Iterator[None]:
    """Without the right of root to go beyond limits, which no program of a site has, nor any unit of the machine."""
    header, sets = struct.pack("=Ii", CAPABILITIES, 0), ctypes.create_string_buffer(24)
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.capget(header, sets) == 0
    former = sets.raw
    effective, *others = struct.unpack("=6I", former)
    fewer = struct.pack("=6I", effective & ~(1 << CAP_SYS_RESOURCE), *others)
    assert libc.capset(header, fewer) == 0
    yield
    assert libc.capset(header, former) == 0


def test_writing_stops_at_the_limit_of_space(
    driver: QuotaDriver, key: Key, place: Path, bounded_as_sites_are: None
) -> None:
    driver.write(key, FIRST)
    limit = storage.Limit(20, 1000)
    assert (storage.is_full(place), driver.is_full(key, limit)) == (False, False)
    assert 15 <= filled(place) <= 20
    assert (storage.is_full(place), driver.is_full(key, limit)) == (True, True)
    with pytest.raises(OSError, match=r"quota|No space"):
        (place / "private" / "more").write_bytes(bytes(MEBIBYTE))
    (check,) = driver.probe(key, spec=spec(key.name, 20))
    assert (check.name, check.ok) == ("quota.bounded", True)
    assert 15 * MEBIBYTE <= (driver.used(key) or 0) <= 20 * MEBIBYTE
    (place / "public" / "filler").unlink()
    assert (storage.is_full(place), driver.is_full(key, limit)) == (False, False)
    driver.write(key, SECOND)
    assert 30 <= filled(place) <= 40


def test_a_file_system_that_bounds_nothing_is_watched(root: Path, site: str, uid: int, key: Key) -> None:
    tree, driver = (
        DirectoryDriver(DirectorySettings(root, UID_BASE)),
        QuotaDriver(Settings(root, UID_BASE, bounded=False)),
    )
    tree.write(Key(Kind.DIRECTORY, site), {"uid": uid})
    driver.write(key, FIRST)
    assert filled(root / "sites" / site) == 64
    assert not storage.is_full(root / "sites" / site)
    (check,) = driver.probe(key, spec=spec(key.name, 20))
    assert (check.name, check.ok) == ("watch.space", True)
    assert check.detail == "batas 20 MiB dan 1000 berkas, hanya diawasi di mesin ini"
    for changed in ({"mebibytes": 2000, "files": 1000}, None):  # by a person
        if changed:
            driver.write(key, changed)
        else:
            (root / "sites" / site / "quota.json").unlink()
        assert not driver.probe(key, spec=spec(key.name, 20))[0].ok
    assert (driver.used(key), driver.is_full(key, storage.Limit(20, 1000))) == (None, False)
    tree.write(Key(Kind.DIRECTORY, site), None)


def test_making_files_stops_at_the_limit_of_files(
    driver: QuotaDriver, key: Key, place: Path, counts: bool, bounded_as_sites_are: None
) -> None:
    driver.write(key, {"mebibytes": 20, "files": 100})
    made = crowded(place)
    assert made == (2000 if not counts else pytest.approx(90, abs=8))  # the site's own directories and files count too
    assert (storage.is_full(place), driver.is_full(key, storage.Limit(20, 100))) == (counts, counts)
    storage.write(place / "site.json", "{}")
    assert (place / "site.json").read_text() == "{}"
    driver.write(key, {"mebibytes": 20, "files": 1000})
    assert crowded(place) == (2000 if not counts else pytest.approx(990, abs=9))


def test_a_program_of_a_site_cannot_leave_what_is_counted(place: Path, uid: int, counts: bool) -> None:
    """Owners of files may give them to another project, but not from a user namespace (ioctl_fssetxattr): the sandbox
    is one (`shields.walls`).
    """
    if not counts:
        return
    file = place / "public" / "besar.txt"
    file.touch()
    os.chown(file, uid, uid)
    leaving = ["chattr", "-p", "4711", str(file)]
    as_owner = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
    inside = subprocess.run([*as_owner, "unshare", "--user", *leaving], capture_output=True, text=True, check=False)
    assert (inside.returncode != 0, "Invalid argument" in inside.stderr) == (True, True), inside.stderr
    subprocess.run([*as_owner, *leaving], check=True)


def test_a_full_site_can_be_changed(driver: QuotaDriver, key: Key, place: Path, bounded_as_sites_are: None) -> None:
    driver.write(key, FIRST)
    filled(place)
    storage.write(place / "site.json", "x" * 4096)
    assert (place / "site.json").stat().st_size == 4096
    storage.write(place / "run" / "served.json", "x" * 4096)
    assert (place / "run" / "served.json").stat().st_size == 4096
    storage.rename(place / "site.json", place / "other.json")
    assert (place / "other.json").stat().st_size == 4096
    assert not (place / "site.json").exists()
    assert driver.read(key).attributes == FIRST
    assert storage.bound_of(place).most == 20 * MEBIBYTE
    storage.bound(place, storage.Limit(24, 1064))  # as a kill leaves it in the middle
    assert driver.read(key).attributes == FIRST
    assert driver.probe(key, spec=spec(key.name, 20))[0].ok
    driver.write(key, SECOND)
    assert driver.read(key).attributes == SECOND


def test_a_site_that_stores_more_than_a_smaller_plan_can_be_changed(
    driver: QuotaDriver, key: Key, place: Path, bounded_as_sites_are: None
) -> None:
    """Into that plan and out of it."""
    driver.write(key, SECOND)
    assert filled(place) >= 30
    driver.write(key, FIRST)
    assert driver.read(key).attributes == FIRST
    storage.write(place / "site.json", "x" * 4096)
    assert (place / "site.json").stat().st_size == 4096
    assert storage.bound_of(place).most == 20 * MEBIBYTE
    driver.write(key, SECOND)
    assert driver.read(key).attributes == SECOND


def test_a_limit_that_others_changed_is_seen(driver: QuotaDriver, key: Key, place: Path, counts: bool) -> None:
    driver.write(key, FIRST)
    storage.bound(place, None)
    assert driver.read(key).attributes == {"mebibytes": None, "files": None if counts else 1000}
    assert not driver.probe(key, spec=spec(key.name, 20))[0].ok
    driver.write(key, FIRST)
    assert driver.read(key).attributes == FIRST


def test_what_cannot_bound_is_said(root: Path, bounding: Path, counts: bool) -> None:
    assert storage.unbounded(bounding) == ""
    assert (storage.uncounted(bounding) == "") is counts
    assert re.match(rf"sistem berkas (ext4|tmpfs|overlayfs|xfs) di {root} tidak membatasi", storage.unbounded(root))
    assert storage.unbounded(root / "none") == f"{root}/none belum ada"
    assert list(bounding.glob(".trial-*")) + list(root.glob(".trial-*")) == []


def test_what_takes_a_part_of_a_write_bounds_too(root: Path) -> None:
    """As ext4 does, and a file system in memory of 4 KiB less than the trial's MiB."""
    place = root / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1020k", "tmpfs", str(place)], check=True)
    try:
        assert storage._takes_too_much(place) is False
    finally:
        filesystems.unmount(place)
        place.rmdir()


def test_a_trial_that_was_killed_is_swept_and_one_under_way_is_not(bounding: Path) -> None:
    killed, running = bounding / ".trial-000000000001", bounding / ".trial-000000000002"
    for place in (killed, running):
        storage.make(place, project=1)
        storage.bound(place, storage.Limit(1, 1))
    os.utime(killed, (0, 0))
    assert storage.unbounded(bounding) == ""
    assert (killed.exists(), running.exists()) == (False, True)
    running.rmdir()
