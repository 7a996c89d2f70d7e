"""What stands on a machine in a form of Panggon's own, and no wish asked for it."""

from collections.abc import Mapping, Set
from dataclasses import dataclass

from panggon.core.node.planning.resources import Key, Kind


@dataclass(frozen=True, slots=True)
class Standing:
    """One resource by its key; `site` is where a name leads, "" where that is no site."""

    key: Key
    site: str = ""


def strays(
    leading: Mapping[str, str], standing: Mapping[Kind, Set[str]], named: Mapping[str, Set[str]]
) -> frozenset[Standing]:
    """Those of which no wish speaks. `leading`: where each name leads, "" where that is no site; `standing`: what else
    there is; `named`: the names of each site.
    """
    names = {name for each in named.values() for name in each}
    hosts = (Standing(Key(Kind.HOST, name), site) for name, site in leading.items() if name not in named.get(site, ()))
    others = (
        Standing(Key(kind, name))
        for kind, there in standing.items()
        for name in there - (names if kind is Kind.CERTIFICATE else named.keys())
    )
    return frozenset((*hosts, *others))
