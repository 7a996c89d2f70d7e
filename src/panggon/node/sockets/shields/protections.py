"""Which protections this machine really gives: each is tried, none is assumed."""

import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from panggon.core.errors import PanggonError, PermanentError
from panggon.core.sites.outgoing import Policy, parse
from panggon.drivers import shell
from panggon.node.sockets.control_groups import controllers
from panggon.node.sockets.control_groups.groups import ControlGroups, GroupBounds
from panggon.node.sockets.settings import SocketSettings
from panggon.node.sockets.shields import network
from panggon.node.sockets.shields.walls import Shield, calls, walls

# A user that no site has: sites are numbered from 1.
TRIAL_NUMBER = 0
TRIAL_MEBIBYTES = 32
TRIAL_PERIOD = 20_000  # microseconds: whether a group was held back shows at the end of one
# Several milliseconds of a processor, however long a busy machine takes for them.
SOME_WORK = "n=0; while [ $n -lt 10000 ]; do n=$((n + 1)); done"
# Bytes that nobody reads, sent over this machine's loopback. Some MiB fit into a connection, hardly any byte into one
# that is made when the bound is reached: a few of these in a row say it, because each is waited for.
LITTLE, LITTLE_MOST = 256 * 1024, 3
UNREAD = f"""
import socket, sys
left, held, little = int(sys.argv[1]), [], 0
with socket.create_server(("127.0.0.1", 0)) as server:
    while left > 0 and little < {LITTLE_MOST}:
        client = socket.create_connection(server.getsockname())
        held += [client, server.accept()[0]]
        client.settimeout(0.01)
        before = left
        try:
            while left > 0:
                left -= client.send(bytes(1 << 20))
        except TimeoutError:
            pass
        little = little + 1 if before - left < {LITTLE} else 0
sys.exit(left > 0)
"""


@dataclass(frozen=True, slots=True)
class Protection:
    """Whether sites are protected in this way here; the reason, in the system's own words, when they are not."""

    name: str
    active: bool
    reason: str


def protections(settings: SocketSettings, groups: ControlGroups | None = None) -> tuple[Protection, ...]:
    """Try each protection as a site's user would have it; under a second. `groups`: where those of sites are made,
    unless below this process's own.
    """
    uid = settings.uid_base + TRIAL_NUMBER
    groups = groups or controllers.find()
    reasons = {Shield.SANDBOX: _try_walls(uid, frozenset())}
    for shield in (Shield.NETWORK, Shield.NESTED):
        reasons[shield] = reasons[Shield.SANDBOX] or _try_walls(uid, frozenset({shield}))
    reasons[Shield.CALLS] = reasons[Shield.SANDBOX] or _try_calls(uid)
    reasons[Shield.MEMORY] = _try_memory(groups)
    reasons[Shield.PROCESSES] = _try_processes(groups)
    reasons[Shield.CPU] = _try_cpu(groups)
    reasons[Shield.OUTGOING] = reasons[Shield.NETWORK] or _try_outgoing()
    return tuple(Protection(shield.value, not reason, reason) for shield, reason in reasons.items())


def active(found: Sequence[Protection]) -> frozenset[Shield]:
    return frozenset(Shield(protection.name) for protection in found if protection.active)


def demand(settings: SocketSettings, found: Sequence[Protection]) -> None:
    """Raises PermanentError `sockets.unprotected` when something is missing that the settings require."""
    missing = [f"{protection.name}: {protection.reason}" for protection in found if not protection.active]
    if settings.require_all and missing:
        raise PermanentError("sockets.unprotected", "; ".join(missing))


def _try_walls(uid: int, shields: frozenset[Shield]) -> str:
    """Why a sandbox cannot be had, empty when it can: a program in it sees no process but itself."""
    script = 'set -- /proc/[0-9]*; test "$*" = /proc/1 && test ! -e /etc/shadow'
    code, errors = _attempt([*walls(uid, shields), "/usr/bin/sh", "-c", script], user=uid)
    return "" if code == 0 else errors or f"status {code}"


