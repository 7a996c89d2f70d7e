"""What the owner of the tasks needs to know about the machine; one JSON file, written by the agent's wiring."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from panggon.core.node.logs.site_logs import Retention
from panggon.drivers.system import files

PATHS = ("holder", "folder", "state", "run")


@dataclass(frozen=True, slots=True)
class TaskSettings:
    """`holder` is the file of the holder's settings: tasks run in the same sandboxes. `folder` has one file a site,
    `zone` is the time zone of schedules, `size` and `days` bound each site's `tasks.log`.
    """

    holder: Path
    folder: Path
    state: Path
    run: Path
    zone: str = "Asia/Jakarta"
    size: int = 20 * 1024 * 1024
    days: int = 30

    @property
    def control(self) -> Path:
        return self.run / "tasks.sock"

    @property
    def record(self) -> Path:
        """When somebody last started what was due."""
        return self.state / "tasks.json"

    @property
    def alive(self) -> Path:
        return self.run / "tasks.json"

    @property
    def retention(self) -> Retention:
        return Retention(self.size, self.days)

    def save(self, path: Path) -> None:
        members = {**dataclasses.asdict(self), **{name: str(getattr(self, name)) for name in PATHS}}
        files.ensure(path, json.dumps(members, indent=2) + "\n", mode=0o600)


def load(path: Path) -> TaskSettings:
    """Raises OSError, ValueError or TypeError when the file is missing or is not what `save` wrote."""
    members = json.loads(path.read_text())
    return TaskSettings(**{**members, **{name: Path(members[name]) for name in PATHS}})
