"""One task that runs: its program, what it says, and how it ended."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from panggon.core.sites.spec import Task
from panggon.node.sockets.sandboxes.errand import Program

OUTPUT_MOST = 64 * 1024
NO_MEMORY = "gagal, memori situs habis"

Launcher = Callable[[str, Task], Program]


@dataclass(slots=True)
class Run:
    """Times are seconds of a monotonic clock, but for `began`."""

    task: Task
    program: Program
    began: datetime
    started: float
    ended_because: str = ""
    _said: bytearray = field(default_factory=bytearray)
    _dropped: int = 0

    def listen(self) -> bool:
        """Take what it says; False when it will say nothing more. Beyond the bound it is read, and dropped."""
        try:
            data = os.read(self.program.output, 65_536)
        except BlockingIOError:
            return True
        room = OUTPUT_MOST - len(self._said)
        self._said += data[:room]
        self._dropped += max(0, len(data) - room)
        return bool(data)

    def end(self, why: str) -> None:
        self.ended_because = self.ended_because or why
        self.program.kill()

    def report(self, code: int, seconds: float, *, wanted_memory: bool) -> bytes:
        """For the site's `tasks.log`: one line about the run, and below it what the program said."""
        how = self.ended_because or ("selesai" if code == 0 else NO_MEMORY if wanted_memory else "gagal")
        lines = [_shown(line) for line in self._said.decode(errors="replace").splitlines()]
        if self._dropped:
            lines.append(f"… dan {self._dropped} bita lagi yang tidak disimpan")
        head = note(self.began, self.task.name, f"{how}, status {code}, {seconds:.1f} detik")
        return head + "".join(f"  {line}\n" for line in lines).encode()


def note(at: datetime, task: str, words: str) -> bytes:
    """`at` in the time zone of the schedules, which is what an owner compares it with."""
    return f"{at.isoformat(timespec='seconds')} {task}: {words}\n".encode()


def _shown(line: str) -> str:
    """A terminal on which the log is read obeys what it does not show, and shows words the other way round."""
    return "".join(each if each.isprintable() or each == "\t" else "?" for each in line)
