"""The two kinds of error: what may pass by itself, and what will not."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, in a form that a page can show beside the field that it concerns.

    `code` names the rule (`host.reserved`), `field` the input that breaks it (empty: the whole), `facts` what the
    words need. The words themselves belong to pages and papers.
    """

    code: str
    field: str = ""
    facts: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class PanggonError(Exception):
    """An error with a code; never raised at people, always shown by a view or a command."""

    temporary: bool

    def __init__(self, code: str, detail: str = "", **facts: Any) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.facts = facts


class TemporaryError(PanggonError):
    """The same attempt may succeed later: a server that is down, a lock, a full disk. Nothing was decided."""

    temporary = True


class PermanentError(PanggonError):
    """The same attempt will fail again: a refused permission, a foreign object, a value that cannot be."""

    temporary = False


class InvalidError(PermanentError):
    """Input that breaks rules; carries every fault at once, so that nobody mends them one by one."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("invalid", ", ".join(f"{fault.field} {fault.code}".strip() for fault in faults))
        self.faults = faults
