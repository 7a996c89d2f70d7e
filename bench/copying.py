"""Rows of Django's models into PostgreSQL by COPY."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import psycopg
from django.db import connection, models


class Copier:
    """Gives every column that a row leaves out the default of its field, so that new columns need nothing here."""

    def __init__(self, model: type[models.Model]) -> None:
        self._fields = model._meta.concrete_fields
        columns = ", ".join(f'"{field.column}"' for field in self._fields)
        self._command = f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN'

    def write(self, connection: psycopg.Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        with connection.cursor() as cursor, cursor.copy(self._command) as copy:
            for row in rows:
                copy.write_row([self._value(field, row) for field in self._fields])

    def _value(self, field: models.Field, row: Mapping[str, Any]) -> Any:
        value = row[field.attname] if field.attname in row else field.get_default()
        if isinstance(field, models.JSONField):
            return json.dumps(value)
        return value


def reset_sequences(*chosen: type[models.Model]) -> None:
    """The next row that the portal makes gets the next number."""
    for model in chosen:
        table, column = model._meta.db_table, model._meta.pk.column
        with connection.cursor() as cursor:
            cursor.execute(
                f"""SELECT setval(pg_get_serial_sequence('"{table}"', %s), max("{column}")) FROM "{table}" """, [column]
            )
