"""Which names of a zone lead to a machine: forgotten ones are how strangers' pages come under a city's name (PANDI)."""

from collections.abc import Iterable, Set
from dataclasses import dataclass, field

CHALLENGE = "_acme-challenge"


@dataclass(slots=True)
class ZoneNames:
    """The addresses at each name, as text, what each alias leads to, and which other types of records there are by
    which visitors or servers are sent elsewhere. A wildcard is a name that begins with `*`.
    """

    addresses: dict[str, set[str]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    others: dict[str, set[str]] = field(default_factory=dict)


def leading_to(zone: ZoneNames, here: Set[str]) -> frozenset[str]:
    """The names with one of these addresses, and every alias that leads to one of them, through others too."""
    found = {name for name, own in zone.addresses.items() if own & here}
    while more := {name for name, target in zone.aliases.items() if _falls_on(target, zone, found)} - found:
        found |= more
    return frozenset(found)


def leading_elsewhere(zone: ZoneNames, sites: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Of the names of sites each with a type of record that has others ask elsewhere, and what gives others the answer
    by which an issuer of certificates knows the name's holder (RFC 8555 section 8.4).
    """
    names = sorted(sites)
    others = [(name, kind) for name in names for kind in sorted(zone.others.get(name, ()))]
    answers = [f"{CHALLENGE}.{name}" for name in names]
    return (
        *others,
        *((name, "CNAME") for name in answers if name in zone.aliases),
        *((name, kind) for name in answers for kind in sorted(zone.others.get(name, ()))),
    )


def unasked(leading: Iterable[str], *, known: Set[str]) -> tuple[str, ...]:
    """Those of which neither a site nor the settings speak."""
    return tuple(sorted(set(leading) - known))


# ------------------------------------------------------------------------------------------------------------------


def _falls_on(target: str, zone: ZoneNames, found: Set[str]) -> bool:
    """A target that is no name of the zone is answered by the next wildcard above it (RFC 4592)."""
    if target in zone.addresses or target in zone.aliases:
        return target in found
    above = target
    while "." in above:
        above = above.partition(".")[2]
        if f"*.{above}" in zone.addresses or f"*.{above}" in zone.aliases:
            return f"*.{above}" in found
    return False
