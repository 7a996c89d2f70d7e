"""The command line loads a copy into a site's database; what that does is tested in `databases/test_copies.py`."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from panggon.drivers import asking
from panggon.node.command.cli import cli
from panggon.node.databases.wishes import LOAD_BY_HAND
from tests.node import simulated
from tests.node.simulated import SITE

pytestmark = pytest.mark.real


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
