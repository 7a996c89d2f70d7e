"""A program that runs once in a site's sandbox, beside what answers requests there: a scheduled task, or one of ours.

It has the site's walls, user, environment and limits, in a control group of its own, and ends with whoever started it.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from panggon.core.errors import TemporaryError
from panggon.core.sites.outgoing import NOBODY
from panggon.core.sites.spec import Interface, Runner, SiteKind
from panggon.drivers.system import asking, shell
from panggon.drivers.system.memory_files import readable
from panggon.node.sockets.control_groups import controllers
from panggon.node.sockets.sandboxes.bounds import group_bounds, process_limits
from panggon.node.sockets.sandboxes.launch import PYTHON, Launch, home, keeps_entrance, launch, usual_environment
from panggon.node.sockets.sandboxes.places import PAGES
from panggon.node.sockets.sandboxes.sandbox import Machine, gate_group
from panggon.node.sockets.sandboxes.starting import way_out
from panggon.node.sockets.served import Description, Served, described
from panggon.node.sockets.settings import SocketSettings
from panggon.node.sockets.shields.walls import Shield

PHP_BINARY = "/usr/bin/php{version}"
HOLDER_SECONDS = 10.0


class Program(Protocol):
    """What the owner of an errand knows of it. `pidfd` becomes readable when it has ended; `output` is the reading end
    of what it says, not blocking.
    """

    pidfd: int
    output: int

    def kill(self) -> None:
        """It and all that it has started."""
        ...

    def wanted_memory(self) -> bool:
        """Whether the kernel has ended something of it for want of memory."""
        ...

    def close(self) -> int:
        """After its end: its exit status, negative: the signal that ended it; nothing of it is left."""
        ...


@dataclass(slots=True)
class Errand:
    """One that runs now: a `Program`."""

    machine: Machine
    group: str
    child: shell.Process
    gate: shell.Process | None
    pidfd: int
    output: int
    ended_before: int  # for want of memory, of one whose group was still there

    def wanted_memory(self) -> bool:
        return self.machine.groups.ended_for_memory(self.group) > self.ended_before

    def kill(self) -> None:
        self.machine.groups.kill(self.group)
        self.child.kill_session()

    def close(self) -> int:
        groups = (self.group, gate_group(self.group))
        for group in groups:
            self.machine.groups.kill(group)
        if self.gate:
            self.gate.kill_session()
        self.child.wait(seconds=5)
        for group in groups:
            self.machine.groups.remove(group)
        for descriptor in (self.pidfd, self.output):
            os.close(descriptor)
        return self.child.code if self.child.code is not None else -1


def machine_as_held(settings: SocketSettings, *, groups_of: str = "") -> Machine:
    """With the protections that the holder of the sockets has found here; `groups_of` as `controllers.BESIDE` says.

    Raises TemporaryError `runtime.holder`.
    """
    answer = asking.ask(settings.control, silent="runtime.holder", seconds=HOLDER_SECONDS, request={"do": "about"})
    shields = frozenset(Shield(row["name"]) for row in answer["protections"] if row["active"])
    return Machine(settings, shields, controllers.find(beside=groups_of))


def start(machine: Machine, served: Served, task: str, command: Sequence[str]) -> Errand:
    """A task of the site's, by its name in the spec. Raises OSError, ValueError and PanggonError when it cannot even be
    tried, TemporaryError `runtime.full` or `runtime.entrance` when what it was started with changes meanwhile.
    """
    settings, limits = machine.settings, described(machine.settings, served.site)
    wanted = errand(settings, launch(settings, served, limits, machine.shields), served, command, machine.shields)
    return _begin(machine, served.site, task_group(served.site, task), wanted, limits)


def start_own(machine: Machine, site: str, name: str, script: str, words: Sequence[str]) -> Errand:
    """One of the node's own scripts that lie beside `serve.py`; it speaks to nobody. Raises as `start`."""
    settings, limits = machine.settings, described(machine.settings, site)
    served = Served(site, SiteKind.PYTHON, 1, interface=Interface.WSGI, entry="own:own")
    found = launch(settings, served, limits, machine.shields)
    pages = Path(PAGES) if found.walls else settings.pages
    own = home(settings, site, machine.shields)
    wanted = replace(
        found,
        walls=_dying(found.walls),
        program=(PYTHON, "-Es", str(pages / script), *words),  # what lies beside it may be imported, nothing else
        environment=usual_environment(settings, served, own),
        outgoing=NOBODY,
    )
    return _begin(machine, site, own_group(site, name), wanted, limits)


def task_group(site: str, task: str) -> str:
    """Its end is one that no other group of the site has, whatever its owner has called the task."""
    return f"{site}-{task}.task"


def own_group(site: str, name: str) -> str:
    return f"{site}-{name}"


def _begin(machine: Machine, site: str, group: str, wanted: Launch, limits: Description) -> Errand:
    uid = machine.settings.uid(site)
    ended_before = machine.groups.ended_for_memory(group)
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    try:
        with readable(wanted.handed_over) as descriptors, way_out(machine, site, wanted, group=group) as gate:
            child = shell.start(
                wanted.argv(descriptors, networked=gate is not None),
                log=Path(f"/proc/self/fd/{writing}"),
                environment=wanted.outer_environment,
                pass_fds=tuple(descriptors.values()),
                user=uid,
                group=uid,
                groups=machine.groups.create(group, group_bounds(limits)),
                limits=process_limits(limits),
            )
    except BaseException:
        os.close(reading)
        raise
    finally:
        os.close(writing)
    machine.lanes.confine(group, int(site[1:]))  # nobody waits for it, and it may want all that it may have
    begun = Errand(machine, group, child, gate, os.pidfd_open(child.pid), reading, ended_before)
    if late := _late(machine.settings, site, wanted, limits):
        begun.kill()
        begun.close()
        raise late
    return begun


def _late(settings: SocketSettings, site: str, wanted: Launch, limits: Description) -> TemporaryError | None:
    """What has changed while it was started, and it would have been started otherwise now."""
    if settings.full(site).exists() and not limits.full:
        # Who found that has ended all that ran then, but this may have begun a moment later, with the right to write.
        return TemporaryError("runtime.full", f"{site} stores too much since a moment ago")
    if not keeps_entrance(settings, site, limits, wanted):
        return TemporaryError("runtime.entrance", f"{site} has another entrance since a moment ago")
    return None


def errand(
    settings: SocketSettings, found: Launch, served: Served, command: Sequence[str], shields: frozenset[Shield]
) -> Launch:
    """The launch of what answers the site's requests, with another program."""
    own = home(settings, served.site, shields)
    runner, script, *words = command
    if runner == Runner.PHP:
        limits = [word for word in found.program if word.startswith("--define=")]
        program = (PHP_BINARY.format(version=served.php_version), *limits)
    else:
        program = (_python(settings, served.site, own),)
    return replace(
        found,
        walls=_dying(found.walls),
        program=(*program, str(own / script), *words),
        environment={**found.environment, **usual_environment(settings, served, own)},
    )


def _dying(walls: tuple[str, ...]) -> tuple[str, ...]:
    return (walls[0], "--die-with-parent", *walls[1:]) if walls else ()


def _python(settings: SocketSettings, site: str, own: Path) -> str:
    """The site's own interpreter, once its virtual environment was made; what it leads to is the sandbox's matter."""
    inside = Path("venv") / "bin" / "python3"
    with suppress(OSError):
        (settings.site(site) / "private" / inside).lstat()
        return str(own / "private" / inside)
    return PYTHON
