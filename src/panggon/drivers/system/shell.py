"""The one place that starts processes: argument lists, no shell, a clean environment, always a time limit."""

import os
import resource
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from io import FileIO
from pathlib import Path
from typing import IO, cast

from panggon.core.errors import PermanentError, TemporaryError
from panggon.drivers.system.patience import LONGEST_LOOK, Patience

PIECE_BYTES, COMPLAINTS_BYTES = 1 << 20, 4096
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that ended: its exit code and what it printed."""

    code: int
    output: str
    errors: str


def run(argv: Sequence[str], *, stdin: bytes = b"", seconds: float = 20, cwd: Path | None = None) -> Finished:
    """Run a command to its end; any exit code is an answer, not an error.

    Raises PermanentError `shell.missing` when there is no such program, TemporaryError `shell.slow` when it does not
    end in `seconds` (it is killed then).
    """
    try:
        done = subprocess.run(
            list(argv),
            input=stdin,
            capture_output=True,
            timeout=seconds,
            cwd=cwd,
            env=_environment({}),
            check=False,
        )
    except FileNotFoundError as error:
        raise PermanentError("shell.missing", argv[0]) from error
    except subprocess.TimeoutExpired as error:
        raise TemporaryError("shell.slow", argv[0], seconds=seconds) from error
    return Finished(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


def check(argv: Sequence[str], *, stdin: bytes = b"", seconds: float = 20, cwd: Path | None = None) -> str:
    """Like `run`, for commands that must succeed: their output. Raises PermanentError `shell.failed` otherwise."""
    done = run(argv, stdin=stdin, seconds=seconds, cwd=cwd)
    if done.code:
        raise PermanentError("shell.failed", f"{argv[0]}: {done.errors.strip() or done.output.strip()}", exit=done.code)
    return done.output


def hand_on(argv: Sequence[str], take: Callable[[bytes], object], *, environment: Mapping[str, str]) -> Finished:
    """Run a command to its end, however long it takes, and hand on in pieces what it prints, which may be more than
    there is memory; `output` stays empty. Raises PermanentError `shell.missing`, and whatever `take` raises.
    """
    with tempfile.TemporaryFile() as complaints:  # nobody reads a pipe meanwhile
        try:
            child = subprocess.Popen(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=complaints,
                cwd="/",
                env=_environment(environment),
            )
        except FileNotFoundError as error:
            raise PermanentError("shell.missing", argv[0]) from error
        with child:
            pipe = cast("IO[bytes]", child.stdout)
            try:
                while part := pipe.read(PIECE_BYTES):
                    take(part)
            except BaseException:
                child.kill()
                raise
        complaints.seek(0)
        return Finished(child.returncode, "", complaints.read(COMPLAINTS_BYTES).decode(errors="replace"))


@dataclass(slots=True)
class Process:
    """A server that this process started: the leader of its own session, so that it can be ended with its children."""

    popen: "subprocess.Popen[bytes]"

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def code(self) -> int | None:
        """Its exit code (negative: the signal that ended it), None while it runs."""
        return self.popen.poll()

    def running(self) -> bool:
        return self.code is None

    def send(self, number: signal.Signals) -> None:
        if self.running():
            self.popen.send_signal(number)

    def wait(self, *, seconds: float) -> bool:
        """True when it ended within `seconds`."""
        patience = Patience(seconds)
        while self.running():
            if patience.is_over():
                return False
            with suppress(subprocess.TimeoutExpired):
                self.popen.wait(min(LONGEST_LOOK, patience.seconds))
        return True

    def kill_session(self) -> None:
        """SIGKILL to it and to every process of its session that kept its group."""
        try:
            os.killpg(self.popen.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.popen.wait(10)


def start(
    argv: Sequence[str],
    *,
    log: Path,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    pass_fds: Sequence[int] = (),
    user: int | None = None,
    group: int | None = None,
    groups: Sequence[Path] = (),
    limits: Mapping[int, int] | None = None,
) -> Process:
    """Start a server in a session of its own, its output appended to `log`. Raises PermanentError `shell.missing`,
    and OSError when a group cannot be entered: it may just have been taken away.

    `groups` are control groups that the new process enters before it becomes the program, so that nothing that it
    starts is ever outside. They are opened here, with this process's rights: the new one may have dropped its own.
    `limits` are bounds of each of its processes, by the numbers of setrlimit(2), for good.
    """
    with log.open("ab") as sink, ExitStack() as doors:
        entered = [doors.enter_context(door(directory).open("wb", 0)) for directory in groups]
        try:
            popen = subprocess.Popen(
                list(argv),
                preexec_fn=partial(_enter, entered, limits or {}) if entered or limits else None,  # noqa: PLW1509 - see there
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                cwd=cwd,
                env=_environment(environment or {}),
                pass_fds=tuple(pass_fds),
                start_new_session=True,
                user=user,
                group=group,
                extra_groups=None if user is None else (),
            )
        except FileNotFoundError as error:
            raise PermanentError("shell.missing", argv[0]) from error
        except subprocess.SubprocessError as error:  # what failed in `_enter` is not told to the parent
            raise OSError(f"{argv[0]}: control groups cannot be entered") from error
    return Process(popen)


def door(group: Path) -> Path:
    """Where a process of one thread enters a control group: version 1 has a file for threads, for which the kernel
    does not hold up every fork and end on the machine until all processors have noticed, some 12 ms.
    """
    threads = group / "tasks"
    return threads if threads.exists() else group / "cgroup.procs"


def _enter(groups: Sequence[FileIO], limits: Mapping[int, int]) -> None:
    """In the new process, before it becomes the program. Who starts it may have other threads (`node.databases` watches
    the servers in some), which are not there any more, with whatever they held: so nothing here takes a lock. No file
    is buffered, nothing is logged or imported.
    """
    for group in groups:
        group.write(b"0")  # 0: the process that writes
    for number, most in limits.items():
        resource.setrlimit(number, (most, most))
    for each in ignored(limits):
        signal.signal(each, signal.SIG_IGN)


def ignored(limits: Mapping[int, int]) -> tuple[signal.Signals, ...]:
    """Signals by which these limits would end the program: writing on is an error then, and no end."""
    return (signal.SIGXFSZ,) if resource.RLIMIT_FSIZE in limits else ()


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    return {"PATH": PATH, "LANG": "C.UTF-8", "TZ": "UTC", **more}
