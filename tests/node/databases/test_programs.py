"""What makes and loads copies, without a server: which of several versions of PostgreSQL's programs, on a machine that
was upgraded, and whether a file is a whole copy.
"""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

import panggon.node

SCRIPT = Path(panggon.node.__file__).parent / "python" / "panggon_database.py"
ACCESS = {"host": "/run/postgresql", "user": "s000001", "database": "s000001", "password": "x"}
THERE = [Path("/usr/lib/postgresql/15/bin"), Path("/usr/lib/postgresql/17/bin")]

BEGINS, ENDS = "-- MariaDB dump 10.19\n--\n", "\n-- Dump completed on 2026-11-28\n"


@pytest.fixture
def script(monkeypatch, tmp_path) -> Any:
    monkeypatch.setenv("PANGGON_HOME", str(tmp_path))
    monkeypatch.syspath_prepend(SCRIPT.parent)
    spec: Any = importlib.util.spec_from_file_location("panggon_database", SCRIPT)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.mark.parametrize(("server", "version"), [("150018\n", 15), ("170006\n", 17), ("160002\n", 17)])
def test_programs_are_those_of_the_server(script, monkeypatch, server, version):
    monkeypatch.setattr(script, "POSTGRESQL", THERE)
    monkeypatch.setattr(script, "said", lambda argv, _words, _environment: server if "17" in argv[0] else "?")
    made = script.PostgreSql(ACCESS)
    assert [made.reading[0], made.loading[0], made.dumping[0]] == [
        f"/usr/lib/postgresql/{version}/bin/{name}" for name in ("psql", "psql", "pg_dump")
    ]


@pytest.mark.parametrize(
    ("content", "is_whole"),
    [
        (f"{BEGINS}x{ENDS}", True),
        (f"{BEGINS}x", False),
        (f"{BEGINS}x{ENDS}{'UPDATE surat SET isi = 1;' * 1000}", True),
        (f"{BEGINS}{'x' * (1 << 21)}{ENDS}{'y' * (1 << 21)}", True),
        (f"{BEGINS}x{ENDS}{BEGINS}y", False),
        (f"{BEGINS}x{ENDS}{BEGINS}y{ENDS}", True),
        (f"{BEGINS}INSERT INTO surat VALUES ('{ENDS.strip()}');", False),
        ("CREATE TABLE surat (isi text);", True),
    ],
)
def test_a_copy_is_whole_that_reaches_its_end_whatever_stands_behind_it(script, tmp_path, content, is_whole):
    file = tmp_path / "muat.sql"
    file.write_text(content)
    try:
        script._demand_whole(file)
    except script.FailedError:
        assert not is_whole
    else:
        assert is_whole


def test_who_is_ended_for_want_of_memory_reads_that(script):
    """The kernel ends the program before it can say anything."""
    with pytest.raises(script.FailedError, match="memori situs habis"), script._running(("sh", "-c", "kill -9 $$"), {}):
        pass
