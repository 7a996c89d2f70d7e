"""Starts what runs for a site: its programs, with their bounds, and the way out of one that may speak to somebody."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.sites.outgoing import Policy
from panggon.drivers.file_systems import storage
from panggon.drivers.system import files, processes, shell
from panggon.drivers.system.memory_files import readable
from panggon.node.sockets.sandboxes import launch as launching
from panggon.node.sockets.sandboxes.bounds import GATE_BOUNDS, LIMITS, group_bounds, process_limits
from panggon.node.sockets.sandboxes.launch import LISTEN, Launch
from panggon.node.sockets.sandboxes.sandbox import Machine, Sandbox, end_leftovers, gate_group, record_of
from panggon.node.sockets.sandboxes.spare import Spare
from panggon.node.sockets.served import Description
from panggon.node.sockets.settings import SocketSettings
from panggon.node.sockets.shields import network


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
    _record(machine, group, launch, listener, child)
    return _sandbox(machine, site, group, launch, listener, child, gate)


def use(
    machine: Machine,
    site: str,
    described: Description,
    launch: Launch,
    listener: socket.socket,
    *,
    group: str,
    spare: Spare,
) -> Sandbox:
    """As `start`, of what runs already. The record is there before: of whoever is killed between, nothing answers."""
    end_leftovers(machine, site, group)
    with (
        _output(machine.settings, site) as output,
        way_out(machine, site, launch, group=group, of=spare.network()) as gate,
        ExitStack() as doors,
    ):
        directories = machine.groups.create(group, group_bounds(described))
        entered = [doors.enter_context(shell.door(each).open("wb", 0)).fileno() for each in directories]
        _record(machine, group, launch, listener, spare.child)
        given = [listener.fileno(), output, *entered]
        spare.become(machine.settings, launch, descriptors=given, limits=process_limits(described))
    return _sandbox(machine, site, group, launch, listener, spare.child, gate)


def _record(machine: Machine, group: str, launch: Launch, listener: socket.socket, child: shell.Process) -> None:
    """What runs, for a later holder."""
    record = {
        "pid": child.pid,
        "started": processes.start_time(child.pid),
        "fingerprint": launch.fingerprint,
        "socket": os.fstat(listener.fileno()).st_ino,
        "name": listener.getsockname(),
        "kind": launch.kind.value,
    }
    with suppress(TemporaryError):  # on a full disk the site still answers; the next holder replaces its sandbox
        files.write(record_of(machine.settings, group), json.dumps(record), mode=0o600)


def _sandbox(
    machine: Machine,
    site: str,
    group: str,
    launch: Launch,
    listener: socket.socket,
    child: shell.Process,
    gate: shell.Process | None,
) -> Sandbox:
    pidfd, name = os.pidfd_open(child.pid), listener.getsockname()
    return Sandbox(machine, site, group, child.pid, pidfd, launch.fingerprint, child, launch.kind, name, gate)


@contextmanager
def way_out(
    machine: Machine, site: str, launch: Launch, *, group: str, of: Path | None = None
) -> Iterator[shell.Process | None]:
    """What is started meanwhile lives in a network of its own with a gate, if the site may speak to anybody; otherwise
    there is no gate. It has the control group `gate_group(group)`, and ends when that is killed. `of` what runs in its
    network already, as of `network.make`.
    """
    if not launch.outgoing.targets:
        yield None
        return
    made = network.make(launch.outgoing, of=of)
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


@contextmanager
def _output(settings: SocketSettings, site: str) -> Iterator[int]:
    """A descriptor of what the site's programs say, until the owner of the logs has put it into the site's
    `logs/error.log`; made here because its directory is root's. The file is the site's group's to write, because PHP
    opens it anew for each message.
    """
    path = settings.output(site)
    try:
        if not os.path.lexists(path):
            storage.write(path, "", durable=False)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW)
    except (OSError, TemporaryError) as error:
        raise PermanentError("runtime.log", str(error)) from error
    try:
        os.fchown(descriptor, 0, settings.uid(site))
        os.fchmod(descriptor, 0o620)
        yield descriptor
    finally:
        os.close(descriptor)
