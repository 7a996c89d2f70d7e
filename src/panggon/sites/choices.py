"""What columns may hold of the core's own values. Django writes a function into a migration by its name alone, so that
a value that is new in the core needs none.
"""

from enum import StrEnum

from panggon.core.sites.spec import Engine, Profile, SiteKind


def kinds() -> list[tuple[str, str]]:
    return _values(SiteKind)


def profiles() -> list[tuple[str, str]]:
    return _values(Profile)


def engines() -> list[tuple[str, str]]:
    return _values(Engine)


def _values(values: type[StrEnum]) -> list[tuple[str, str]]:
    return [(each.value, each.value) for each in values]
