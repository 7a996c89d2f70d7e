import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from panggon.core.node.planning.desired import tasks_of
from panggon.core.node.planning.resources import Attributes, Key, Kind, Standing, canonical
from panggon.core.sites.spec import SiteSpec, SiteState, Task
from panggon.core.sites.tasks import dump_task
from panggon.drivers.system import files
from panggon.drivers.tasks import Settings, TasksDriver
from tests.drivers.contract import Case, Contract

pytestmark = pytest.mark.real

KEY = Key(Kind.TASKS, "s900001")
TASKS = (Task("a", "*/15 * * * *", ("php", "private/a.php")), Task("b", "0 3 * * *", ("php", "public/b.php", "x")))


def wish(*tasks: Task) -> Attributes:
    return {"tasks": tuple(canonical(dump_task(task)) for task in tasks)}


@pytest.fixture
def driver(root: Path) -> TasksDriver:
    files.directory(root / "tasks", mode=0o700)
    return TasksDriver(Settings(root / "tasks", root / "tasks.sock"))


class TestContract(Contract):
    @pytest.fixture
    def case(self, driver: TasksDriver) -> Case:
        path = driver.settings.folder / "s900001.json"
        return Case(
            driver=lambda: driver,
            key=KEY,
            first=wish(*TASKS),
            second=wish(TASKS[1]),
            plant=lambda: path.write_text('{"site": "s900002"}') and None,
            planted=path.read_text,
            clear=path.unlink,
        )


@pytest.mark.parametrize(
    "content",
    ["", "[]", "[" * 100_000, '{"site": "s900001", "version": 1, "tasks": [{"name": "x"}]}'],
    ids=["empty", "list", "deep", "task"],
)
def test_what_we_cannot_have_written_is_foreign(driver: TasksDriver, content: str) -> None:
    path = driver.settings.folder / "s900001.json"
    path.write_text(content)
    assert driver.read(KEY).standing is Standing.FOREIGN
    path.unlink()


def test_without_their_owner_nothing_is_proven(driver: TasksDriver) -> None:
    spec = SiteSpec("s900001", "uji.kota.example", SiteState.OPEN, 1, tasks=TASKS)
    driver.write(KEY, wish(*TASKS))
    (check,) = driver.probe(KEY, spec=spec)
    assert (check.name, check.ok) == ("tasks.known", False)
    driver.write(KEY, None)


@contextmanager
def owner(driver: TasksDriver) -> Iterator[None]:
    """One that knows what lies in the file, and answers once."""
    path = driver.settings.folder / "s900001.json"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(driver.settings.control))
        listener.listen()

        def answer() -> None:
            line, _ = listener.accept()
            with line:
                line.recv(4096)
                known = [{"task": task, "next": "besok"} for task in json.loads(path.read_text())["tasks"]]
                line.sendall(json.dumps({"ok": True, "tasks": known}).encode() + b"\n")

        thread = threading.Thread(target=answer)
        thread.start()
        yield
        thread.join()
    driver.settings.control.unlink()


def test_a_task_of_another_kind_is_kept_and_no_fault(driver: TasksDriver) -> None:
    """As after a site became one of PHP: the task that Python ran waits in its spec."""
    spec = SiteSpec(
        "s900001",
        "uji.kota.example",
        SiteState.OPEN,
        1,
        tasks=(*TASKS, Task("c", "0 3 * * *", ("python", "private/c.py"))),
    )
    driver.write(KEY, wish(*tasks_of(spec)))
    with owner(driver):
        (check,) = driver.probe(KEY, spec=spec)
    assert (check.ok, check.detail) == (True, "a berikutnya besok; b berikutnya besok")
    driver.write(KEY, None)
