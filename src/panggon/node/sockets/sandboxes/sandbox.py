"""What runs for a site: a sandbox that was started (`starting`) or adopted, asked to end, killed, cleaned up after."""

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from panggon.core.errors import PanggonError
from panggon.core.sites.spec import SiteKind
from panggon.drivers.system import files, processes, shell
from panggon.node.sockets.control_groups.groups import ControlGroups
from panggon.node.sockets.control_groups.lanes import Lanes
from panggon.node.sockets.sandboxes.launch import END_SIGNALS
from panggon.node.sockets.sandboxes.lookups import Conversations, Users
from panggon.node.sockets.sandboxes.spares import Spares
from panggon.node.sockets.settings import SocketSettings
from panggon.node.sockets.shields.walls import Shield

# So many of a site run at most: one that answers, the others finish what they began before it took their place.
SANDBOXES_MOST = 4
# Whom the kernel kills is given so long to be gone; nobody else is served meanwhile.
DYING_SECONDS = 0.1
# How long ago an application's last sign (node/python/serve.py) may be for it to count as working: it gives one a
# second, the holder looks twice a second, and every other second where nobody came for long.
RECENT_SECONDS = 3.5


@dataclass(frozen=True, slots=True)
class Machine:
    """What all sandboxes of this machine have in common."""

    settings: SocketSettings
    shields: frozenset[Shield]
    groups: ControlGroups
    conversations: Conversations = field(default_factory=Conversations)
    users: Users = field(default_factory=Users)
    lanes: Lanes = field(init=False)
    spares: Spares = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lanes", Lanes(self.groups))
        object.__setattr__(self, "spares", Spares(self.settings, self.shields, self.groups))


@dataclass(slots=True)
class Sandbox:
    """`pid` is the process that ends when the sandbox has ended: bubblewrap's monitor, or the program's master itself
    where there is no bubblewrap. `name` is that of the socket that it answers on, `group` its control group.
    """

    machine: Machine
    site: str
    group: str
    pid: int
    pidfd: int
    fingerprint: str
    child: shell.Process | None  # None: adopted, somebody else's child
    kind: str
    name: str
    gate: shell.Process | None = None  # the way out of a site that may speak to somebody

    @property
    def master(self) -> int | None:
        """The program's master; None while bubblewrap still builds the sandbox, and from its end on, at any moment."""
        if Shield.SANDBOX not in self.machine.shields:
            return self.pid
        return next(iter(processes.children(self.pid)), None)

    @property
    def working(self) -> bool:
        """Whether any request runs, ran a moment ago, or is about to: the sandbox is not ready, php-fpm has children
        (they end by themselves when idle), or an application has an open connection or was asked just now.
        """
        master = self.master
        if master is None:
            return True
        if self.kind == SiteKind.PHP:
            return bool(processes.children(master))
        return self.visited or self._asked()

    @property
    def visited(self) -> bool:
        """Whether anybody is connected to its socket, or waits there."""
        return self.machine.conversations.on(self.name)

    @property
    def outdated(self) -> bool:
        """Whether Debian has put something newer in the place of what it runs, or of its way out."""
        master, ways_out = self.master, self.machine.groups.members(gate_group(self.group))
        return any(map(processes.is_replaced, (*([master] if master else []), *ways_out)))

    def _asked(self) -> bool:
        """The file is the site's own and may be anything: looked at, never followed."""
        with suppress(OSError):
            told = (self.machine.settings.site(self.site) / "tmp" / ".panggon-asked").lstat().st_mtime
            return abs(time.time() - told) < RECENT_SECONDS  # told in the future where the clock was set back since
        return False

    def ask_to_end(self) -> None:
        """The program lets running requests finish. Idempotent; repeated because a signal that comes before it listens
        to signals is lost (it is the first process of its namespace).
        """
        if master := self.master:
            processes.send(master, END_SIGNALS.get(self.kind, signal.SIGQUIT))

    def kill(self) -> None:
        self.machine.groups.kill(self.group)
        for pid in (self.master, self.pid):
            if pid:
                processes.send(pid, signal.SIGKILL)

    def clean_up(self) -> None:
        """After its end: nothing of it may be left that could still answer requests."""
        os.close(self.pidfd)
        if self.child:
            self.child.wait(seconds=1)
        end_leftovers(self.machine, self.site, self.group)
        if self.gate:
            self.gate.wait(seconds=1)
        self.machine.groups.remove(gate_group(self.group))  # while it was dying it could not go
        with suppress(PanggonError):  # of a process that is gone; a disk may take nothing now
            files.remove(record_of(self.machine.settings, self.group))


def groups_of(machine: Machine, site: str) -> tuple[str, ...]:
    """The control groups that its sandboxes may have. Where there are none, two sandboxes cannot be told apart."""
    many = SANDBOXES_MOST if machine.groups.tells_apart else 1
    return (site, *(f"{site}-{number}" for number in range(2, many + 1)))


def end_leftovers(machine: Machine, site: str, group: str) -> None:
    """Kill what is left of a sandbox whose first process was killed: it would go on answering requests. It is gone
    afterwards, unless the kernel takes long.
    """
    if machine.groups.tells_apart:
        for each in filter(machine.groups.has, (group, gate_group(group))):
            machine.groups.kill(each)
    for pid in () if machine.groups.tells_apart else members(machine, site, group):
        processes.send(pid, signal.SIGKILL)
    ends = time.monotonic() + DYING_SECONDS
    while members(machine, site, group) and time.monotonic() < ends:
        time.sleep(0.001)
    for each in (group, gate_group(group)):
        machine.groups.remove(each)


def members(machine: Machine, site: str, group: str) -> frozenset[int]:
    if machine.groups.tells_apart:
        return machine.groups.members(group) if machine.groups.has(group) else frozenset()
    own = processes.of_user(machine.settings.uid(site))
    return frozenset(pid for pid in own if not processes.is_named_openssh(pid))


def running(machine: Machine, site: str) -> frozenset[int]:
    """Every process of the site's user: those of its programs as they are now, others (SFTP, tasks, copies of its
    database) as they were a moment ago.
    """
    there = machine.users.running().get(machine.settings.uid(site), frozenset())
    return there.union(*(machine.groups.members(group) for group in groups_of(machine, site)))


def end_others(machine: Machine, site: str, *, but: Sandbox | None) -> None:
    """End what runs as the site's user besides this sandbox and its way out."""
    machine.users.look()
    groups = (but.group, gate_group(but.group)) if but else ()
    for pid in running(machine, site).difference(*map(machine.groups.members, groups)):
        processes.send(pid, signal.SIGKILL)


def gate_group(group: str) -> str:
    return f"{group}-gate"


def record_of(settings: SocketSettings, group: str) -> Path:
    return settings.records / f"{group}.json"
