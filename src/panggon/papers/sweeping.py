"""Files that no row names any more, or never did because a transaction was undone, are removed after a day."""

import logging
from collections.abc import Collection
from datetime import datetime

from django.apps import apps
from django.db import models
from django.utils.timezone import localdate

from panggon.audit.services import record
from panggon.papers import store

NAMES_A_FILE = "sha256"  # in the name of every column that does
FEW, USUAL_SHARE = 100, 0.05  # so many, or this share of all, may go in a night

logger = logging.getLogger(__name__)


def sweep(*, now: datetime) -> int:
    """Remove them, and record how many went.

    Whoever puts a file names it within the day or never: no transaction lasts as long. What is put again meanwhile is
    young again, and `store.remove` looks at that last. Far more than usual means that an older database was put back:
    then nothing is removed.
    """
    put_before = store.moment() - store.DAY
    total, unnamed = 0, set[str]()
    for shelf in store.shelves():
        total += len(shelf)
        unnamed |= _unnamed(shelf, put_before=put_before)
    if len(unnamed) > max(FEW, total * USUAL_SHARE):
        logger.error("%s of %s files have no row: is it the right database? None was removed.", len(unnamed), total)
        return 0
    gone = sum(store.remove(digest, put_before=put_before) for digest in unnamed)
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


def _unnamed(shelf: dict[str, int], *, put_before: int) -> set[str]:
    old = {digest for digest, put_at in shelf.items() if put_at < put_before}
    return old - named(old) if old else set()
