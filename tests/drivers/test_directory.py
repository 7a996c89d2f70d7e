import errno
import os
import re
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.node.planning.resources import Key, Kind, Standing, foreign, ours, partial
from panggon.core.sites.spec import SiteSpec, SiteState
from panggon.drivers.directory import DirectoryDriver, Settings
from panggon.drivers.system import files
from tests.drivers.conftest import UID_BASE
from tests.drivers.contract import Case, Contract

WEB = 33
pytestmark = pytest.mark.real


@pytest.fixture
def driver(root: Path) -> DirectoryDriver:
    return DirectoryDriver(Settings(root, UID_BASE))


@pytest.fixture
def key(site: str) -> Key:
    return Key(Kind.DIRECTORY, site)


@pytest.fixture
def place(root: Path, site: str) -> Path:
    return root / "sites" / site


class TestContract(Contract):
    @pytest.fixture
    def case(self, driver: DirectoryDriver, key: Key, place: Path, uid: int) -> Case:
        def plant() -> None:
            place.mkdir(parents=True)
            (place / "index.html").write_text("milik orang lain")

        def clear() -> None:
            (place / "index.html").unlink()
            place.rmdir()

        return Case(
            driver=lambda: driver,
            key=key,
            first={"uid": uid},
            second={"uid": uid},  # a tree has nothing else that can be wished
            plant=plant,
            planted=(place / "index.html").read_text,
            clear=clear,
        )

    def test_nothing_is_left_of_killed_writes(self, case: Case, place: Path) -> None:
        (place.parent / f".{place.name}.3.new" / "public").mkdir(parents=True)
        (place.parent / f".{place.name}.c.new").mkdir()
        case.write(case.first)
        assert [path.name for path in place.parent.iterdir() if place.name in path.name] == [place.name]


@pytest.fixture
def tree(driver: DirectoryDriver, key: Key, uid: int):
    driver.write(key, {"uid": uid})
    yield
    driver.write(key, None)


def spec(site: str) -> SiteSpec:
    return SiteSpec(site, "a.example", SiteState.PREPARED, 1)


@pytest.mark.usefixtures("tree")
class TestTree:
    def test_owners_and_modes(self, place: Path, uid: int) -> None:
        found = {path.name: path.stat() for path in (place, *place.iterdir())}
        assert {name: (seen.st_uid, seen.st_gid, oct(seen.st_mode & 0o7777)) for name, seen in found.items()} == {
            place.name: (0, 0, "0o755"),
            "public": (uid, WEB, "0o2750"),
            "private": (uid, uid, "0o700"),
            "tmp": (uid, uid, "0o700"),
            "logs": (0, uid, "0o750"),
            "run": (0, WEB, "0o750"),
            ".panggon": (0, 0, "0o644"),
        }

    def test_another_user_cannot_look_in(self, place: Path, uid: int) -> None:
        for name in ("public", "private", "tmp", "logs", "run"):
            look = ["setpriv", f"--reuid={uid + 1}", f"--regid={uid + 1}", "--clear-groups", "ls", str(place / name)]
            assert subprocess.run(look, capture_output=True).returncode == 2, name

    @pytest.mark.parametrize(
        ("name", "mode", "ok"),
        [
            ("public", 0o755, True),
            ("public", 0o2751, True),
            ("public", 0o700, False),
            ("public", 0o777, False),
            ("private", 0o750, True),
            ("private", 0o777, False),
            ("private", 0o701, False),
            ("private", 0o704, False),
            ("private", 0o000, False),
            ("tmp", 0o1700, True),
            ("tmp", 0o755, False),
            ("tmp", 0o500, False),
            ("logs", 0o755, False),
            ("", 0o777, False),
        ],
    )
    def test_modes_that_serve_the_site_and_show_others_nothing(
        self, driver: DirectoryDriver, key: Key, place: Path, uid: int, name: str, mode: int, *, ok: bool
    ) -> None:
        """Others are told, with the owner's own way out where he has one, and mended."""
        (place / name).chmod(mode)
        (check,) = driver.probe(key, spec=spec(key.name))
        assert (check.name, check.ok) == ("directory.owners", ok)
        made = {"": 0o755, "public": 0o2750, "private": 0o700, "tmp": 0o700, "logs": 0o750}[name]
        way_out = rf"; pemilik dapat memperbaikinya lewat SFTP: chmod {made & 0o777:o} {name}"
        told = rf"/{name}: ([0-9]+:[0-9]+) {mode:04o}, seharusnya \1 {made:04o}"
        told += way_out if name in ("public", "private", "tmp") else ""
        assert ok or re.fullmatch(told, check.detail)
        found = driver.read(key)
        assert found == (ours(key, uid=uid) if ok else partial(key, check.detail))
        driver.write(key, {"uid": uid})
        assert driver.read(key) == ours(key, uid=uid)
        assert ok or stat.S_IMODE((place / name).stat().st_mode) == made

    def test_the_web_servers_group_is_mended(self, driver: DirectoryDriver, key: Key, place: Path, uid: int) -> None:
        os.chown(place / "public", -1, uid)  # the owner may: it is his own
        (place / "public").chmod(0o2750)
        why = f"/public: {uid}:{uid} 2750, seharusnya {uid}:{WEB} 2750"
        assert driver.read(key) == partial(key, why)
        driver.write(key, {"uid": uid})
        assert driver.read(key) == ours(key, uid=uid)
        assert (place / "public").stat().st_gid == WEB

    @pytest.mark.parametrize("name", ["", "public", "private", "logs"])
    def test_what_is_mounted_over_it_is_told_and_left(
        self, driver: DirectoryDriver, key: Key, place: Path, uid: int, tmp_path: Path, name: str
    ) -> None:
        (tmp_path / "kept").write_text("isi")
        if subprocess.run(["mount", "--bind", tmp_path, place / name], capture_output=True).returncode:
            pytest.skip("nothing can be mounted here")
        try:
            found = replace(driver, owned=frozenset({key})).read(key)
            assert found == foreign(key, f"sesuatu dikaitkan (mount) di atas {place / name}")
            for after in ({"uid": uid}, None):
                with pytest.raises(PermanentError, match=r"directory\.foreign"):
                    driver.write(key, after)
            assert (tmp_path / "kept").read_text() == "isi"
        finally:
            subprocess.run(["umount", "--lazy", place / name], check=True)
        assert driver.read(key) == ours(key, uid=uid)

    @pytest.mark.parametrize("name", ["public", "private", "tmp"])
    def test_an_owner_cannot_keep_a_site_open_by_closing_it(
        self, driver: DirectoryDriver, key: Key, place: Path, name: str
    ) -> None:
        (place / name).chmod(0o000)
        for state, ok in {SiteState.OPEN: False, SiteState.SUSPENDED: True, SiteState.PARKED: True}.items():
            (check,) = driver.probe(key, spec=replace(spec(key.name), state=state))
            assert (check.name, check.ok) == ("directory.owners", ok)
            assert (replace(driver, state=state).read(key).standing is Standing.OURS) is ok
        (place / name).chmod(0o700)

    def test_what_the_owner_does_inside_leaves_it_as_it_reads(
        self, driver: DirectoryDriver, key: Key, place: Path, uid: int
    ) -> None:
        (place / "public" / "etc").symlink_to("/etc")
        (place / "public" / "open").mkdir(mode=0o777)
        assert driver.read(key).attributes == {"uid": uid}

    def test_a_missing_directory_is_partial_and_mended_without_loss(
        self, driver: DirectoryDriver, key: Key, place: Path, uid: int
    ) -> None:
        (place / "public" / "kept").write_text("isi")
        (place / "tmp").rmdir()
        assert driver.read(key).standing is Standing.PARTIAL
        assert driver.probe(key, spec=spec(key.name))[0].ok is False
        driver.write(key, {"uid": uid})
        assert driver.read(key).standing is Standing.OURS
        assert (place / "public" / "kept").read_text() == "isi"

    def test_the_tree_of_another_user_is_foreign(
        self, driver: DirectoryDriver, key: Key, place: Path, uid: int
    ) -> None:
        os.chown(place / "public", uid + 1, WEB)
        assert driver.read(key).standing is Standing.FOREIGN
        with pytest.raises(PermanentError, match=r"directory\.foreign"):
            driver.write(key, None)
        os.chown(place / "public", uid, WEB)

    def test_removal_does_not_follow_links(self, driver: DirectoryDriver, key: Key, place: Path, root: Path) -> None:
        other = root / "other"
        other.mkdir()
        (other / "file").write_text("tetap")
        (place / "public" / "link").symlink_to(other)
        driver.write(key, None)
        assert not place.exists()
        assert (other / "file").read_text() == "tetap"


