"""The command line carries copies of a site's database in and out; what is done with them is tested in
`databases/test_copies.py`.
"""

import errno
import os
import re
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from click.testing import CliRunner

from panggon.drivers.system import asking
from panggon.node.command.cli import cli
from panggon.node.databases import wishes
from panggon.node.databases.wishes import LOAD_BY_HAND
from tests.node import simulated
from tests.node.simulated import SITE

pytestmark = pytest.mark.real


CAPABILITIES = re.compile(r"^CapEff:\s*(\w+)$", re.MULTILINE)
COPY = "salinan-2026-11-27-180000.sql.gz"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the site's copies lie."""
    settings = simulated.settings(tmp_path)
    private, uid = settings.paths.root / "sites" / SITE / "private", settings.sites.uid_base + int(SITE[1:])
    (private / "database").mkdir(parents=True)
    for path in (private, private / "database"):
        os.chown(path, uid, uid)
    return private / "database"


@pytest.mark.parametrize(
    ("name", "kind", "saved"),
    [
        (COPY, stat.S_IFREG, True),
        (COPY, stat.S_IFIFO, False),
        ("../../rahasia", stat.S_IFREG, False),
    ],
)
def test_a_copy_is_saved_or_it_is_told_that_it_is_not(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: int, *, saved: bool
) -> None:
    """The folder is the site's: anything may be in the copy's place by now."""
    os.mknod(folder / COPY, kind | 0o600)
    monkeypatch.setattr(wishes, "is_let_in", lambda *_: True)
    monkeypatch.setattr(asking, "ask", lambda *_, **__: {"done": True, "words": "Salinan dibuat.", "file": name})
    target = tmp_path / "salinan.sql.gz"
    result = CliRunner().invoke(cli, ["--config", str(simulated.toml(tmp_path)), "dump", SITE, "--to", str(target)])
    told = f"Disimpan juga sebagai {target}." in result.stdout
    assert (result.exit_code == 0, told, target.exists()) == (saved,) * 3


def test_of_a_site_that_is_not_here_that_is_said(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["--config", str(simulated.toml(tmp_path)), "dump", "s000099"])
    assert result.exit_code == 1
    assert "situs s000099 tidak ada di mesin ini (node.unknown_site)" in result.stderr


@pytest.mark.parametrize(
    ("done", "said", "told"),
    [
        (True, f"Isi {LOAD_BY_HAND} sudah dimuat.", "Isi salinan.sql.gz sudah dimuat.\n"),
        (False, f"Pemuatan gagal: {LOAD_BY_HAND} kosong.", "Pemuatan gagal: salinan.sql.gz kosong.\n"),
    ],
)
def test_of_a_load_the_file_that_was_given_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, done: bool, said: str, told: str
) -> None:
    settings = simulated.settings(tmp_path)
    private, uid = settings.paths.root / "sites" / SITE / "private", settings.sites.uid_base + int(SITE[1:])
    private.mkdir(parents=True)
    os.chown(private, uid, uid)
    (tmp_path / "salinan.sql.gz").write_bytes(b"isi")
    taken = []

    def answer(_control: Path, *, request: Mapping[str, Any], **_more: Any) -> Mapping[str, Any]:
        taken.append((dict(request), (private / "database" / LOAD_BY_HAND).read_bytes()))
        return {"done": done, "words": said, "file": ""}

    monkeypatch.setattr(asking, "ask", answer)
    command = ["--config", str(simulated.toml(tmp_path)), "load", SITE, str(tmp_path / "salinan.sql.gz")]
    result = CliRunner().invoke(cli, command)
    assert (result.exit_code, result.stdout) == (0 if done else 1, told)
    assert taken == [({"do": "load", "site": SITE}, b"isi")]


def test_a_copy_that_has_no_room_is_refused_and_leaves_nothing(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root goes beyond the bound of a site's space on ext4, unless he gives that right up."""

    def no_room(_source: BinaryIO, target: BinaryIO) -> None:
        rights.append(CAPABILITIES.search(Path("/proc/thread-self/status").read_text())[1])
        target.write(b"isi")
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    rights: list[str] = []
    monkeypatch.setattr(shutil, "copyfileobj", no_room)
    (tmp_path / "salinan.sql.gz").write_bytes(b"isi")
    command = ["--config", str(simulated.toml(tmp_path)), "load", SITE, str(tmp_path / "salinan.sql.gz")]
    result = CliRunner().invoke(cli, command)
    assert (result.exit_code, "disk.full" in result.stderr) == (1, True)
    assert rights == ["0000000000000000"]
    assert not (folder / LOAD_BY_HAND).exists()
