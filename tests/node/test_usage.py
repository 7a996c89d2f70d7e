"""What a site stores is counted as it is, a little at a time, whatever its owner puts in the way."""

import itertools
import os
import time
from pathlib import Path

import pytest

from panggon.node.sockets.usage import Bounds, Meter

MEBIBYTE = 1024 * 1024
PLENTY = Bounds(mebibytes=1000, files=1000)


def exceeds(place: Path, bounds: Bounds) -> bool:
    found = Meter(place, bounds).count(time.monotonic() + 60, time.monotonic)
    assert found is not None
    return found


def test_space_is_what_lies_on_the_disk(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "three").write_bytes(os.urandom(3 * MEBIBYTE))
    with (tmp_path / "hollow").open("wb") as file:
        file.truncate(500 * MEBIBYTE)
    assert exceeds(tmp_path, Bounds(mebibytes=2, files=1000))
    assert not exceeds(tmp_path, Bounds(mebibytes=4, files=1000))


def test_every_name_is_a_file_but_its_content_counts_once(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(os.urandom(MEBIBYTE))
    for number in range(9):
        (tmp_path / f"again{number}").hardlink_to(tmp_path / "one")
    assert not exceeds(tmp_path, Bounds(mebibytes=2, files=10))
    assert exceeds(tmp_path, Bounds(mebibytes=2, files=9))


def test_links_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "big").write_bytes(os.urandom(3 * MEBIBYTE))
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "site" / "round").symlink_to(tmp_path / "site")
    assert not exceeds(tmp_path / "site", Bounds(mebibytes=1, files=2))


def test_a_tree_too_deep_to_be_counted_is_too_much(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=descriptor)
        deeper = os.open("d" * 250, os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = deeper
    os.close(descriptor)
    assert exceeds(tmp_path, PLENTY)


def test_it_goes_on_where_it_stopped_and_begins_anew(tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / f"{number}").touch()
    ticks = itertools.count()
    meter = Meter(tmp_path, Bounds(mebibytes=1, files=49))
    answers = [meter.count(next(ticks) + 3.0, lambda: float(next(ticks))) for _ in range(40)]
    assert answers.count(True) >= 2
    assert answers[:5] == [None] * 5
    (tmp_path / "0").unlink()
    assert False in [meter.count(next(ticks) + 30.0, lambda: float(next(ticks))) for _ in range(20)]


@pytest.mark.parametrize("name", ["gone", "file"])
def test_what_is_no_directory_counts_as_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    assert not exceeds(tmp_path / name, Bounds(mebibytes=1, files=1))
