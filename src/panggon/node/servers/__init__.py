"""The servers of a hosting machine, one module each: private configuration, data made once, how to start and stop."""

import dataclasses
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from panggon.core.errors import PermanentError
from panggon.drivers.system import shell

COPY_SECONDS = 6 * 3600.0  # how long a server may take for a copy of all its data
LAST_LINES = 5  # of a program that has failed: some tell each file that they copied before


@dataclass(frozen=True, slots=True)
class Server:
    """How to run one server; a value, so that whoever supervises it needs to know nothing about the program.

    `argv` stays in the foreground. `ready` answers at once whether the server serves: False for "not yet", never an
    exception. After `stop_signal` it gets `stop_seconds` to finish, then it is killed.
    """

    name: str
    argv: tuple[str, ...]
    log: Path
    ready: Callable[[], bool]
    cwd: Path | None = None
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    user: int | None = None
    group: int | None = None


def make_copy(*argv: str) -> None:
    """Run a program that copies data. It ends with us, whatever ends us: what it would still write is being made anew.

    Raises PermanentError `shell.failed`, TemporaryError `shell.slow`.
    """
    done = shell.run(("setpriv", "--pdeathsig", "KILL", *argv), seconds=COPY_SECONDS)
    if done.code:
        raise PermanentError("shell.failed", f"{argv[0]}: {' | '.join(done.errors.splitlines()[-LAST_LINES:])}")
