"""What machines read of the open data: each table as a Data Resource with its schema (Frictionless Data Package 1.0),
and all of them as a catalogue (W3C DCAT 3, JSON-LD).
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import override

from panggon.office.selectors import office
from panggon.office.values import in_language
from panggon.public.tables import TABLES, Row, Table

LICENCE, LICENCE_ADDRESS = "CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/"
EVERY = "PT5M"  # ISO 8601
VOCABULARY = {"dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/"}
VOCABULARY |= {"foaf": "http://xmlns.com/foaf/0.1/"}
MEDIA = "https://www.iana.org/assignments/media-types/"


def resource(table: Table, rows: list[Row], *, made_at: datetime) -> dict[str, Any]:
    """One table with all that has to be said of it."""
    return {
        "name": table.key,
        "title": in_both(table.title),
        "description": in_both(table.words),
        "publisher": office().letterhead.name,
        "licenses": [{"name": LICENCE, "path": LICENCE_ADDRESS}],
        "updated": made_at.isoformat(timespec="seconds"),
        "frequency": EVERY,
        "schema": {
            "fields": [
                {"name": column.key, "type": column.kind.value, "description": in_both(column.words)}
                for column in table.columns
            ],
            "missingValues": [""],
        },
        "data": table.records(rows),
    }


def catalogue(*, made_at: datetime) -> dict[str, Any]:
    return {
        "@context": VOCABULARY,
        "@id": _address("public:open_data"),
        "@type": "dcat:Catalog",
        "dct:title": _tagged({code: in_language(office().standard, code).service for code, _ in settings.LANGUAGES}),
        "dct:publisher": {"@type": "foaf:Agent", "foaf:name": office().letterhead.name},
        "dct:license": {"@id": LICENCE_ADDRESS},
        "dct:modified": made_at.isoformat(timespec="seconds"),
        "dcat:dataset": [_dataset(table, made_at) for table in TABLES.values()],
    }


def in_both(words: Any) -> dict[str, str]:
    """The words in each language of the portal."""
    return {code: _in(code, lambda: str(words)) for code, _ in settings.LANGUAGES}


# ------------------------------------------------------------------------------------------------------------------


def _dataset(table: Table, made_at: datetime) -> dict[str, Any]:
    return {
        "@id": f"{_address('public:open_data')}#{table.key}",
        "@type": "dcat:Dataset",
        "dct:identifier": table.key,
        "dct:title": _tagged(in_both(table.title)),
        "dct:description": _tagged(in_both(table.words)),
        "dct:license": {"@id": LICENCE_ADDRESS},
        "dct:modified": made_at.isoformat(timespec="seconds"),
        "dcat:distribution": [
            {
                "@type": "dcat:Distribution",
                "dcat:downloadURL": {"@id": _address(f"public:table_{kind}", table.key)},
                "dcat:mediaType": {"@id": f"{MEDIA}{media}"},
            }
            for kind, media in (("csv", "text/csv"), ("json", "application/json"))
        ],
    }


def _tagged(words: dict[str, str]) -> list[dict[str, str]]:
    return [{"@language": code, "@value": text} for code, text in words.items()]


def _address(name: str, *arguments: str) -> str:
    return f"{settings.PANGGON_BASE_URL}{reverse(name, args=arguments)}"


def _in(language: str, say: Callable[[], str]) -> str:
    with override(language):
        return say()
