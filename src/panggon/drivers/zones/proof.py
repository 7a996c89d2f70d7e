"""What one name server tells the world about a site's name, asked over UDP as resolvers do."""

import dns.flags
import dns.message
import dns.name

from panggon.core.node.planning.driver import Check
from panggon.core.node.planning.resources import Attributes
from panggon.drivers.zones import marks, places, signatures
from panggon.drivers.zones.marks import Slot
from panggon.drivers.zones.zone import Question, Server, Zone, answer, below

Asked = dict[Question, dns.message.Message]


def gone(zone: Zone, server: Server, host: dns.name.Name, *, site: str) -> Check:
    """What we write and take away goes with its mark. Others may have the name by now, another site too."""
    mark, anyone = ((each, "TXT") for each in (places.mark_of(host), below(host, "*")))
    said, anyones = (answer(zone.ask_as_resolver(each, server), *each) for each in (mark, anyone))
    found = marks.parse(said, site=site, owns=True) if said != anyones else None
    left = found is not None and found.site == site
    return Check("dns.gone", not left, f"{server}: {_text(host)} {'masih' if left else 'tidak lagi'} milik {site}")


def led(zone: Zone, server: Server, host: dns.name.Name, wished: Attributes, *, site: str) -> tuple[Check, ...]:
    """That the name leads where it is wished to, is marked as the site's, and is kept safe and signed."""
    slots = [marks.slot(word) for word in places.values(wished, "safety")]
    questions = dict.fromkeys([*places.of_site(host), *(places.of_slot(host, slot) for slot in slots)])
    asked = {question: zone.ask_as_resolver(question, server) for question in questions}
    said = answer(asked[places.mark_of(host), "TXT"], places.mark_of(host), "TXT")
    mark = marks.parse(said, site=site, owns=True)
    is_marked = mark is not None and mark.site == site
    checks = [
        _addressed(server, host, wished, asked),
        Check("dns.mark", is_marked, f"{server}: {' '.join(said) or 'tanpa tanda'}"),
    ]
    if slots:
        checks.append(_kept_safe(server, host, slots, asked))
    if zone.settings.signed:
        keys = zone.ask_as_resolver((dns.name.from_text(zone.settings.zone), "DNSKEY"), server)
        checks.append(signatures.judged(server, keys, asked))
    return tuple(checks)


def _addressed(server: Server, host: dns.name.Name, wished: Attributes, asked: Asked) -> Check:
    authoritative = all(asked[question].flags & dns.flags.AA for question in places.of_site(host))
    found = [answer(asked[host, kind], host, kind) for kind in places.ADDRESS_TYPES]
    shall = [places.values(wished, kind.lower()) for kind in places.ADDRESS_TYPES]
    same = any(found) and found == shall
    seen = f"{server}: {_text(host)} {_listed(found) or 'tanpa alamat'}"
    if not same:
        seen += f", bukan {_listed(shall)}"
    return Check("dns.answer", authoritative and same, seen if authoritative else f"{seen}, tidak otoritatif")


def _kept_safe(server: Server, host: dns.name.Name, slots: list[Slot], asked: Asked) -> Check:
    texts = {
        (name, each): answer(response, name, each)
        for (name, kind), response in asked.items()
        for each in (kind, *places.LEADING_ON)
    }
    missing = [slot.word for slot in slots if not places.serves(texts, host, slot)]
    words = ", ".join(missing or [slot.word for slot in slots])
    return Check("dns.safety", not missing, f"{server}: {'tanpa ' if missing else ''}{words}")


def _listed(addresses: list[tuple[str, ...]]) -> str:
    return " ".join(address for each in addresses for address in each)


def _text(host: dns.name.Name) -> str:
    return host.to_text(omit_final_dot=True)