def _try_calls(uid: int) -> str:
    """Why the filter of system calls does not hold; the kernel says of each process whether it has one."""
    script = r"grep -q '^Seccomp:\s2' /proc/self/status && grep -q '^NoNewPrivs:\s1' /proc/self/status"
    with tempfile.TemporaryFile() as file:
        try:
            file.write(calls(frozenset({Shield.CALLS})))
        except OSError as error:
            return str(error)
        file.seek(0)
        argv = [*walls(uid, frozenset()), "--seccomp", str(file.fileno()), "/usr/bin/sh", "-c", script]
        code, errors = _attempt(argv, user=uid, pass_fds=[file.fileno()])
    return "" if code == 0 else errors or f"status {code}"


def _try_cpu(groups: ControlGroups) -> str:
    if not groups.cpu:
        return "mesin ini tidak memberi pengendali cpu (control groups)"
    name = f"trial-{os.getpid()}"
    try:
        bounds = GroupBounds(TRIAL_MEBIBYTES, processes=8, cpu_percent=5)
        directories = groups.create(name, bounds, period=TRIAL_PERIOD)
        code, errors = _attempt(["sh", "-c", SOME_WORK], groups=directories)
        held_back = groups.held_back(name)
    except OSError as error:
        return str(error)
    finally:
        groups.remove(name)
    if held_back:  # on a slow machine so much that it does not end in time
        return ""
    return errors if code is None else "batas sudah dipasang, tetapi tidak ditegakkan"


def _try_outgoing() -> str:
    try:
        network.make(Policy((parse("*:443"),))).close()
    except (OSError, PanggonError) as error:
        return str(error)
    return ""


def _try_memory(groups: ControlGroups) -> str:
    if not groups.memory:
        return "mesin ini tidak memberi pengendali memory (control groups)"
    block = f"bs={3 * TRIAL_MEBIBYTES}M"
    allocated = ["dd", "if=/dev/zero", "of=/dev/null", block, "count=1", "iflag=fullblock"]
    unread = [sys.executable, "-I", "-S", "-c", UNREAD, str(3 * TRIAL_MEBIBYTES // 2 << 20)]
    return _try_limit(groups, allocated, processes=8) or _try_limit(groups, unread, processes=8)


def _try_processes(groups: ControlGroups) -> str:
    if not groups.processes:
        return "mesin ini tidak memberi pengendali pids (control groups)"
    return _try_limit(groups, ["timeout", "5", "true"], processes=1)


def _try_limit(groups: ControlGroups, argv: Sequence[str], *, processes: int) -> str:
    """Why the limit does not hold, empty when the program, which wants more than its group has, fails."""
    name = f"trial-{os.getpid()}"
    try:
        directories = groups.create(name, GroupBounds(TRIAL_MEBIBYTES, processes, cpu_percent=100))
        code, errors = _attempt(argv, groups=directories)
    except OSError as error:
        return str(error)
    finally:
        groups.remove(name)
    if code is None:
        return errors
    return "" if code else "batas sudah dipasang, tetapi tidak ditegakkan"


def _attempt(
    argv: Sequence[str], *, user: int | None = None, groups: Sequence[Path] = (), pass_fds: Sequence[int] = ()
) -> tuple[int | None, str]:
    """Exit code and errors of a program; no code when it could not be started or did not end."""
    with tempfile.NamedTemporaryFile() as log:
        try:
            process = shell.start(argv, log=Path(log.name), user=user, group=user, groups=groups, pass_fds=pass_fds)
        except (OSError, PanggonError) as error:
            return None, str(error)
        if not process.wait(seconds=10):
            process.kill_session()
            return None, f"{argv[0]} did not end"
        return process.code, log.read().decode(errors="replace").strip()
