"""Which protections this machine really gives: each is tried, none is assumed."""

import logging
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec

from panggon.core.errors import PanggonError, PermanentError
from panggon.core.sites.outgoing import Policy, parse
from panggon.drivers.system import shell
from panggon.drivers.system.patience import Patience
from panggon.node.sockets.control_groups import controllers
from panggon.node.sockets.control_groups.groups import ControlGroups, GroupBounds
from panggon.node.sockets.settings import SocketSettings
from panggon.node.sockets.shields import network
from panggon.node.sockets.shields.walls import Shield, calls, walls

P = ParamSpec("P")

# A user that no site has: sites are numbered from 1.
TRIAL_NUMBER = 0
TRIAL_MEBIBYTES = 32
# A thousandth of a second of a processor, the least that the kernel lets anybody have, in each period of microseconds:
# so little that a busy machine too gives it. Whether a group was held back shows at the end of one.
TRIAL_PERIOD, TRIAL_PERCENT = 50_000, 2
ATTEMPT_SECONDS, LOOK_SECONDS = 10.0, 0.005
NOT_ENDED = "did not end"
# Some fifty times as much, however long it takes; ended when it was held back.
SOME_WORK = "n=0; while [ $n -lt 50000 ]; do n=$((n + 1)); done"
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


log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Protection:
    """Whether sites are protected in this way here; the reason, in the system's own words, when they are not."""

    name: str
    active: bool
    reason: str

    @property
    def is_open(self) -> bool:
        """Whether its trial was not over in time, so that nothing is known: a machine may have much else to do."""
        return self.reason.endswith(NOT_ENDED)


def protections(uid_base: int, groups: ControlGroups | None = None) -> tuple[Protection, ...]:
    """Try each protection as a site's user would have it; under a second. `groups`: where those of sites are made,
    unless below this process's own.
    """
    uid = uid_base + TRIAL_NUMBER
    groups = groups or controllers.find()
    trials = {Shield.MEMORY: _try_memory, Shield.PROCESSES: _try_processes, Shield.CPU: _try_cpu}
    with ThreadPoolExecutor() as pool:  # side by side: what is tried here is waited for most of the time
        limits = {shield: pool.submit(_believed, trial, groups) for shield, trial in trials.items()}
        reasons = _try_sandbox(uid)
        outgoing = reasons[Shield.NETWORK] or _believed(_try_outgoing)
        reasons |= {shield: trial.result() for shield, trial in limits.items()} | {Shield.OUTGOING: outgoing}
    return tuple(Protection(shield.value, not reason, reason) for shield, reason in reasons.items())


def active(found: Sequence[Protection]) -> frozenset[Shield]:
    return frozenset(Shield(protection.name) for protection in found if protection.active)


def demanded(settings: SocketSettings, groups: ControlGroups) -> tuple[Protection, ...]:
    """What this machine gives. Raises PermanentError `sockets.unprotected` when something is missing that the settings
    require. What was not over in time is tried until it is known: who ended for it would have failed to start.
    """
    while True:
        found = protections(settings.uid_base, groups)
        missing = [protection for protection in found if not protection.active]
        if not settings.require_all or not missing:
            return found
        said = "; ".join(f"{protection.name}: {protection.reason}" for protection in missing)
        if not all(protection.is_open for protection in missing):
            raise PermanentError("sockets.unprotected", said)
        log.warning("trying the protections again: %s", said)


def _believed(trial: Callable[P, str], *arguments: P.args, **more: P.kwargs) -> str:
    """The trial's reason, tried once more: what fails because a machine is busy might keep all its sites away."""
    return trial(*arguments, **more) and trial(*arguments, **more)


def _try_sandbox(uid: int) -> dict[Shield, str]:
    found = {Shield.SANDBOX: _believed(_try_walls, uid, frozenset[Shield]())}
    for shield in (Shield.NETWORK, Shield.NESTED):
        found[shield] = found[Shield.SANDBOX] or _believed(_try_walls, uid, frozenset({shield}))
    return {**found, Shield.CALLS: found[Shield.SANDBOX] or _believed(_try_calls, uid)}


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
    name = _trial("cpu")
    try:
        bounds = GroupBounds(TRIAL_MEBIBYTES, processes=8, cpu_percent=TRIAL_PERCENT)
        directories = groups.create(name, bounds, period=TRIAL_PERIOD)
        code, errors = _attempt(["sh", "-c", SOME_WORK], groups=directories, enough=lambda: groups.held_back(name) > 0)
        held_back = groups.held_back(name)
    except OSError as error:
        return str(error)
    finally:
        groups.remove(name)
    if held_back:
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
    return _try_limit(groups, allocated, "memory", processes=8) or _try_limit(groups, unread, "memory", processes=8)


def _try_processes(groups: ControlGroups) -> str:
    if not groups.processes:
        return "mesin ini tidak memberi pengendali pids (control groups)"
    return _try_limit(groups, ["timeout", "5", "true"], "processes", processes=1)


def _try_limit(groups: ControlGroups, argv: Sequence[str], limit: str, *, processes: int) -> str:
    """Why the limit does not hold, empty when the program, which wants more than its group has, fails."""
    name = _trial(limit)
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


def _trial(limit: str) -> str:
    """The name of its control group."""
    return f"trial-{os.getpid()}-{limit}"


def _attempt(
    argv: Sequence[str],
    *,
    user: int | None = None,
    groups: Sequence[Path] = (),
    pass_fds: Sequence[int] = (),
    enough: Callable[[], bool] = lambda: False,
) -> tuple[int | None, str]:
    """Exit code and errors of a program; no code when it could not be started or did not end, or it was `enough`."""
    with tempfile.NamedTemporaryFile() as log:
        try:
            process = shell.start(argv, log=Path(log.name), user=user, group=user, groups=groups, pass_fds=pass_fds)
        except (OSError, PanggonError) as error:
            return None, str(error)
        patience = Patience(ATTEMPT_SECONDS)
        while not process.wait(seconds=LOOK_SECONDS):
            if enough() or patience.is_over():
                process.kill_session()
                return None, f"{argv[0]} {NOT_ENDED}"
        return process.code, log.read().decode(errors="replace").strip()