def test_a_full_disk_changes_nothing(
    driver: DirectoryDriver, key: Key, place: Path, uid: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TemporaryError, match=r"disk\.full"):
        driver.write(key, {"uid": uid})
    assert driver.read(key).standing is Standing.ABSENT
    assert [path.name for path in place.parent.iterdir() if key.name in path.name] == []


def test_folders_in_folders_without_end_are_removed(driver: DirectoryDriver, key: Key, place: Path, uid: int) -> None:
    """More than a path can have, and than Python can call itself; with links, of which none is followed."""
    driver.write(key, {"uid": uid})
    kept = place.parent / "kept"
    kept.mkdir()
    (kept / "file").touch()
    here = os.open(place / "public", os.O_RDONLY)
    for _ in range(3000):
        os.symlink(kept, "link", dir_fd=here)
        os.mkdir("beside", dir_fd=here)
        os.mkdir("d", dir_fd=here)
        there = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = there
    os.close(here)
    driver.write(key, None)
    assert [path.name for path in place.parent.iterdir() if key.name in path.name] == []
    assert (kept / "file").exists()


def test_a_folder_that_is_moved_meanwhile_leads_nowhere_else(
    driver: DirectoryDriver, key: Key, place: Path, uid: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever can still move folders in a site must not have those removed that are beside its own."""
    driver.write(key, {"uid": uid})
    for name in ("one", "other"):
        (place / "public" / "folder" / name).mkdir(parents=True)
    kept = place.parent / "kept" / "one"
    kept.mkdir(parents=True)
    emptied = files._emptied

    def moving(directory: int) -> list[str]:
        here = Path(f"/proc/self/fd/{directory}").readlink()
        if here.name == "other":
            here.rename(kept.parent / here.name)
        return sorted(emptied(directory))  # the last one comes first

    monkeypatch.setattr(files, "_emptied", moving)
    with pytest.raises(PermanentError, match=r"disk\.refused"):
        driver.write(key, None)
    assert kept.exists()
    driver.write(key, None)
    assert [path.name for path in place.parent.iterdir() if key.name in path.name] == []
    assert kept.exists()
