"""A machine that forbids namespaces, mounts and control groups: the demonstration runs, and says what is missing."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.layout import REPOSITORY, load
from demo.stack import services
from tests.demo.running import Demonstration, demonstration
from tests.site_numbers import First

pytestmark = pytest.mark.real
RESTRICTED = (sys.executable, str(Path(__file__).with_name("restricted.py")))
SERVERS = ("postgresql", "portal", "node-interface", "worker", "machine", "agent")
MISSING = ["sandbox", "network", "nested-namespaces", "system-calls", "memory", "processes", "cpu", "outgoing"]
MISSING += ["symlinks", "disk", "files"]


@pytest.fixture(scope="module")
def ended() -> Iterator[tuple[Demonstration, "subprocess.CompletedProcess[str]"]]:
    with demonstration("reduced", first_site=First.DEMO_REDUCED, around=RESTRICTED) as made:
        yield made, made.run("--exit")


def test_every_proof_holds_and_what_is_missing_is_named(
    ended: tuple[Demonstration, "subprocess.CompletedProcess[str]"],
) -> None:
    made, done = ended
    assert done.returncode == 0, done.stdout + done.stderr
    assert [check for check in made.evidence["checks"] if not check["ok"]] == []
    assert len(made.evidence["checks"]) == 21
    assert json.loads((made.state / "result.json").read_text())["waiting"] == ""  # nothing is left where nobody goes on
    assert done.stdout.rstrip().endswith("sampai script/demo --clean.")  # and no page is named, which nobody serves
    assert "Portal  http" not in done.stdout
    named = dict(row.split(": ", 1) for row in made.evidence["reduced"])
    assert list(named) == MISSING
    assert all(named.values())
    assert all(f"perlindungan berkurang: {row}" in done.stdout for row in made.evidence["reduced"])
    assert made.processes() == []


def test_no_server_waits_for_more_than_it_needs_and_none_is_begun_twice(
    ended: tuple[Demonstration, "subprocess.CompletedProcess[str]"],
) -> None:
    made, done = ended
    said = [line.strip() for line in done.stdout.partition("Semua server siap")[0].splitlines()]
    assert said == [f"{name} siap" for name in SERVERS]
    beside = [service.server.name for service in services(load(made.state), simulation=False) if service.early]
    assert beside == ["machine"]  # the office's servers are started meanwhile
    assert "starting it again" not in done.stderr + (made.state / "logs" / "machine.log").read_text()


def test_status_names_it_and_a_node_that_requires_everything_refuses(
    ended: tuple[Demonstration, "subprocess.CompletedProcess[str]"],
) -> None:
    made, _ = ended
    settings = made.state / "node.toml"
    strict = made.state / "strict.toml"
    strict.write_text(settings.read_text().replace("require_all = false", "require_all = true"))

    def node(config: Path, *words: str) -> "subprocess.CompletedProcess[str]":
        program = str(Path(sys.executable).parent / "panggon-node")
        argv = [*RESTRICTED, program, "--config", str(config), *words]
        return subprocess.run(argv, cwd=REPOSITORY, capture_output=True, text=True, timeout=60)

    status = node(settings, "status")
    assert status.returncode == 0
    assert [name for name in MISSING if name not in status.stdout] == []
    for words in (("services", "run"), ("run",)):
        refused = node(strict, *words)
        assert refused.returncode == 1
        assert refused.stderr.startswith("perlindungan ini tidak dapat diberikan di mesin ini: sandbox: ")
        assert refused.stderr.count("node.unprotected") == 1
        assert [name for name in MISSING[:-2] if f"{name}: " not in refused.stderr] == []  # storage is not demanded
    assert made.processes() == []
