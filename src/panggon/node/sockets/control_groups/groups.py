"""Control groups of sites: memory, number of processes and processor time, by version 1 or 2, whichever carries the
controller here.

Where their folders can be, `controllers` finds out. Nothing here says that a limit is enforced: `shields.protections`
tries that.
"""

import errno
import os
import signal
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from panggon.drivers.system import kernel, processes
from panggon.node import slices

# Processor time is given out anew in each of these (microseconds). The longest that the kernel takes: whoever comes
# back after having waited for a new share is owed time, and goes before those who have just woken, for a whole tick. In
# periods of 20 ms that happened to every tenth request of the neighbours, in these it happens once a second.
PERIOD = 1_000_000
# So often a group is looked at anew for what was forked meanwhile.
LOOKS_MOST = 5


@dataclass(frozen=True, slots=True)
class GroupBounds:
    """What all processes of one group together may use. `cpu_percent`: 100 is one processor."""

    memory_mebibytes: int
    processes: int
    cpu_percent: int


@dataclass(frozen=True, slots=True)
class ControlGroups:
    """Where the groups of sites are made: one folder per controller; None where this machine has none to give.
    `tracking` are the groups by which systemd knows its units, where these are apart from the controllers; `cpuset` is
    for those that are confined.
    """

    memory: Path | None
    processes: Path | None
    cpu: Path | None
    tracking: tuple[Path, ...] = ()
    cpuset: Path | None = None

    def bound(self, *, memory_mebibytes: int) -> None:
        """What all groups together may have. Raises OSError when the kernel refuses."""
        if self.memory:
            _limit_memory(self.memory, memory_mebibytes * 1024 * 1024)

    def taken(self) -> int | None:
        """Bytes of memory that all groups together have taken and that only their end gives back; None where they are
        not counted.
        """
        with suppress(OSError, ValueError):
            if self.memory:
                lines = kernel.told(self.memory / "memory.stat").splitlines()
                found = {name: int(size) for name, size in map(str.split, lines)}
                return found.get("anon", found.get("total_rss", 0)) + found.get("total_shmem", found.get("shmem", 0))
        return None

    def ended_for_memory(self, name: str) -> int:
        """How many programs of the group the kernel has ended because there was no memory left for them."""
        with suppress(OSError):
            if self.memory:
                own = self.memory / name
                told = own / "memory.events" if (own / "memory.events").exists() else own / "memory.oom_control"
                lines = (line.split() for line in kernel.told(told).splitlines())
                return next((int(line[1]) for line in lines if line[0] == "oom_kill"), 0)
        return 0

    def create(self, name: str, bounds: GroupBounds, *, period: int = PERIOD) -> tuple[Path, ...]:
        """Make or adjust the group; returns the directories to enter. Processor time is given out in each `period` of
        microseconds. Raises OSError when the kernel refuses.
        """
        for directory in self._directories(name):
            directory.mkdir(parents=True, exist_ok=True)
        if self.memory:
            _limit_memory(self.memory / name, bounds.memory_mebibytes * 1024 * 1024)
        if self.processes:
            (self.processes / name / "pids.max").write_text(str(bounds.processes))
        if self.cpu:
            _limit_cpu(self.cpu / name, bounds.cpu_percent, period)
        return (*self._directories(name), *self.tracking)

    def enter(self, name: str, bounds: GroupBounds, pids: Iterable[int]) -> None:
        """Put processes that run into the group, and with them what they will start. Raises OSError as `create`."""
        self.create(name, bounds)
        for pid in pids:
            for directory in self._directories(name):
                with suppress(ProcessLookupError):
                    (directory / "cgroup.procs").write_text(str(pid))

    def held_back(self, name: str) -> int:
        """How often the group has wanted more processor time than it may have (`cpu.stat`, both versions)."""
        return self._figures(name).get("nr_throttled", 0)

    def worked(self, name: str) -> float:
        """Seconds of a processor that the group has taken; with version 1 without what has ended and had no parent in
        the group that waited for it.
        """
        if known := self._figures(name).get("usage_usec"):
            return known / 1_000_000
        return sum(map(processes.worked, self.members(name)))

    def _figures(self, name: str) -> dict[str, int]:
        with suppress(OSError):  # it has ended
            if self.cpu:
                lines = kernel.told(self.cpu / name / "cpu.stat").splitlines()
                return {word: int(figure) for word, figure in map(str.split, lines)}
        return {}

    def cpu_percent(self, name: str) -> int:
        """What was allowed to the group, 0 where nothing is bounded."""
        with suppress(OSError, ValueError):
            if self.cpu and (self.cpu / name / "cpu.max").exists():
                quota, period = kernel.told(self.cpu / name / "cpu.max").split()
                return 100 * int(quota) // int(period)
            if self.cpu:
                quota, period = (kernel.told(self.cpu / name / f"cpu.cfs_{each}_us") for each in ("quota", "period"))
                return max(0, 100 * int(quota) // int(period))
        return 0

    def confine(self, name: str, processors: Sequence[int]) -> None:
        """All of the group on these processors, or wherever it likes (none named). Where that cannot be, nothing
        happens: it is no bound, but keeps others from waiting.
        """
        with suppress(OSError):
            if self.cpuset and (self.cpuset / name / "cpuset.cpus").exists():
                # A group with processes in it cannot be emptied of processors (ENOSPC), so all are named.
                everywhere = (self.cpuset / "cpuset.cpus.effective").read_text().strip()
                (self.cpuset / name / "cpuset.cpus").write_text(",".join(map(str, processors)) or everywhere)
            elif self.cpuset:  # with version 1 a group of its own would cost each start some milliseconds
                lane = _lane(self.cpuset, processors)
                for pid in self._all(name):
                    with suppress(OSError):
                        (lane / "cgroup.procs").write_text(str(pid))

    def set_slice(self, name: str, seconds: float) -> None:
        """Of every thread of the group (`slices`)."""
        for pid in self._all(name):
            with suppress(OSError):  # it has ended
                for thread in Path(f"/proc/{pid}/task").iterdir():
                    slices.set_slice(int(thread.name), seconds)

    def _all(self, name: str) -> Iterator[int]:
        """Its members while something is done to each: what is forked meanwhile is found at another look, and what is
        forked afterwards has it from its parent.
        """
        there: set[int] = set()
        for _ in range(LOOKS_MOST):
            new = self.members(name) - there
            if not new:
                return
            yield from new
            there |= new

    @property
    def tells_apart(self) -> bool:
        """Whether the members of a group are known here."""
        return bool(self.memory or self.processes)

    def has(self, name: str) -> bool:
        return any(directory.is_dir() for directory in self._directories(name))

    def names(self) -> frozenset[str]:
        """Of all groups, and of the files beside them: for who asks of thousands of sites whether they have one."""
        found: set[str] = set()
        for folder in set(filter(None, self._folders)):
            with suppress(FileNotFoundError):  # an installation that ended took it away
                found.update(each.name for each in folder.iterdir())
        return frozenset(found)

    def members(self, name: str) -> frozenset[int]:
        pids: set[int] = set()
        for directory in self._directories(name):
            with suppress(OSError):
                pids.update(map(int, kernel.told(directory / "cgroup.procs").split()))
        return frozenset(pids)

    def kill(self, name: str) -> None:
        """SIGKILL to every process of the group; a limit of no processes keeps a fork from slipping through. Who has
        used up its share of the processor could die in the next period only, so there is no limit any more.
        """
        if self.processes:
            with suppress(OSError):
                (self.processes / name / "pids.max").write_text("0")
        if self.cpu:
            with suppress(OSError):
                _free_cpu(self.cpu / name)
        for pid in self.members(name):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def remove(self, name: str) -> None:
        """Remove the group if it is empty; a group that is still dying is left and used again."""
        for directory in self._directories(name):
            with suppress(OSError):
                directory.rmdir()

    def close(self) -> None:
        """Remove the folders, unless another installation on this machine has groups in them."""
        lanes = [*self.cpuset.glob("lane-*"), self.cpuset] if self.cpuset else []
        for folder in (*self._folders, *lanes):
            if folder:
                with suppress(OSError):
                    folder.rmdir()

    def _directories(self, name: str) -> tuple[Path, ...]:
        return tuple(dict.fromkeys(base / name for base in self._folders if base))

    @property
    def _folders(self) -> tuple[Path | None, ...]:
        return (self.memory, self.processes, self.cpu)


def _lane(cpuset: Path, processors: Sequence[int]) -> Path:
    """Version 1 wants both to be said before anybody may enter."""
    top = cpuset.parent
    everywhere, memory = ((top / f"cpuset.{name}").read_text().strip() for name in ("cpus", "mems"))
    own = cpuset / f"lane-{'-'.join(map(str, processors))}" if processors else cpuset
    for place, cpus in ((cpuset, everywhere), (own, ",".join(map(str, processors)) or everywhere)):
        place.mkdir(exist_ok=True)
        (place / "cpuset.mems").write_text(memory)
        (place / "cpuset.cpus").write_text(cpus)
    return own


def _limit_memory(directory: Path, size: int) -> None:
    """With version 1 what waits in TCP's and UDP's sockets is no memory of the group's, but has a bound of its own, and
    is counted for sockets only that are made afterwards.
    """
    if (directory / "memory.max").exists():
        (directory / "memory.max").write_text(str(size))
        with suppress(OSError):  # no such file without swap accounting
            (directory / "memory.swap.max").write_text("0")
        return
    with_swap = directory / "memory.memsw.limit_in_bytes"  # must never be below the limit without swap
    with suppress(OSError):
        with_swap.write_text("-1")
    (directory / "memory.limit_in_bytes").write_text(str(size))
    with suppress(OSError):
        with_swap.write_text(str(size))
    with suppress(OSError):  # no such file where the kernel counts none of its own memory; `protections` finds out
        (directory / "memory.kmem.tcp.limit_in_bytes").write_text(str(size))


def _limit_cpu(directory: Path, percent: int, period: int) -> None:
    """Besides this bound the kernel shares what is there equally among the groups that want it. As much again as a
    group did not use before it may use at once, so that some visitors who come together do not wait for a new period.
    Version 1 refuses what is more than all groups together have, in a container with a bound: that one holds, as with
    version 2.
    """
    quota = percent * period // 100
    _free_cpu(directory)  # the kernel refuses steps between, whose period, quota and burst do not fit each other
    if (directory / "cpu.max").exists():
        (directory / "cpu.max").write_text(f"{quota} {period}")
    else:
        (directory / "cpu.cfs_period_us").write_text(str(period))
        try:
            (directory / "cpu.cfs_quota_us").write_text(str(quota))
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            return
    _burst(directory).write_text(str(quota))


def _free_cpu(directory: Path) -> None:
    _burst(directory).write_text("0")
    if (directory / "cpu.max").exists():
        (directory / "cpu.max").write_text("max")
    else:
        (directory / "cpu.cfs_quota_us").write_text("-1")


def _burst(directory: Path) -> Path:
    return directory / ("cpu.max.burst" if (directory / "cpu.max").exists() else "cpu.cfs_burst_us")
