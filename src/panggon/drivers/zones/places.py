"""Where in a zone what is a site's stands, and how others' records may serve in its place."""

from collections.abc import Collection, Mapping

import dns.name

from panggon.core.node.planning.resources import Attributes
from panggon.drivers.zones.marks import Slot
from panggon.drivers.zones.zone import Question, below

MARK_LABEL = "_panggon"
ADDRESS_TYPES = ("A", "AAAA")
# By which a name below a site's is somebody else's, as those who watch over mail ask of `_dmarc`.
LEADING_ON = ("CNAME", "NS")


def mark_of(host: dns.name.Name) -> dns.name.Name:
    return below(host, MARK_LABEL)


def of_site(host: dns.name.Name) -> tuple[Question, ...]:
    """Its addresses and its mark."""
    return (host, "A"), (host, "AAAA"), (mark_of(host), "TXT")


def of_slot(host: dns.name.Name, slot: Slot) -> Question:
    return (below(host, slot.label) if slot.label else host), slot.type


def that_serve(host: dns.name.Name, slot: Slot) -> tuple[Question, ...]:
    """Where the record stands, or an alias or a delegation to who keeps one: the name of a site itself is none."""
    place, kind = of_slot(host, slot)
    return ((place, kind), *((place, each) for each in LEADING_ON if slot.label))


def serves(texts: Mapping[Question, Collection[str]], host: dns.name.Name, slot: Slot) -> bool:
    place, *alias = that_serve(host, slot)
    return any(text.startswith(slot.others) for text in texts.get(place, ())) or any(map(texts.get, alias))


def values(attributes: Attributes, name: str) -> tuple[str, ...]:
    """Of the attributes of a site's records (`drivers/dns.py`): addresses, words of safety records."""
    value = attributes.get(name)
    return value if isinstance(value, tuple) else ()
