"""The safety records of a name: which stand as they were made, and which others have there."""

from collections.abc import Collection

import dns.name

from panggon.drivers.zones import marks, places
from panggon.drivers.zones.marks import Mark, Slot
from panggon.drivers.zones.zone import Question, Records, Zone


def standing(zone: Zone, host: dns.name.Name, mark: Mark) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The words of what is ours exactly as it was made, and the TTLs of what is ours alone; what serves the same end
    may stand in the place of others' only.
    """
    slots = [marks.slot(word) for word in mark.words]
    found = zone.records(*(place for slot in slots for place in _judged(host, slot, mark)))
    texts = {place: records.texts for place, records in found.items()}
    there, alone = list[str](), list[int]()
    for slot in slots:
        place = places.of_slot(host, slot)
        is_others = slot.word in mark.left
        if places.serves(texts, host, slot) if is_others else slot.text in texts[place]:
            there.append(slot.word)
        if not is_others and texts[place] == (slot.text,):
            alone.append(found[place].ttl)
    return tuple(there), tuple(alone)


def _judged(host: dns.name.Name, slot: Slot, mark: Mark) -> tuple[Question, ...]:
    """Where an alias stands in its place, what we made does not."""
    return places.that_serve(host, slot) if slot.word in mark.left else (places.of_slot(host, slot),)


def of_others(
    zone: Zone, host: dns.name.Name, words: Collection[str], *, former: Mark | None
) -> dict[Question, Records]:
    """What stands already, and is not ours by the `former` mark, where the wished safety records shall. What a
    wildcard answers does not: it ends where a record of ours begins.
    """
    own = {marks.slot(word).text for word in former.words if word not in former.left} if former else set()
    found = zone.records(*(place for word in words for place in places.that_serve(host, marks.slot(word))))
    others = {place: records.without(own) for place, records in found.items()}
    return {place: records for place, records in others.items() if records.texts and zone.holds(*place)}
