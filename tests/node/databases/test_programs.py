"""Which of several versions of PostgreSQL's programs make and load a copy, on a machine that was upgraded."""

import importlib.util
from pathlib import Path

import pytest

import panggon.node

SCRIPT = Path(panggon.node.__file__).parent / "python" / "panggon_database.py"
ACCESS = {"host": "/run/postgresql", "user": "s000001", "database": "s000001", "password": "x"}
THERE = [Path("/usr/lib/postgresql/15/bin"), Path("/usr/lib/postgresql/17/bin")]


@pytest.mark.parametrize(("server", "version"), [("150018\n", 15), ("170006\n", 17), ("160002\n", 17)])
def test_programs_are_those_of_the_server(monkeypatch, tmp_path, server, version):
    monkeypatch.setenv("PANGGON_HOME", str(tmp_path))
    monkeypatch.syspath_prepend(SCRIPT.parent)
    spec = importlib.util.spec_from_file_location("panggon_database", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    monkeypatch.setattr(script, "POSTGRESQL", THERE)
    monkeypatch.setattr(script, "said", lambda argv, _words, _environment: server if "17" in argv[0] else "?")
    made = script.PostgreSql(ACCESS)
    assert [made.reading[0], made.loading[0], made.dumping[0]] == [
        f"/usr/lib/postgresql/{version}/bin/{name}" for name in ("psql", "psql", "pg_dump")
    ]
