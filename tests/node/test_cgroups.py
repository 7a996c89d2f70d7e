"""What is written into control groups of both versions, and that a limit nobody enforces counts as none."""

import os
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from panggon.node import slices
from panggon.node.daemons import systemd
from panggon.node.sockets.control_groups import controllers
from panggon.node.sockets.control_groups.groups import ControlGroups, GroupBounds, _free_cpu
from panggon.node.sockets.control_groups.lanes import Lanes
from panggon.node.sockets.shields.protections import _try_cpu, _try_memory, _try_processes
from tests.node.scheduling import KNOWS_SLICES, slice_of
from tests.waiting import until

BOUNDS = GroupBounds(memory_mebibytes=64, processes=12, cpu_percent=150)
TRIALS = (_try_cpu, _try_memory, _try_processes)
MEMORY = str(64 * 1024 * 1024)


def written(place: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in place.iterdir() if path.read_text()}


def test_version_1_has_a_group_for_each_controller(tmp_path: Path) -> None:
    folders = where, whose, how = tmp_path / "memory", tmp_path / "pids", tmp_path / "cpu"
    groups = ControlGroups(where, whose, how)
    assert groups.create("s000001", BOUNDS) == tuple(folder / "s000001" for folder in folders)
    memory, processes, cpu = (written(folder / "s000001") for folder in folders)
    assert memory == {
        "memory.limit_in_bytes": MEMORY,
        "memory.memsw.limit_in_bytes": MEMORY,
        "memory.kmem.tcp.limit_in_bytes": MEMORY,
    }
    groups.bound(memory_mebibytes=64)
    assert {name: (where / name).read_text() for name in memory} == memory
    assert processes == {"pids.max": "12"}
    assert cpu == {"cpu.cfs_period_us": "1000000", "cpu.cfs_quota_us": "1500000", "cpu.cfs_burst_us": "1500000"}


def test_with_version_2_a_group_is_confined_by_a_word(tmp_path: Path) -> None:
    for name, content in (("cpuset.cpus", ""), ("cpu.max", "1500000 1000000")):
        (tmp_path / "s000001").mkdir(exist_ok=True)
        (tmp_path / "s000001" / name).write_text(content)
    (tmp_path / "cpuset.cpus.effective").write_text("0-3\n")
    groups = ControlGroups(tmp_path, tmp_path, tmp_path, cpuset=tmp_path)
    assert groups.cpu_percent("s000001") == 150
    groups.confine("s000001", (1, 3))
    assert (tmp_path / "s000001" / "cpuset.cpus").read_text() == "1,3"
    groups.confine("s000001", ())
    assert (tmp_path / "s000001" / "cpuset.cpus").read_text() == "0-3"


def test_version_2_has_one_group_for_all(tmp_path: Path) -> None:
    (tmp_path / "s000001").mkdir()
    for name in ("memory.max", "memory.swap.max", "pids.max", "cpu.max"):
        (tmp_path / "s000001" / name).touch()
    assert ControlGroups(tmp_path, tmp_path, tmp_path).create("s000001", BOUNDS) == (tmp_path / "s000001",)
    assert written(tmp_path / "s000001") == {
        "memory.max": MEMORY,
        "memory.swap.max": "0",
        "pids.max": "12",
        "cpu.max": "1500000 1000000",
        "cpu.max.burst": "1500000",
    }


@pytest.mark.parametrize("stat", ["nr_periods 10\nnr_throttled 0\nthrottled_time 0\n", ""])
def test_a_limit_that_nobody_enforces_is_none(tmp_path: Path, stat: str) -> None:
    """Plain directories take everything that is written and enforce nothing."""
    group = tmp_path / f"trial-{os.getpid()}-cpu"
    group.mkdir()
    (group / "cpu.stat").write_text(stat)
    groups = ControlGroups(tmp_path, tmp_path, tmp_path)
    for attempt in TRIALS:
        assert attempt(groups) == "batas sudah dipasang, tetapi tidak ditegakkan"


