"""The servers of a hosting machine, one module each: private configuration, data made once, how to start and stop."""

import dataclasses
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


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
