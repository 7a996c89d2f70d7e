"""What is written into control groups of both versions, and that a limit nobody enforces counts as none."""

import os
from pathlib import Path

import pytest

from panggon.node.cgroups import Bounds, ControlGroups
from panggon.node.sockets.protections import _try_cpu, _try_memory, _try_processes

BOUNDS = Bounds(memory_mebibytes=64, processes=12, cpu_percent=150)
TRIALS = (_try_cpu, _try_memory, _try_processes)
MEMORY = str(64 * 1024 * 1024)


def written(place: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in place.iterdir() if path.read_text()}


def test_version_1_has_a_group_for_each_controller(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("memory", "pids", "cpu")]
    groups = ControlGroups(*folders)
    assert groups.create("s000001", BOUNDS) == tuple(folder / "s000001" for folder in folders)
    memory, processes, cpu = (written(folder / "s000001") for folder in folders)
    assert memory == {"memory.limit_in_bytes": MEMORY, "memory.memsw.limit_in_bytes": MEMORY}
    assert processes == {"pids.max": "12"}
    assert cpu == {"cpu.cfs_period_us": "20000", "cpu.cfs_quota_us": "30000"}


def test_version_2_has_one_group_for_all(tmp_path: Path) -> None:
    (tmp_path / "s000001").mkdir()
    for name in ("memory.max", "memory.swap.max", "pids.max", "cpu.max"):
        (tmp_path / "s000001" / name).touch()
    assert ControlGroups(tmp_path, tmp_path, tmp_path).create("s000001", BOUNDS) == (tmp_path / "s000001",)
    assert written(tmp_path / "s000001") == {
        "memory.max": MEMORY,
        "memory.swap.max": "0",
        "pids.max": "12",
        "cpu.max": "30000 20000",
    }


@pytest.mark.parametrize("stat", ["nr_periods 10\nnr_throttled 0\nthrottled_time 0\n", ""])
def test_a_limit_that_nobody_enforces_is_none(tmp_path: Path, stat: str) -> None:
    """Plain directories take everything that is written and enforce nothing."""
    group = tmp_path / f"trial-{os.getpid()}"
    group.mkdir()
    (group / "cpu.stat").write_text(stat)
    groups = ControlGroups(tmp_path, tmp_path, tmp_path)
    for attempt in TRIALS:
        assert attempt(groups) == "the limit was set, but not enforced"


def test_no_controller_is_no_limit() -> None:
    nothing = ControlGroups(None, None, None)
    assert nothing.create("s000001", BOUNDS) == ()
    for attempt in TRIALS:
        assert "controller" in attempt(nothing)