def test_memory_is_bounded_only_if_what_waits_in_sockets_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = controllers.find()
    if groups.memory is None:  # a container may be given none
        pytest.skip("no controller of memory")
    assert _try_memory(groups) == ""
    if not (groups.memory / "memory.limit_in_bytes").exists():
        pytest.skip("version 2 counts sockets as memory")

    def without_sockets(directory: Path, size: int) -> None:
        (directory / "memory.limit_in_bytes").write_text(str(size))

    monkeypatch.setattr("panggon.node.sockets.control_groups.groups._limit_memory", without_sockets)
    assert _try_memory(groups) == "batas sudah dipasang, tetapi tidak ditegakkan"


def test_no_controller_is_no_limit() -> None:
    nothing = ControlGroups(None, None, None)
    assert nothing.create("s000001", BOUNDS) == ()
    for attempt in TRIALS:
        assert "pengendali" in attempt(nothing)


def test_who_has_used_up_its_share_of_the_processor_is_killed_at_once() -> None:
    """Not in the next period, when it may run again; a slow machine may come to the next one before it ends."""
    groups, name = controllers.find(), f"test-{os.getpid()}"
    if groups.cpu is None:  # a container may be given none; `status` says so there, which other tests hold
        pytest.skip("no controller of processor time")
    until(lambda: ends_in_its_period(groups, name))


def ends_in_its_period(groups: ControlGroups, name: str) -> bool:
    def periods() -> list[str]:
        assert groups.cpu
        lines = (groups.cpu / name / "cpu.stat").read_text().splitlines()
        return [line for line in lines if line.startswith("nr_periods ")]

    directories = groups.create(name, GroupBounds(memory_mebibytes=64, processes=12, cpu_percent=1))
    burner = subprocess.Popen(["sh", "-c", "while :; do :; done"])
    try:
        for directory in directories:
            (directory / "cgroup.procs").write_text(str(burner.pid))
        until(lambda: groups.held_back(name) > 0)
        began = periods()
        groups.kill(name)
        assert burner.wait(timeout=60) == -signal.SIGKILL
        return periods() == began
    finally:
        burner.kill()
        burner.wait()
        groups.remove(name)


def test_a_group_may_be_allowed_more_than_all_of_them_have() -> None:
    """As in a container with a bound of its own, which holds then."""
    groups, outer, name = controllers.find(), f"test-{os.getpid()}-outer", "s000001"
    if groups.cpu is None:  # a container may be given none; `status` says so there, which other tests hold
        pytest.skip("no controller of processor time")
    groups.create(outer, GroupBounds(memory_mebibytes=64, processes=12, cpu_percent=50))
    inner = replace(groups, cpu=groups.cpu / outer)
    try:
        inner.create(name, GroupBounds(memory_mebibytes=64, processes=12, cpu_percent=100))
        assert groups.cpu_percent(outer) == 50
        inner.create(name, GroupBounds(memory_mebibytes=64, processes=12, cpu_percent=25))
        assert inner.cpu_percent(name) == 25
    finally:
        inner.remove(name)
        groups.remove(outer)


