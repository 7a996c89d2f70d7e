"""Who had rows locked together with others is noted down in files of all databases, which no size has."""

from pathlib import Path
from typing import LiteralString

import pytest

from panggon.drivers.system import shell
from panggon.node.servers import postgresql
from tests.drivers.postgresql.reach import root_says
from tests.drivers.running import running
from tests.waiting import until

pytestmark = pytest.mark.real
# Beyond ten million, and the first of a file: the server looks for nothing in it.
NEXT = 160 * 65_536
# From which on each database needs them.
OLDEST: LiteralString = "SELECT DISTINCT datminmxid::text FROM pg_database"


def test_they_are_taken_away_when_there_are_ten_million(root: Path) -> None:
    """As if sites had made so many, which takes them ten minutes; else it is done with 400 million."""
    place = root / "notes"
    settings = postgresql.Settings(
        place / "state" / "postgresql", place / "run", place / "etc" / "postgresql.conf", place / "logs" / "log", 16
    )
    postgresql.prepare(settings)
    with settings.configuration.open("a") as file:
        file.write("fsync = off\nautovacuum_naptime = 1s\n")
    server = postgresql.server(settings)
    with running(server):
        assert root_says(settings, OLDEST) == [("1",)]
    reset = str(Path(server.argv[0]).with_name("pg_resetwal"))
    as_server = ("setpriv", f"--reuid={postgresql.USER}", f"--regid={postgresql.USER}", "--clear-groups")
    shell.check([*as_server, reset, "-m", f"{NEXT},1", "-D", str(settings.data)], cwd=Path("/"))
    with running(server):
        until(lambda: ("1",) not in root_says(settings, OLDEST), "the oldest are still needed", seconds=60)
