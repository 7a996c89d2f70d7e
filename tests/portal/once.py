"""What takes long to bring about is brought about once a run: each later test gets the same rows and the same files."""

import functools
import json
import shutil
import tempfile
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.db import connection, transaction

T = TypeVar("T")
Rows = dict[str, list[str]]


class Once(Generic[T]):
    """What `make` leaves in the database and among the papers, and what it answers.

    What is there before it must be the same each time, down to the keys of its rows: nothing, or what another one gave.
    """

    def __init__(self, make: Callable[..., T]) -> None:
        self.make, self.script = make, ""
        self.answer: T
        self.files = tempfile.TemporaryDirectory(prefix="panggon-once-")

    def given(self, *arguments: Any) -> T:
        if self.script:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(self.script)
            shutil.copytree(self.files.name, settings.PANGGON_FILES, dirs_exist_ok=True)
        else:
            before = _rows()
            self.answer = self.make(*arguments)
            self.script = _script(before, _rows())
            if Path(settings.PANGGON_FILES).exists():
                shutil.copytree(settings.PANGGON_FILES, self.files.name, dirs_exist_ok=True)
        return deepcopy(self.answer)  # a test may change what it got


def made_once(make: Callable[..., T]) -> Callable[..., T]:
    """For a fixture that needs the office and nothing else. The office's clock stands where it stood at its end."""
    once = Once(lambda office: (make(office), office.now))

    @functools.wraps(make)
    def fixture(office: Any) -> T:
        answer, office.now = once.given(office)
        return answer

    return fixture


# ------------------------------------------------------------------------------------------------------------------


def _rows() -> Rows:
    """All rows of all tables, each as PostgreSQL writes it down."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        parts = (f"SELECT '{table}', array_agg(to_jsonb(t)::text) FROM \"{table}\" t" for table in tables)
        cursor.execute(" UNION ALL ".join(parts))
        return {table: rows or [] for table, rows in cursor.fetchall()}


def _script(before: Rows, after: Rows) -> str:
    """What makes the one of the other at once, whatever triggers would add: theirs are rows of `after` too."""
    parts = ["SET LOCAL session_replication_role = replica"]
    for table in after:
        gone, come = set(before[table]) - set(after[table]), set(after[table]) - set(before[table])
        if gone:  # changed rows, most of them
            parts.append(f'DELETE FROM "{table}" t WHERE to_jsonb(t)::text = ANY({_text(list(gone))})')
        if come:
            rows = [row for row in after[table] if row in come]
            columns = _names(rows[0])
            parts.append(
                f'INSERT INTO "{table}" ({columns}) OVERRIDING SYSTEM VALUE '
                f'SELECT {columns} FROM json_populate_recordset(NULL::"{table}", {_quoted("[" + ",".join(rows) + "]")})'
            )
    return ";".join([*parts, "SET LOCAL session_replication_role = origin"])


def _names(row: str) -> str:
    return ",".join(f'"{name}"' for name in json.loads(row))


def _text(rows: list[str]) -> str:
    return f"ARRAY[{','.join(_quoted(row) for row in rows)}]"


def _quoted(text: str) -> str:
    return "E'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
