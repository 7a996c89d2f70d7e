"""One site's running programs: started, adopted from an earlier holder, asked to end, killed, cleaned up after."""

import json
import os
import resource
import signal
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.outgoing import Policy
from panggon.core.spec import SiteKind
from panggon.drivers import files, shell
from panggon.node.sockets import launch as launching
from panggon.node.sockets import network, processes
from panggon.node.sockets.cgroups import Bounds, ControlGroups
from panggon.node.sockets.lanes import Lanes
from panggon.node.sockets.launch import END_SIGNALS, LISTEN, Launch
from panggon.node.sockets.processes import Conversations, Users
from panggon.node.sockets.served import Description
from panggon.node.sockets.settings import SocketSettings
from panggon.node.sockets.walls import Shield

RLIMIT_MSGQUEUE = 12  # bytes of POSIX message queues; not in Python's `resource`
# bubblewrap's own process and the master of php-fpm or gunicorn are not the site's.
OWN_PROCESSES = 2
# Of each process of a site. What control groups do not count: open files, core dumps, locked memory, queues.
LIMITS: dict[int, int] = {
    resource.RLIMIT_NOFILE: 1024,
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_MEMLOCK: 64 * 1024,
    RLIMIT_MSGQUEUE: 0,
}
GATE_BOUNDS = Bounds(memory_mebibytes=48, processes=4, cpu_percent=50)
# What of a site's user is no program of its own: OpenSSH's, for its SFTP (`sshd`, since 9.8 `sshd-session`).
SFTP = "sshd"
# So many of a site run at most: one that answers, the others finish what they began before it took their place.
SANDBOXES_MOST = 4
# Whom the kernel kills is given so long to be gone; nobody else is served meanwhile.
DYING_SECONDS = 0.1
# How long ago an application's last sign (node/python/serve.py) may be for it to count as working: it gives one a
# second, the holder looks twice a second.
RECENT_SECONDS = 1.5


@dataclass(frozen=True, slots=True)
class Machine:
    """What all sandboxes of this machine have in common."""

    settings: SocketSettings
    shields: frozenset[Shield]
    groups: ControlGroups
    conversations: Conversations = field(default_factory=Conversations)
    users: Users = field(default_factory=Users)
    lanes: Lanes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lanes", Lanes(self.groups))


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
            return time.time() - told < RECENT_SECONDS
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
        files.remove(record_of(self.machine.settings, self.group))


def groups_of(machine: Machine, site: str) -> tuple[str, ...]:
    """The control groups that its sandboxes may have. Where there are none, two sandboxes cannot be told apart."""
    many = SANDBOXES_MOST if machine.groups.tells_apart else 1
    return (site, *(f"{site}-{number}" for number in range(2, many + 1)))


def start(
    machine: Machine, site: str, described: Description, launch: Launch, listener: socket.socket, *, group: str
) -> Sandbox:
    """Start the site's program on its socket, in a control group that no other sandbox has. Raises OSError or
    PanggonError when that cannot even be tried.
    """
    end_leftovers(machine, site, group)
    settings, uid = machine.settings, machine.settings.uid(site)
    number = listener.fileno()
    with (
        _output(settings, site) as output,
        readable(launch.handed_over) as descriptors,
        way_out(machine, site, launch, group=group) as gate,
    ):
        child = shell.start(
            launch.argv(descriptors, networked=gate is not None),
            log=settings.output(site),
            environment={
                **launch.outer_environment,
                "FPM_SOCKETS": f"{LISTEN}={number}",
                "PANGGON_SOCKET": str(number),
                "PANGGON_OUTPUT": f"/proc/self/fd/{output}",
            },
            pass_fds=[number, output, *descriptors.values()],
            user=uid,
            group=uid,
            groups=machine.groups.create(group, group_bounds(described)),
            limits=process_limits(described),
        )
    name, fingerprint = listener.getsockname(), launch.fingerprint
    record = {
        "pid": child.pid,
        "started": processes.start_time(child.pid),
        "fingerprint": fingerprint,
        "socket": os.fstat(number).st_ino,
        "name": name,
        "kind": launch.kind.value,
    }
    with suppress(TemporaryError):  # on a full disk the site still answers; the next holder replaces its sandbox
        files.write(record_of(settings, group), json.dumps(record), mode=0o600)
    pidfd = os.pidfd_open(child.pid)
    return Sandbox(machine, site, group, child.pid, pidfd, fingerprint, child, launch.kind, name, gate)


@contextmanager
def way_out(machine: Machine, site: str, launch: Launch, *, group: str) -> Iterator[shell.Process | None]:
    """What is started meanwhile lives in a network of its own with a gate, if the site may speak to anybody; otherwise
    there is no gate. It has the control group `gate_group(group)`, and ends when that is killed.
    """
    if not launch.outgoing.targets:
        yield None
        return
    made = network.make(launch.outgoing)
    try:
        gate = _start_gate(machine, site, launch.outgoing, made, group)
        with made.entered():
            yield gate
    finally:
        made.close()


def _start_gate(machine: Machine, site: str, policy: Policy, made: network.Network, group: str) -> shell.Process:
    """One that ends before its sandbox takes nothing along but the way out."""
    uid, sockets = machine.settings.uid(site), [each.fileno() for each in made.sockets]
    gate = launching.gate(machine.settings, site, policy, sockets, network.resolvers())
    with readable(gate.handed_over) as descriptors:
        return shell.start(
            gate.argv(descriptors),
            log=Path("/dev/null"),
            pass_fds=[*sockets, *descriptors.values()],
            user=uid,
            group=uid,
            groups=machine.groups.create(gate_group(group), GATE_BOUNDS),
            limits=LIMITS,
        )


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
    return processes.of_user(machine.settings.uid(site), but=SFTP)


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


def group_bounds(described: Description) -> Bounds:
    """Of all processes of a site together."""
    return Bounds(described.memory_mebibytes, described.processes + OWN_PROCESSES, described.cpu_percent)


def process_limits(described: Description) -> dict[int, int]:
    """Of each of them. No single file, the log of what it says included, may take more than all of the site's."""
    storage = described.storage
    return LIMITS | ({resource.RLIMIT_FSIZE: storage.mebibytes * 1024 * 1024} if storage else {})


@contextmanager
def readable(contents: Mapping[str, bytes]) -> Iterator[dict[str, int]]:
    """Each content on a descriptor of its own, in memory."""
    descriptors: dict[str, int] = {}
    try:
        for name, content in contents.items():
            descriptors[name] = os.memfd_create(name.replace("/", "-"))
            os.write(descriptors[name], content)
            os.lseek(descriptors[name], 0, os.SEEK_SET)
        yield descriptors
    finally:
        for descriptor in descriptors.values():
            os.close(descriptor)


@contextmanager
def _output(settings: SocketSettings, site: str) -> Iterator[int]:
    """A descriptor of what the site's programs say, until the owner of the logs has put it into the site's
    `logs/error.log`; made here because its directory is root's. The file is the site's group's to write, because PHP
    opens it anew for each message.
    """
    path = settings.output(site)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise PermanentError("runtime.log", str(error)) from error
    try:
        os.fchown(descriptor, 0, settings.uid(site))
        os.fchmod(descriptor, 0o620)
        yield descriptor
    finally:
        os.close(descriptor)


def record_of(settings: SocketSettings, group: str) -> Path:
    return settings.records / f"{group}.json"
