"""Questions that are put to the database again and again, with other values each time: written down as SQL only once.

Django takes longer to write most of our questions than PostgreSQL to answer them. `@question` keeps what was written;
what is asked for is `Given` in its place, and comes when the question is put. Answers are never kept.
"""

from collections.abc import Callable, Hashable
from copy import copy
from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet, Value

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
        try:
            self.sql, self.parameters = self.compiler.as_sql()
        except EmptyResultSet:  # nothing can fit
            self.sql = ""

    def put(self, given: dict[str, Any]) -> list[Any]:
        """The rows as the query set would give them, read by the connection of this thread."""
        if not self.sql:
            return []
        parameters = tuple(given[part.name] if isinstance(part, Given) else part for part in self.parameters)
        query, compiler = copy(self.rows.query), copy(self.compiler)
        compiler.connection = connections[self.rows.db]
        compiler.as_sql = lambda *_args, **_kwargs: (self.sql, parameters)
        query.get_compiler = lambda *_args, **_kwargs: compiler  # type: ignore[method-assign]
        rows = type(self.rows)(self.rows.model, query, self.rows.db)
        rows._iterable_class, rows._fields = self.rows._iterable_class, self.rows._fields  # type: ignore[attr-defined]  # noqa: SLF001
        return list(rows)
