"""A program of a copy that has ended without a word, for tests of who takes turns."""

import os
from dataclasses import dataclass, field


def ended_pipe() -> int:
    reading, writing = os.pipe()
    os.close(writing)
    return reading


@dataclass
class Program:
    pidfd: int = field(default_factory=ended_pipe)
    output: int = field(default_factory=ended_pipe)

    def kill(self) -> None: ...

    def wanted_memory(self) -> bool:
        return False

    def close(self) -> int:
        os.close(self.pidfd)
        os.close(self.output)
        return 1
