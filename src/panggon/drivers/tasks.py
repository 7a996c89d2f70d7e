"""The scheduled tasks of a site: one file of root's, which the owner of the tasks (`node/tasks`) obeys."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from panggon.core.errors import InvalidError, PanggonError, PermanentError
from panggon.core.node.planning.desired import tasks_of
from panggon.core.node.planning.driver import Check
from panggon.core.node.planning.resources import (
    Attributes,
    Key,
    Observation,
    Standing,
    absent,
    canonical,
    ours,
    partial,
    strange,
)
from panggon.core.sites.spec import SITE_ID, SiteSpec, Task
from panggon.core.sites.spec_document import parse_task
from panggon.core.sites.tasks import dump_task
from panggon.drivers.system import asking, files

VERSION = 1
MODE = 0o600
SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Settings:
    """`folder` holds the files, `control` is the socket of their owner."""

    folder: Path
    control: Path


@dataclass(frozen=True, slots=True)
class TasksDriver:
    """Attribute: `tasks`, each as canonical JSON."""

    settings: Settings
    owned: frozenset[Key] = frozenset()  # on record as the site's: what is strange there is damaged

    def read(self, key: Key) -> Observation:
        path = self._path(key)
        owned = files.is_root_file(path)
        if owned is None:
            return absent(key)
        if not owned:
            return strange(key, f"{path} bukan berkas milik root", owned=self.owned)
        tasks = load(files.read(path) or b"", key.name)
        if tasks is None:
            return strange(key, f"{path} tidak menyebut situs {key.name}", owned=self.owned)
        if wrong := files.fault(path, mode=MODE):
            return partial(key, wrong)
        return ours(key, tasks=tuple(canonical(dump_task(task)) for task in tasks))

    def write(self, key: Key, after: Attributes | None) -> None:
        """Returns when nothing runs that is no longer wished; without an owner nothing runs."""
        path, seen = self._path(key), self.read(key)
        if seen.standing is Standing.FOREIGN:
            raise PermanentError("tasks.foreign", seen.detail)
        files.sweep(path)
        if after is None:
            files.remove(path)
        else:
            wished = after["tasks"] if isinstance(after["tasks"], tuple) else ()
            document = {"version": VERSION, "site": key.name, "tasks": [json.loads(task) for task in wished]}
            files.write(path, json.dumps(document, indent=2) + "\n", mode=MODE)
        if self.settings.control.is_socket():
            self._ask("sync", key.name)

    def probe(self, key: Key, *, spec: SiteSpec) -> tuple[Check, ...]:
        """The owner itself says what it will run, and when."""
        try:
            known = self._ask("show", key.name)
        except PanggonError as error:
            return (Check("tasks.known", ok=False, detail=str(error)),)
        wished = [canonical(dump_task(task)) for task in tasks_of(spec)]
        ok = [canonical(row["task"]) for row in known] == wished
        words = "; ".join(f"{row['task']['name']} berikutnya {row['next']}" for row in known)
        return (Check("tasks.known", ok, words or "tidak ada tugas"),)

    def _ask(self, verb: str, site: str) -> list[dict[str, Any]]:
        request = {"do": verb, "site": site}
        answer = asking.ask(self.settings.control, silent="tasks.owner", seconds=SECONDS, request=request)
        return list(answer["tasks"])

    def _path(self, key: Key) -> Path:
        if not SITE_ID.fullmatch(key.name):
            raise PermanentError("tasks.invalid", key.name)
        return self.settings.folder / f"{key.name}.json"


def load(content: bytes, site: str) -> tuple[Task, ...] | None:
    """The tasks in a file's content; None where it is not such a file of this site."""
    try:
        document = json.loads(content)
        if document["site"] != site or document["version"] != VERSION:
            return None
        return tuple(map(parse_task, document["tasks"]))
    except (ValueError, KeyError, TypeError, RecursionError, InvalidError):
        return None
