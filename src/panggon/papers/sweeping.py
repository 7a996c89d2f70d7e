"""Files that no row names any more, or never did because a transaction was undone, are removed after a day."""

from collections.abc import Collection
from datetime import datetime

from django.apps import apps
from django.db import models
from django.utils.timezone import localdate

from panggon.audit.services import record
from panggon.papers import store

NAMES_A_FILE = "sha256"  # in the name of every column that does


def sweep(*, now: datetime) -> int:
    """Remove them, and record how many went.

    Whoever puts a file names it within the day or never: no transaction lasts as long. What is put again meanwhile is
    young again, and `store.remove` looks at that last.
    """
    put_before = store.moment() - store.DAY
    gone = sum(_sweep_shelf(shelf, put_before=put_before) for shelf in store.shelves())
    if gone:
        record(f"papers.store:{localdate(now)}", before=None, after={"files": gone}, actor=None, at=now)
    return gone


def named(digests: Collection[str]) -> set[str]:
    """Those that a row of any app names: a table that is new one day loses no files here."""
    return {
        digest
        for model, column in columns()
        for digest in models.QuerySet(model).filter(**{f"{column}__in": digests}).values_list(column, flat=True)
    }


def columns() -> list[tuple[type[models.Model], str]]:
    return [
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.concrete_fields  # noqa: SLF001 (Django's documented way to a model's columns)
        if NAMES_A_FILE in field.name
    ]


def _sweep_shelf(shelf: dict[str, int], *, put_before: int) -> int:
    old = {digest for digest, put_at in shelf.items() if put_at < put_before}
    return sum(store.remove(digest, put_before=put_before) for digest in old - named(old)) if old else 0
