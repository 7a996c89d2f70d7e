from pathlib import Path

import pytest

from panggon.core.resources import Attributes, Key, Kind, Standing, canonical
from panggon.core.site_tasks import dump_task
from panggon.core.spec import SiteSpec, SiteState, Task
from panggon.drivers import files
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


@pytest.mark.parametrize("content", ["", "[]", '{"site": "s900001", "version": 1, "tasks": [{"name": "x"}]}'])
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
