"""The description of the API as a page, made from the same schema that programs read."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from panggon.people.permissions import public
from panggon.portal.api.application import api, scopes

REF = "#/components/schemas/"


@dataclass(frozen=True, slots=True)
class Row:
    """A parameter, an input or a member of an answer. `schema` names one that is described below."""

    name: str
    kind: str
    schema: str
    needed: bool
    words: SafeString


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    words: str
    kind: str
    schema: str


@dataclass(frozen=True, slots=True)
class Operation:
    name: str
    method: str
    path: str
    summary: str
    words: list[SafeString]
    scope: str
    rows: list[Row]
    answers: list[Answer]


@public
def show(request: HttpRequest) -> HttpResponse:
    schema = api.get_openapi_schema()
    declared = scopes()
    operations = [
        _operation(path, method, said, declared)
        for path, methods in schema["paths"].items()
        for method, said in methods.items()
    ]
    described = {
        name: _rows(said.get("properties", {}), said.get("required", []))
        for name, said in sorted(schema["components"]["schemas"].items())
        if "properties" in said
    }
    about = [_marked(part) for part in api.description.split("\n\n")]
    context = {"operations": operations, "schemas": described, "about": about}
    return render(request, "panggon/api.html", context)


# ------------------------------------------------------------------------------------------------------------------


def _operation(path: str, method: str, said: dict[str, Any], declared: dict[str, str]) -> Operation:
    form = _schema(said.get("requestBody", {}))
    parameters = {
        row["name"]: {**row["schema"], "description": row.get("description", "")} for row in said["parameters"]
    }
    needed = [row["name"] for row in said["parameters"] if row["required"]]
    return Operation(
        name=said["operationId"],
        method=method.upper(),
        path=path,
        summary=said["summary"],
        words=[_marked(part) for part in said.get("description", "").split("\n\n")],
        scope=declared[said["operationId"]],
        rows=[*_rows(parameters, needed), *_rows(form.get("properties", {}), form.get("required", []))],
        answers=[_answer(status, answer) for status, answer in sorted(said["responses"].items())],
    )


def _schema(said: dict[str, Any]) -> dict[str, Any]:
    """Of what a request carries or an answer holds; empty for nothing."""
    kinds: list[dict[str, Any]] = list(said.get("content", {}).values())
    return kinds[0].get("schema", {}) if kinds else {}


def _answer(status: int, said: dict[str, Any]) -> Answer:
    schema = _schema(said)
    kind, name = _kind(schema)
    return Answer(status, said["description"], kind, name)


def _rows(properties: dict[str, Any], needed: list[str]) -> list[Row]:
    return [
        Row(name, *_kind(said), needed=name in needed, words=_marked(said.get("description", "")))
        for name, said in properties.items()
    ]


def _marked(words: str) -> SafeString:
    """What stands between backticks, as code."""
    parts = enumerate(words.split("`"))
    return format_html_join("", "{}", ((format_html("<code>{}</code>", part) if n % 2 else part,) for n, part in parts))


def _kind(said: dict[str, Any]) -> tuple[str, str]:
    """How a value looks, and the name of its schema if it has one of its own."""
    if "$ref" in said:
        return "", said["$ref"].removeprefix(REF)
    if "anyOf" in said:
        kinds = [_kind(part) for part in said["anyOf"]]
        return " | ".join(kind for kind, _ in kinds if kind), next((name for _, name in kinds if name), "")
    if said.get("type") == "array":
        kind, name = _kind(said.get("items", {}))
        return f"[{kind or '…'}]", name
    words = str(said.get("format") or said.get("type") or "")
    return words + ("".join(f" · {value}" for value in said["enum"]) if "enum" in said else ""), ""
