"""What an owner wishes by files is found, and costs no more however many files lie beside it."""

import os
import time
from pathlib import Path

import pytest

from panggon.node.databases import wishes
from panggon.node.databases.wishes import Folders, Todo, Wish

SITE = "s000001"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / SITE / "private" / "database"
    place.mkdir(parents=True)
    return place


def look(folder: Path) -> tuple[Wish, ...]:
    folders = Folders(folder.parents[2], os.getuid() - 1)
    return folders.wishes(SITE, now=time.time() + 2 * wishes.SETTLED_SECONDS)


def test_a_wish_is_a_file_of_that_name(folder: Path) -> None:
    assert look(folder) == ()
    (folder / "Minta-Salinan.txt").mkdir()
    (folder / "muat.sql.gz").touch()
    assert look(folder) == (Wish(SITE, Todo.DUMP, "Minta-Salinan.txt"), Wish(SITE, Todo.LOAD, "muat.sql.gz"))


def test_a_load_waits_for_its_upload_and_for_no_clock(folder: Path) -> None:
    (folder / "muat.sql").touch()
    written = (folder / "muat.sql").stat().st_ctime
    assert Folders(folder.parents[2], os.getuid() - 1).wishes(SITE, now=written + 1) == ()
    hours_before = Folders(folder.parents[2], os.getuid() - 1).wishes(SITE, now=written - 7200)
    assert hours_before == (Wish(SITE, Todo.LOAD, "muat.sql"),)


def test_of_very_many_files_only_some_are_looked_at_and_no_load_is_missed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wishes, "NAMES_MOST", 10)
    for number in range(200):
        (folder / f"{number}.sql").touch()
    (folder / "muat.sql").touch()
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        assert len(wishes._names(descriptor)) <= 11
    finally:
        os.close(descriptor)
    assert look(folder) == (Wish(SITE, Todo.LOAD, "muat.sql"),)
    mark = wishes.loading_mark(folder.parents[1])
    mark.parent.mkdir()
    mark.touch()
    (folder / wishes.INTERRUPTED).touch()
    assert look(folder) == (Wish(SITE, Todo.RESTORE),)