def test_who_wants_more_than_it_may_have_leaves_the_first_processor_to_others() -> None:
    groups, name, everywhere = controllers.find(), f"test-{os.getpid()}-lane", os.sched_getaffinity(0)
    if groups.cpu is None or groups.cpuset is None or len(everywhere) < 2:  # a container, or a machine of one
        pytest.skip("no controller of processor time or of processors, or only one processor")
    directories = groups.create(name, GroupBounds(memory_mebibytes=64, processes=12, cpu_percent=1))
    code = "read go; (while :; do :; done) & while :; do :; done"
    burner = subprocess.Popen(["sh", "-c", code], stdin=subprocess.PIPE)
    try:
        for directory in directories:
            (directory / "cgroup.procs").write_text(str(burner.pid))
        assert burner.stdin
        burner.stdin.write(b"go\n")
        burner.stdin.close()
        until(lambda: len(groups.members(name)) == 2 and groups.held_back(name) > 0)
        lanes = Lanes(groups)
        lanes.look(name, number=1, now=0.0)
        before = groups.held_back(name)
        until(lambda: groups.held_back(name) > before)
        lanes.look(name, number=1, now=1.0)
        own = {*everywhere} - {min(everywhere)}
        members = groups.members(name)
        usual = slice_of(0)
        assert [slice_of(pid) for pid in members] == [slices.HEAVY] * 2 or not KNOWS_SLICES
        assert all(os.sched_getaffinity(pid) < everywhere and os.sched_getaffinity(pid) <= own for pid in members)
        lanes.ended(name, by_itself=False, now=2.0)
        groups.confine(name, ())
        lanes.started(name, number=1, now=3.0)
        assert all(os.sched_getaffinity(pid) <= own for pid in members), "it began anew, and still is"
        _free_cpu(groups.cpu / name)
        lanes.look(name, number=1, now=40.0)
        lanes.look(name, number=1, now=80.0)
        assert [os.sched_getaffinity(pid) for pid in members] == [everywhere] * 2, "it wants no more than it may have"
        assert [slice_of(pid) for pid in members] == [usual] * 2
    finally:
        groups.kill(name)
        burner.wait()
        groups.remove(name)


def test_who_works_nearly_all_of_its_time_leaves_the_first_processor_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However evenly, so that it is never held back; over half a second that is only a page that takes its time."""
    name, group = "s000001", tmp_path / "s000001"
    group.mkdir()
    for file, content in (("cpuset.cpus", "0-1"), ("cpu.max", "1000000 1000000")):
        (group / file).write_text(content)
    (tmp_path / "cpuset.cpus.effective").write_text("0-1\n")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    lanes = Lanes(ControlGroups(tmp_path, tmp_path, tmp_path, cpuset=tmp_path))

    def looked_at(now: float, worked: float) -> str:
        (group / "cpu.stat").write_text(f"usage_usec {worked * 1e6:.0f}\nnr_throttled 0\n")
        lanes.look(name, number=1, now=now)
        return (group / "cpuset.cpus").read_text()

    slow_page = [(0.0, 5.0), (0.5, 5.5), (1.0, 5.85)]
    assert [looked_at(*each) for each in (*slow_page, (2.0, 6.0))] == ["0-1"] * 4
    assert [looked_at(*each) for each in ((2.5, 6.45), (3.0, 6.91))] == ["0-1", "1"]
    assert [looked_at(*each) for each in ((32.5, 7.0), (33.0, 7.0))] == ["1", "0-1"]


def test_with_version_1_what_a_group_has_worked_is_its_members_sum(tmp_path: Path) -> None:
    (tmp_path / "s000001").mkdir()
    (tmp_path / "s000001" / "cpu.stat").write_text("nr_periods 0\nnr_throttled 0\nthrottled_time 0\n")
    groups = ControlGroups(None, None, tmp_path)
    with subprocess.Popen(["sh", "-c", "while :; do :; done"]) as burner:
        (tmp_path / "s000001" / "cgroup.procs").write_text(str(burner.pid))
        try:
            until(lambda: groups.worked("s000001") > 0.1)
        finally:
            burner.kill()
    assert groups.worked("s000001") == 0.0, "it has ended"


def test_groups_lie_in_the_unit_beside_this_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Version 1 has the controllers, and systemd knows its units by hierarchies of their own."""
    hierarchies = ("memory", "pids", "cpu", "name=systemd", "")
    for name in hierarchies:
        (tmp_path / f"of-{name}" / "panggon-sites.service").mkdir(parents=True)
    own = {name: tmp_path / f"of-{name}" / "panggon-sockets.service" for name in hierarchies}
    monkeypatch.setattr(controllers, "_own_groups", lambda: own)
    found = controllers.find(beside="panggon-sites.service")
    folders = [tmp_path / f"of-{name}" / "panggon-sites.service" / "panggon" for name in ("memory", "pids", "cpu")]
    assert [found.memory, found.processes, found.cpu] == folders
    assert found.tracking == tuple(tmp_path / f"of-{name}" / "panggon-sites.service" for name in ("name=systemd", ""))
    assert found.create("s000001", BOUNDS)[-2:] == found.tracking
    assert [found.has("s000001"), found.has("s000002")] == [True, False]
    assert controllers.find(beside="nobody.service") == ControlGroups(None, None, None)


