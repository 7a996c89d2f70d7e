"""Where control groups can be made: which controllers this process may use, of version 1 or 2, whichever carries them.

Groups lie below this process's own group, so that a limit set on the whole service holds for every site too; under
systemd below that of a unit beside it, which stays when this one is started anew. Of version 2 systemd has a group to
itself unless it has given it away (`Delegate=`): whoever makes others in it takes controllers from its processes, and
a limit that is tried there ends the unit (`OOMPolicy=`), be it the one by which an administrator has come in.
"""

import os
from contextlib import suppress
from pathlib import Path

from panggon.node.daemons import systemd
from panggon.node.sockets.control_groups.groups import LOOKS_MOST, ControlGroups

FOLDER = "panggon"
# Version 2 forbids processes in a group that has limited children, so the service moves itself into this leaf.
LEAF = "panggon-holder"
BESIDE = "unit of systemd, beside this one, below which the groups of sites are made"


def find(*, beside: str = "") -> ControlGroups:
    """The controllers that this process may use, in its own group or in the one `beside` it of this name. None is no
    error: the machine may forbid them.
    """
    own = _own_groups()
    if beside:
        own = {name: path.with_name(beside) for name, path in own.items() if path.with_name(beside).is_dir()}
    unified = own.get("")
    if unified and systemd.is_booted() and not _is_given(_top(unified)):
        unified = None
    memory, processes, cpu = (_folder(own.get(name), unified, name) for name in ("memory", "pids", "cpu"))
    apart = beside and "memory" in own  # version 1 has the controllers
    tracking = tuple(own[name] for name in ("name=systemd", "") if name in own) if apart else ()
    cpuset = _folder(own.get("cpuset"), unified, "cpuset")
    return ControlGroups(memory=memory, processes=processes, cpu=cpu, tracking=tracking, cpuset=cpuset)


def _folder(legacy: Path | None, unified: Path | None, controller: str) -> Path | None:
    try:
        if legacy:
            (legacy / FOLDER).mkdir(exist_ok=True)
            return legacy / FOLDER
        if unified and controller in (unified / "cgroup.controllers").read_text().split():
            return _delegate(unified, controller)
    except OSError:
        return None
    return None


def _delegate(own: Path, controller: str) -> Path:
    """Raises OSError when the kernel refuses."""
    top = _top(own)
    for _ in range(LOOKS_MOST):
        try:
            _enable(top, controller)
            break
        except OSError:
            _empty(top)
    else:
        _enable(top, controller)
    (top / FOLDER).mkdir(exist_ok=True)
    _enable(top / FOLDER, controller)
    return top / FOLDER


def _top(own: Path) -> Path:
    """The group whose leaf this is, or this one."""
    return own.parent if own.name == LEAF else own


def _is_given(group: Path) -> bool:
    """Whether systemd has given it away with all that is in it (CGROUP_DELEGATION.md)."""
    with suppress(OSError):
        return os.getxattr(group, "trusted.delegate") == b"1"
    return False


def _empty(top: Path) -> None:
    """Into its leaf. What is just being started there may fork and end meanwhile."""
    leaf = top / LEAF
    leaf.mkdir(exist_ok=True)
    for pid in _own_processes(top):
        with suppress(ProcessLookupError):
            (leaf / "cgroup.procs").write_text(str(pid))


def _own_processes(top: Path) -> set[int]:
    """The keeper and this process, which is the holder; in a group that was given away whoever is there to hold it."""
    there = set(map(int, (top / "cgroup.procs").read_text().split()))
    own = {os.getppid(), os.getpid()}
    return there & own if os.getpid() in there and not _is_given(top) else there


def _enable(directory: Path, controller: str) -> None:
    (directory / "cgroup.subtree_control").write_text(f"+{controller}")


def _own_groups() -> dict[str, Path]:
    """The own directory of this process for each version 1 controller, and for version 2 under the empty name."""
    groups: dict[str, Path] = {}
    mounts = _mounts()
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            if controller in mounts:
                root, point = mounts[controller]
                groups[controller] = point / os.path.relpath(path, root)
    return {name: path for name, path in groups.items() if path.is_dir()}


def _mounts() -> dict[str, tuple[str, Path]]:
    """For each controller, which part of its hierarchy is mounted where (proc(5), mountinfo)."""
    mounts: dict[str, tuple[str, Path]] = {}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        left, _, right = line.partition(" - ")
        kind, _, options = right.split()[:3]
        root, point = left.split()[3:5]
        if kind == "cgroup2":
            mounts[""] = (root, Path(point))
        elif kind == "cgroup":
            mounts.update({option: (root, Path(point)) for option in options.split(",")})
    return mounts
