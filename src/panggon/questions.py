"""Questions that are put to the database again and again, with other values each time: written down as SQL only once,
and planned by PostgreSQL only once a connection.

Writing and planning most of our questions takes longer than answering them. `@question` keeps what was written; what
is asked for is `Given` in its place, and comes when the question is put. Answers are never kept.
"""

import re
from collections.abc import Callable, Hashable
from copy import copy
from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet, Value
from psycopg import Cursor
from psycopg.types.datetime import TimestamptzLoader

SHAPES_MOST = 256  # of one question that are kept: who asks in which roles


class Given(Value):
    """A value that is known only when the question is put."""

    def __init__(self, name: str) -> None:
        super().__init__(None)
        self.name = name

    def as_sql(self, *_: Any, **__: Any) -> Any:
        return "%s", [self]


class Among(Value):
    """One of a list, which is one value however long it is, or is `Given`: `filter(site=Among([1, 2]))`."""

    def as_sql(self, *_: Any, **__: Any) -> Any:
        return "ANY(%s)", [self.value]


def question(ask: Callable[..., QuerySet[Any]]) -> Callable[..., list[Any]]:
    """What `ask` makes of its arguments, the shape of the question, is written once for each shape; the values of what
    is `Given` in it come by keywords.
    """
    written = lru_cache(SHAPES_MOST)(lambda *shape: _Written(ask(*shape)))

    def put(*shape: Hashable, **given: Any) -> list[Any]:
        return written(*shape).put(given)

    return put


# ------------------------------------------------------------------------------------------------------------------


class _Written:
    def __init__(self, rows: QuerySet[Any]) -> None:
        self.rows, self.compiler = rows, rows.query.get_compiler(rows.db)
        self.sql, self.names = "", tuple[str, ...]()
        try:
            sql, parameters = self.compiler.as_sql()
        except EmptyResultSet:  # nothing can fit
            return
        self.sql = _with_constants(sql, parameters, connections[rows.db])
        self.names = tuple(part.name for part in parameters if isinstance(part, Given))
        converters = self.compiler.get_converters([column for column, *_ in self.compiler.select])
        self.compiler.get_converters = lambda _columns: converters

    def put(self, given: dict[str, Any]) -> list[Any]:
        """The rows as the query set would give them, read by the connection of this thread."""
        if not self.sql:
            return []
        found = self._found([given[name] for name in self.names])
        query, compiler = copy(self.rows.query), copy(self.compiler)
        compiler.connection = connections[self.rows.db]
        compiler.execute_sql = lambda *_args, **_options: [found]
        query.get_compiler = lambda *_args, **_options: compiler  # type: ignore[method-assign]
        rows = type(self.rows)(self.rows.model, query, self.rows.db)
        rows._iterable_class, rows._fields = self.rows._iterable_class, self.rows._fields  # type: ignore[attr-defined]  # noqa: SLF001
        return list(rows)

    def _found(self, values: list[Any]) -> list[Any]:
        """By a cursor that lets PostgreSQL fill in the values: Django's own does it itself, and no plan can be kept."""
        connection = connections[self.rows.db]
        with connection.cursor() as cursor:
            cursor.cursor = _Planned(connection.connection)
            cursor.execute(self.sql, values)
            return cursor.fetchall()


class _Planned(Cursor[Any]):
    """Reads moments by psycopg's own loader, which is compiled, instead of Django's. And remembers what it was asked
    also when its plan is known already: Django's log of queries wants to see it.
    """

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self.adapters.register_loader("timestamptz", TimestamptzLoader)

    def _convert_query(self, *asked: Any) -> Any:
        self._query = super()._convert_query(*asked)
        return self._query


def _with_constants(sql: str, parameters: tuple[Any, ...], connection: Any) -> str:
    """What is the same each time stands in the question itself, so that it is planned for."""
    parts = iter(parameters)

    def filled(found: re.Match[str]) -> str:
        part = None if found[0] == "%%" else next(parts)
        if found[0] == "%%" or isinstance(part, Given):
            return found[0]
        return str(connection.ops.compose_sql("%s", [part])).replace("%", "%%")

    return re.sub("%%|%s", filled, sql)
