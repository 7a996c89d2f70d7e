"""Reads one JSON object member by member; everything that is wrong with it is gathered, each with its field."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any, NoReturn

from panggon.core.errors import Fault, InvalidError


class Fields:
    """The members of one JSON object, taken one by one; what is wrong with them is gathered."""

    def __init__(self, members: Mapping[str, object]) -> None:
        self._left = dict(members)
        self.faults: list[Fault] = []

    def need(self, name: str, rule: Callable[[object], Any]) -> Any:
        if name not in self._left:
            self.faults.append(Fault("spec.missing", name))
            return None
        return self.take(name, rule, None)

    def take(self, name: str, rule: Callable[[object], Any], default: Any) -> Any:
        if name not in self._left:
            return default
        try:
            return rule(self._left.pop(name))
        except InvalidError as error:
            self.faults += [replace(fault, field=f"{name}.{fault.field}".rstrip(".")) for fault in error.faults]
            return default

    def finish(self) -> None:
        self.faults += [Fault("spec.unknown", name) for name in self._left]
        if self.faults:
            raise InvalidError(tuple(self.faults))


def members(document: object, build: Callable[[Fields], Any]) -> Any:
    if not isinstance(document, Mapping):
        refuse("spec.object")
    fields = Fields(document)
    built = build(fields)
    fields.finish()
    return built


def text(pattern: re.Pattern[str], code: str) -> Callable[[object], str]:
    def rule(value: object) -> str:
        if not (isinstance(value, str) and pattern.fullmatch(value)):
            refuse(code)
        return value

    return rule


def is_text(value: object, matches: Callable[[str], object]) -> bool:
    return isinstance(value, str) and bool(matches(value))


def perhaps(rule: Callable[[object], Any]) -> Callable[[object], Any]:
    """By the rule, or null for what the machine chooses."""
    return lambda value: None if value is None else rule(value)


def truth(value: object) -> bool:
    if not isinstance(value, bool):
        refuse("spec.truth")
    return value


def choice(choices: type[StrEnum]) -> Callable[[object], StrEnum]:
    def rule(value: object) -> StrEnum:
        if not (isinstance(value, str) and value in list(choices)):
            refuse("spec.choice", choices=tuple(choices))
        return choices(value)

    return rule


def whole_number(value: object) -> int | None:
    """A whole number as JSON Schema means it: 1 and 1.0, but not true."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        return None
    return int(value)


def refuse(code: str, **facts: Any) -> NoReturn:
    raise InvalidError((Fault(code, "", facts),))
