"""The administrator hears of a disk that is nearly full, before papers cannot be stored."""

import shutil
from datetime import timedelta
from types import SimpleNamespace

import pytest

from panggon.core.cases.procedure import Role
from panggon.core.room import GIBIBYTE
from panggon.portal import room
from panggon.portal.jobs import check_room


@pytest.fixture
def disk(monkeypatch):
    now = SimpleNamespace(free=3 * GIBIBYTE, total=40 * GIBIBYTE)
    monkeypatch.setattr(shutil, "disk_usage", lambda _place: now)
    return now


def test_the_administrators_are_told_once_a_day(office, disk):
    admin = office.person("admin", Role.ADMINISTRATOR)
    for hours in (0, 1, 25):
        room.check(now=office.now + timedelta(hours=hours))
    told = admin.notices.filter(subject="Disk portal hampir penuh")
    assert [notice.occasion for notice in told] == ["warning", "warning"]
    assert told[0].text == (
        "Sisa 3,0\xa0GiB dari 40,0\xa0GiB. Bila habis, surat dan naskah tidak dapat disimpan: perbesar disknya."
    )
    assert not office.head.notices.filter(subject__startswith="Disk").exists()


def test_nobody_is_told_of_enough_room(office, disk):
    admin = office.person("admin", Role.ADMINISTRATOR)
    disk.free = 5 * GIBIBYTE
    check_room.func(timestamp=0)
    assert not admin.notices.filter(subject__startswith="Disk").exists()


def test_before_the_first_file_there_is_no_folder_yet(office, settings, tmp_path):
    settings.PANGGON_FILES = tmp_path / "not" / "there"
    room.check(now=office.now)
