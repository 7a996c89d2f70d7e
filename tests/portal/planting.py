"""Unmistakable words and numbers in every column of text, and finding out from which column something came.

The columns are those of the models, so that a new one is planted by itself.
"""

import re
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from psycopg.types.json import Jsonb

OURS = ("panggon.", "allauth.")
SHORTEST = 9  # a shorter column has no room for anything that names somebody
WORD, DIGITS = "rahasia", "909090"
FOUND = re.compile(rf"(?:{WORD}|{DIGITS})(\d{{4}})")
NOT_ALIKE = re.compile(r"[^a-z0-9]")
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
# What a row is without which there is no page to look at: keys, and what the portal itself reads as a value.
STRUCTURE = frozenset(
    {
        *("cases.Case.number", "cases.Case.token", "cases.Event.data", "cases.Case.search_words"),
        *("papers.Paper.case_number", "papers.Paper.sha256", "papers.Signature.sha256"),
        *("complaints.Complaint.number", "complaints.Complaint.token", "surveys.Invitation.number"),
        *("public.Snapshot.tables", "office.Setting.value", "office.Logo.sha256", "schedule.OfficeHours.week"),
        "people.RoleAssignment.role",
        *("signin.ClientKey.private", "sites.Wish.spec", "sites.Site.outgoing", "sites.Plan.outgoing"),
    }
)
# Of a made-up row, what has to fit together.
ROWS: Mapping[str, Mapping[str, Any]] = {
    "people.ActingOfficial": {"role": "head", "division_id": None},
    "schedule.Closing": {"start": NOW, "end": NOW + timedelta(hours=1)},
    "notify.Endpoint": {"events": []},
}


class Planted:
    """`columns` in the order of their marks."""

    def __init__(self) -> None:
        self.columns: list[str] = []

    def plant(self) -> None:
        """Every column of text of every row; a model without one gets a row, so that it has some."""
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")  # also what is never changed
            for model in every_model():
                if not model._base_manager.exists():
                    model._base_manager.bulk_create([_row(model)])
                for column in _columns(model):
                    self._plant(cursor, model, column)
            cursor.execute("SET LOCAL session_replication_role = DEFAULT")

    def found_in(self, text: str) -> set[str]:
        """The columns of which something stands there, however it is grouped or spelled."""
        alike = NOT_ALIKE.sub("", text.lower())
        return {self.columns[int(number)] for number in FOUND.findall(alike) if int(number) < len(self.columns)}

    def _plant(self, cursor: Any, model: type[models.Model], column: "models.Field[Any, Any]") -> None:
        mark = f"{len(self.columns):04}"
        self.columns.append(f"{model._meta.label}.{column.name}")
        for number, key in enumerate(model._base_manager.order_by("pk").values_list("pk", flat=True)):
            value = _marked(column, mark, number, model._base_manager.filter(pk=key).values_list(column.name)[0][0])
            table, name, own = model._meta.db_table, column.column, model._meta.pk
            assert own is not None
            try:
                with transaction.atomic():
                    cursor.execute(f'UPDATE "{table}" SET "{name}" = %s WHERE "{own.column}" = %s', [value, key])
            except IntegrityError:  # what may stand there is one of a few words of ours
                self.columns[-1] = ""


def every_model() -> Iterator[type[models.Model]]:
    return (model for model in apps.get_models() if model.__module__.startswith(OURS))


def _columns(model: type[models.Model]) -> Iterator["models.Field[Any, Any]"]:
    for column in model._meta.concrete_fields:
        text = isinstance(column, models.JSONField) or (
            isinstance(column, models.CharField | models.TextField)
            and not column.choices
            and (column.max_length or SHORTEST) >= SHORTEST
        )
        if text and not column.primary_key and f"{model._meta.label}.{column.name}" not in STRUCTURE:
            yield column


def _marked(column: "models.Field[Any, Any]", mark: str, number: int, value: Any) -> Any:
    """As the column would have it: a NIP, a NIK, a telephone number, an address of mail, a host, or words."""
    if isinstance(column, models.JSONField):
        return Jsonb(_beside(value, f"{WORD}{mark}"))
    if "nip" in column.name or "nik" in column.name:
        return f"19{DIGITS}{mark}{number:04}"[: column.max_length]
    if "phone" in column.name:
        return f"08{DIGITS}{mark}"
    if isinstance(column, models.EmailField):
        return f"{WORD}{mark}.{number}@example.org"
    if column.name == "host":
        return f"{WORD}{mark}-{number}.example"
    return f"{WORD}{mark}-{number}"[: column.max_length]


def _beside(value: Any, mark: str) -> Any:
    """The same value, with the mark wherever it can stand without changing what is read."""
    if isinstance(value, Mapping):
        return {**{key: _beside(inner, mark) for key, inner in value.items()}, "planted": mark}
    if isinstance(value, list):
        rows = [_beside(inner, mark) for inner in value]
        return rows if any(isinstance(row, Mapping) for row in rows) else [*rows, mark]
    return value


def _row(model: type[models.Model]) -> models.Model:
    values = {column.attname: _value(column) for column in model._meta.concrete_fields if not column.has_default()}
    kept = {name: value for name, value in values.items() if value is not None}
    return model(**{**kept, **ROWS.get(model._meta.label, {})})


def _value(column: "models.Field[Any, Any]") -> Any:
    if isinstance(column, models.AutoField | models.BigAutoField):
        return None
    if column.choices:
        return next(iter(column.choices))[0]
    kinds: tuple[tuple[Any, Any], ...] = (
        (models.ForeignKey, 1),
        (models.DateTimeField, NOW),
        (models.DateField, date(2026, 11, 20)),
        (models.UUIDField, uuid.UUID(int=7)),
        (models.BooleanField, False),
        (models.JSONField, {}),
        (models.BinaryField, b"7"),
        (models.GenericIPAddressField, "192.0.2.7"),
        (models.IntegerField, 1),
        (models.CharField | models.TextField, "7"),
    )
    return next((value for kind, value in kinds if isinstance(column, kind)), None)
