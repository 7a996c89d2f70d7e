"""Before the holder runs, protections are tried where systemd gives control groups away, not where somebody asks."""

import dataclasses
import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from panggon.drivers.system import shell
from panggon.node import protections
from panggon.node.settings import config
from panggon.node.settings.config import NodeConfig
from panggon.node.sockets.shields import trial
from panggon.node.sockets.shields.protections import Protection
from panggon.node.sockets.shields.walls import Shield
from panggon.node.supervision import units

SETTINGS: dict[str, Any] = {
    "web": {"addresses": ["127.0.0.1"]},
    "dns": {"zone": "kota.example", "ipv4": ["127.0.0.1"], "addresses": ["127.0.0.1"]},
    "sftp": {"addresses": ["127.0.0.1"]},
}
FOUND = Protection("memory", False, "mesin ini tidak memberi"), Protection("cpu", True, "")
SAID = json.dumps([dataclasses.asdict(each) for each in FOUND])


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> Iterator[NodeConfig]:
    monkeypatch.setattr(units, "installed", lambda: True)
    monkeypatch.setattr(protections, "ask_holder", lambda _: None)
    protections._of_sandboxes.cache_clear()
    yield config.parse(SETTINGS)
    protections._of_sandboxes.cache_clear()


def test_they_are_tried_in_a_unit_of_their_own(node: NodeConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Sequence[str]] = []

    def run(argv: Sequence[str], **_: Any) -> shell.Finished:
        asked.append(argv)
        return shell.Finished(0, SAID, "")

    monkeypatch.setattr(shell, "run", run)
    found = protections._of_sandboxes(node)
    assert found == FOUND
    ((program, *words),) = asked
    assert program == "systemd-run"
    assert "--property=Delegate=yes" in words
    assert words[-2:] == ["panggon.node.sockets.shields.trial", str(node.sites.uid_base)]


def test_where_systemd_makes_no_unit_nothing_counts_as_protected(
    node: NodeConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shell, "run", lambda *_, **__: shell.Finished(1, "", "Failed to connect to bus\n"))
    found = protections._of_sandboxes(node)
    assert found == tuple(Protection(shield, False, "Failed to connect to bus") for shield in Shield)


def test_what_is_tried_there_is_told_as_it_is_read(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "protections", lambda uid_base: FOUND if uid_base == 2_000_000 else ())
    trial.main("2000000")
    assert protections._read(json.loads(capsys.readouterr().out)) == FOUND
