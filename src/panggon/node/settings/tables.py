"""Reads the tables of a settings file into frozen dataclasses, gathering every fault.

A member's type says how its value is read: `Annotated[int, number(1, 9)]` by the rule, a dataclass as a table of its
own. A member with a default may be left out.
"""

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from panggon.core.errors import Fault, InvalidError
from panggon.node.settings.rules import Rule

Table = TypeVar("Table")


def read(kind: type[Table], document: Any) -> Table:
    """Raises InvalidError with every fault; each carries its sentence in `facts["words"]`, in Indonesian."""
    faults: list[Fault] = []
    table = _table(kind, document, "", faults)
    if table is None:
        raise InvalidError(tuple(faults))
    return table


def fault(where: str, why: str) -> Fault:
    return Fault("config.invalid", where, {"words": why})


def _table(kind: type[Table], document: Any, where: str, faults: list[Fault]) -> Table | None:
    """The table, or None after adding to `faults` what is wrong with it."""
    if not isinstance(document, Mapping):
        faults.append(fault(where, "harus sebuah tabel"))
        return None
    before = len(faults)
    prefix = f"{where}." if where else ""
    types = get_type_hints(kind, include_extras=True)
    members = {member.name: member for member in dataclasses.fields(kind)}  # type: ignore[arg-type]
    faults += [fault(prefix + name, "tidak dikenal") for name in document if name not in members]
    values = {}
    for name, member in members.items():
        needed = member.default is dataclasses.MISSING
        if name in document or (needed and dataclasses.is_dataclass(types[name])):
            values[name] = _value(types[name], document.get(name, {}), prefix + name, faults)
        elif needed:
            faults.append(fault(prefix + name, "wajib diisi"))
    return kind(**values) if len(faults) == before else None


def _value(kind: Any, value: Any, where: str, faults: list[Fault]) -> Any:
    if dataclasses.is_dataclass(kind):
        return _table(kind, value, where, faults)  # type: ignore[arg-type]
    if get_origin(kind) is tuple:
        if isinstance(value, list):
            return tuple(_value(get_args(kind)[0], item, where, faults) for item in value)
        faults.append(fault(where, "harus daftar dalam kurung siku"))
        return None
    try:
        return _rule(kind)(value)
    except ValueError as error:
        faults.append(fault(where, str(error)))
        return None


def _rule(kind: Any) -> Rule:
    if get_origin(kind) is Annotated:
        rule: Rule = kind.__metadata__[0]
        return rule
    return next(_rule(one) for one in get_args(kind) if one is not type(None))  # `… | None`
