"""What a spec may say of scheduled tasks (docs/spec.md)."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

TASKS_MOST = 10
TASK_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
# A file of the site's own; no component begins with a dot, so none leads up.
TASK_SCRIPT = re.compile(r"(?=.{1,200}\Z)(?:public|private)(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+")
TASK_WORD = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{0,200}")
TASK_WORDS_MOST = 20
BOUNDS: Mapping[str, tuple[int, int]] = {"tasks.seconds": (1, 3600)}


class Runner(StrEnum):
    """What a task's script is run by: the kind of its site."""

    PHP = "php"
    PYTHON = "python"


@dataclass(frozen=True, slots=True)
class Task:
    """One scheduled task: `schedule` as in `core/sites/timetable.py`, `command` the runner, a script of the site
    and words for it. It is ended after `seconds`.
    """

    name: str
    schedule: str
    command: tuple[str, ...]
    seconds: int = 300


def dump_task(task: Task) -> dict[str, Any]:
    return {**asdict(task), "command": list(task.command)}
