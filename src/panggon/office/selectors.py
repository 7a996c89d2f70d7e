"""Reading the settings: one query, and within a request only once."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection

from panggon.office.models import Edition, Logo
from panggon.office.shipped import SHIPPED, shipped_for
from panggon.office.values import DOCUMENTS, Document, Group, Letterhead, Office, load

_request: ContextVar[list[Office] | None] = ContextVar("office_of_this_request", default=None)


def office() -> Office:
    """All settings as they are now."""
    kept = _request.get()
    if kept is None:
        return _read()
    if not kept:
        kept.append(_read())
    return kept[0]


def office_under(letterhead: Letterhead) -> Office:
    """All settings as they would be with this letterhead: what nobody has filled in follows it."""
    now, shipped = office(), shipped_for(letterhead)
    return replace(now, **{group.value: shipped.of(group) for group in Group if not now.versions[group]})


@contextmanager
def read_once() -> Iterator[None]:
    """Within this block, and blocks in it, settings are read at most once; `forget` says that they were changed."""
    if _request.get() is not None:
        yield
        return
    token = _request.set([])
    try:
        yield
    finally:
        _request.reset(token)


def forget() -> None:
    kept = _request.get()
    if kept:
        kept.clear()


def logo(sha256: str) -> Logo | None:
    return Logo.objects.filter(sha256=sha256).first()


@dataclass(frozen=True, slots=True)
class Published:
    """An edition of a document. `at` None: from before its first change; `values` are its groups as they were."""

    number: int
    at: datetime | None
    values: Mapping[Group, Any]


def editions(document: Document) -> list[tuple[int, datetime | None]]:
    """The number of each and when it was published, the newest first; none while nobody has changed the document."""
    return list(Edition.objects.filter(document=document).values_list("number", "published_at"))


def edition(document: Document, number: int) -> Published | None:
    row = Edition.objects.filter(document=document, number=number).first()
    if row is None:
        return None
    groups = DOCUMENTS[document]
    values = {group: load(row.content.get(group, {}), onto=SHIPPED.of(group)) for group in groups}
    return Published(row.number, row.published_at, values)


# ------------------------------------------------------------------------------------------------------------------


def _read() -> Office:
    with connection.cursor() as cursor:
        cursor.execute('SELECT "group", value::text, version FROM office_setting ORDER BY "group"')
        return _made_of(tuple(cursor.fetchall()))


@lru_cache(maxsize=2)
def _made_of(rows: tuple[tuple[str, str, int], ...]) -> Office:
    """Rows are asked for each time, and read anew when one of them is different."""
    # A row of version 0 only stands for being locked.
    filled = {Group(group): json.loads(text) for group, text, version in rows if version}
    shipped = shipped_for(load(filled.get(Group.LETTERHEAD, {}), onto=SHIPPED.letterhead))
    values = {group.value: load(filled.get(group, {}), onto=shipped.of(group)) for group in Group}
    versions = {Group(group): version for group, _text, version in rows}
    return Office(**values, versions={group: versions.get(group, 0) for group in Group})
