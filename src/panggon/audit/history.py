"""The history of a thing as its page shows it: who changed what, from what, to what."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from panggon.audit.models import Change
from panggon.audit.selectors import history_of

MOST = 50  # entries that a page shows, the newest


@dataclass(frozen=True, slots=True)
class Difference:
    """One field; an empty text where there was or is nothing."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One change. `who` is None for the system; `of` names the thing where a page shows the history of several.

    `erased`: what it said of people is over its period, and gone.
    """

    who: str | None
    at: datetime
    of: str
    reason: str
    differences: tuple[Difference, ...]
    erased: bool = False


def history(
    *subjects: str, labels: Mapping[str, Any] | None = None, things: Mapping[str, Any] | None = None
) -> list[Entry]:
    """The newest changes of these subjects, for `panggon/history.html`: one query, the actor included.

    `labels` gives the fields' words, by the names in `before` and `after`; `things` the words of subjects, where the
    page shows more than one.
    """
    changes = history_of(*subjects)[:MOST]
    return [entry_of(change, labels=labels or {}, of=str((things or {}).get(change.subject, ""))) for change in changes]


def entry_of(change: Change, *, labels: Mapping[str, Any], of: str = "") -> Entry:
    before, after = _fields(change.before), _fields(change.after)
    differences = tuple(
        Difference(str(labels.get(name, name)), _words(before.get(name)), _words(after.get(name)))
        for name in dict.fromkeys([*labels, *before, *after])  # PostgreSQL keeps no order of an object's members
        if before.get(name) != after.get(name)
    )
    who = change.actor.get_full_name() if change.actor else None
    return Entry(who, change.at, of, change.reason, differences, erased=not change.salt)


# ------------------------------------------------------------------------------------------------------------------


def _fields(value: Any) -> Mapping[str, Any]:
    if value is None:
        return {}
    return value if isinstance(value, Mapping) else {"": value}


def _words(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("ya") if value else _("tidak")
    if isinstance(value, list):
        return "; ".join(_words(part) for part in value)
    if isinstance(value, Mapping):
        return ", ".join(filter(None, (_words(part) for part in value.values())))
    return str(value)