@pytest.mark.parametrize("program", ["exec sleep 60", *["while :; do (:); done"] * 8])
def test_version_2_wants_the_unit_beside_emptied_into_a_leaf(program: str) -> None:
    """Tried on the kernel, with the one controller that version 2 has where version 1 has the others. What systemd is
    just starting there forks and ends meanwhile.
    """
    root = next((point for kind, point in _mounted() if kind == "cgroup2"), None)
    if root is None or "hugetlb" not in (root / "cgroup.controllers").read_text():
        # Where version 2 has all controllers they are in use by systemd, and the test in a host of its own holds this.
        pytest.skip("no controller of version 2 to try with")
    unit, given = root / f"panggon-test-{os.getpid()}", root / "cgroup.subtree_control"
    before = given.read_text()
    holder = subprocess.Popen(["sh", "-c", program])
    try:
        controllers._enable(root, "hugetlb")
        unit.mkdir()
        (unit / "cgroup.procs").write_text(str(holder.pid))
        folder = controllers._folder(None, unit, "hugetlb")
        assert folder == unit / "panggon"
        assert str(holder.pid) in (unit / controllers.LEAF / "cgroup.procs").read_text().split()
        (folder / "s000001").mkdir()
        assert "hugetlb" in (folder / "s000001" / "cgroup.controllers").read_text()
        assert controllers._folder(None, unit, "hugetlb") == folder  # the next holder
    finally:
        holder.kill()
        holder.wait()
        for place in (unit / "panggon" / "s000001", unit / "panggon", unit / controllers.LEAF, unit):
            until(lambda place=place: not place.exists() or _removed(place))
        if "hugetlb" not in before:
            given.write_text("-hugetlb")


def _removed(place: Path) -> bool:
    try:
        place.rmdir()
    except OSError:
        return False
    return True


def _mounted() -> list[tuple[str, Path]]:
    rows = (line.split() for line in Path("/proc/self/mounts").read_text().splitlines())
    return [(kind, Path(point)) for _, point, kind, *_ in rows]


@pytest.fixture
def unified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The group of version 2 that this process is in, with every controller, as it seems; systemd runs the machine."""
    monkeypatch.setattr(systemd, "RUNNING", tmp_path)
    own = tmp_path / "own.service"
    own.mkdir()
    (own / "cgroup.controllers").write_text("cpuset cpu memory pids\n")
    (own / "cgroup.procs").write_text(f"{os.getpid()}\n{os.getppid()}\n1\n")
    monkeypatch.setattr(controllers, "_own_groups", lambda: {"": own})
    return own


def test_nothing_is_made_in_a_group_that_systemd_has_to_itself(unified: Path) -> None:
    assert controllers.find() == ControlGroups(None, None, None)
    assert sorted(each.name for each in unified.iterdir()) == ["cgroup.controllers", "cgroup.procs"]


def test_one_that_systemd_has_given_away_is_emptied_and_used(unified: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.setxattr(unified, "trusted.delegate", b"1")
    moved: list[str] = []
    enabled: list[Path] = []

    def enable(group: Path, _controller: str) -> None:
        if not enabled and not moved:
            moved.extend(map(str, sorted(controllers._own_processes(unified))))
            raise OSError
        enabled.append(group)

    monkeypatch.setattr(controllers, "_enable", enable)
    found = unified / "panggon"
    assert controllers.find() == ControlGroups(found, found, found, cpuset=found)
    assert set(moved) == {str(os.getpid()), str(os.getppid()), "1"}, "all of them"


def test_without_systemd_a_group_of_version_2_is_used_for_who_it_is(
    unified: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(systemd, "RUNNING", unified / "none")
    monkeypatch.setattr(controllers, "_enable", lambda *_: None)
    assert controllers.find().memory == unified / "panggon"
    assert controllers._own_processes(unified) == {os.getpid(), os.getppid()}, "others may be somebody else's"
