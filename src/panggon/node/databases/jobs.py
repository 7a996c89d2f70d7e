"""One copy that is made or loaded: a program in its site's sandbox, bounded in time, and what it says at its end."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from panggon.drivers.system import untrusted
from panggon.drivers.system.untrusted import word
from panggon.node.databases.wishes import Todo, Wish
from panggon.node.sockets.sandboxes import errand
from panggon.node.sockets.sandboxes.errand import Program
from panggon.node.sockets.sandboxes.sandbox import Machine
from panggon.node.sockets.settings import SocketSettings

SCRIPT = "panggon_database.py"
# A gigabyte of SQL takes MariaDB some minutes to load, and one to write; what takes longer holds up everybody.
SECONDS, DUMP_SECONDS = 1800.0, 600.0
SAID_MOST = 64 * 1024


Launcher = Callable[[Wish], Program]
Answer = Callable[..., None]


@dataclass(slots=True)
class Job:
    """`answers` are called with what it has said. `why` says why it was ended early."""

    wish: Wish
    program: Program
    answers: list[Answer] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    why: str = ""
    _said: bytearray = field(default_factory=bytearray)

    @property
    def late(self) -> bool:
        most = DUMP_SECONDS if self.wish.todo is Todo.DUMP else SECONDS
        return time.monotonic() - self.began > most

    def listen(self) -> bool:
        """Take what it says; False when it will say nothing more."""
        try:
            data = os.read(self.program.output, 65_536)
        except BlockingIOError:
            return True
        self._said += data[: SAID_MOST - len(self._said)]
        return bool(data)

    @property
    def says_too_much(self) -> bool:
        return len(self._said) >= SAID_MOST

    def end(self, why: str) -> None:
        self.why = self.why or why
        self.program.kill()

    def result(self) -> dict[str, Any]:
        """What it said at last; a program that was ended, or said nothing of the kind, has failed."""
        code = self.program.close()
        try:
            said = untrusted.document(bytes(self._said).splitlines()[-1])
            return {"done": said["ok"] is True, "words": word(said["words"]), "file": word(said["file"])}
        except (ValueError, KeyError, IndexError):
            words = self.why or f"terhenti, status {code}: {bytes(self._said[-300:]).decode(errors='replace')}"
            return {"done": False, "words": words, "file": ""}


@dataclass(slots=True)
class SandboxLauncher:
    """Starts the script with the protections that this machine has."""

    holder: SocketSettings
    zone: str
    groups_of: str = ""
    _machine: Machine | None = None

    def __call__(self, wish: Wish) -> Program:
        """Raises OSError, ValueError and PanggonError when it cannot even be tried."""
        self._machine = self._machine or errand.machine_as_held(self.holder, groups_of=self.groups_of)
        stamp = datetime.now(ZoneInfo(self.zone)).strftime("%Y-%m-%d-%H%M%S")
        return errand.start_own(self._machine, wish.site, "database", SCRIPT, (wish.todo, stamp, wish.name))
