"""What stands on a machine in a form of Panggon's own, and no wish asked for it."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from panggon.core.resources import Key, Kind


@dataclass(frozen=True, slots=True)
class Standing:
    """One resource by its key; `site` is where a name leads, "" where that is no site."""

    key: Key
    site: str = ""


def strays(standing: Iterable[Standing], named: Mapping[str, Set[str]]) -> tuple[Standing, ...]:
    """Those of which no wish speaks; `named` are the names of each site."""
    names = {name for each in named.values() for name in each}
    return tuple(found for found in standing if not _is_asked(found, named, names))


def _is_asked(found: Standing, named: Mapping[str, Set[str]], names: Set[str]) -> bool:
    if found.key.kind is Kind.HOST:
        return found.key.name in named.get(found.site, ())
    return found.key.name in (names if found.key.kind is Kind.CERTIFICATE else named)
