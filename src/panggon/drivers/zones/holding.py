"""Who else holds a name: records beside ours, an alias, a delegation, a zone of others above it."""

import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

from panggon.drivers.zones import places
from panggon.drivers.zones.zone import Zone, answer

# Whoever has one of these at a name decides already where its visitors go.
TAKING_TYPES = ("A", "AAAA", "CNAME", "HTTPS")
# From a name with one of these on others answer: for the name itself too, but where it is a DNAME.
ELSEWHERE = {"NS": "NS", "SOA": "zona sendiri", "DNAME": "DNAME"}


def taken(zone: Zone, host: dns.name.Name) -> str:
    """The types of records by which somebody else holds the name; answers made from a wildcard hold nothing."""
    mark = places.mark_of(host)
    responses = zone.ask((host, "SOA"), (mark, "SOA"))
    for name, response in ((host, responses[host, "SOA"]), (mark, responses[mark, "SOA"])):
        if elsewhere := _elsewhere(zone, name, response):
            above, kind = elsewhere
            return kind if above == host else f"{kind} di {above.to_text(omit_final_dot=True)}"
    if answer(responses[mark, "SOA"], mark, "CNAME") and zone.holds(mark, "CNAME"):
        return f"CNAME di {mark.to_text(omit_final_dot=True)}"
    response = responses[host, "SOA"]
    if response.rcode() == dns.rcode.NXDOMAIN and not response.answer:
        return ""  # neither it nor a wildcard has anything, of any type (RFC 8020), nor leads to what is not there
    anyone = dns.name.Name(("*", *host.parent().labels))
    texts = zone.texts(*((name, kind) for name in (host, anyone) for kind in TAKING_TYPES))
    return ", ".join(
        kind
        for kind in TAKING_TYPES
        if texts[host, kind] and (texts[host, kind] != texts[anyone, kind] or zone.holds(host, kind))
    )


def are_addresses(taken: str) -> bool:
    return set(taken.split(", ")) <= set(places.ADDRESS_TYPES)


def hides_the_mark(zone: Zone, host: dns.name.Name, taken: str) -> bool:
    """And not the addresses: the name still leads where it did."""
    mark = places.mark_of(host).to_text(omit_final_dot=True)
    hides = taken == ELSEWHERE["DNAME"] or taken.endswith(f" di {mark}")
    return hides and any(zone.texts(*((host, kind) for kind in places.ADDRESS_TYPES)).values())


def _elsewhere(zone: Zone, name: dns.name.Name, response: dns.message.Message) -> tuple[dns.name.Name, str] | None:
    """From which name on, by what, others answer for it: what this zone has below is met by nobody. A zone
    that the same server has below this one shows its own SOA, and a DNAME is answered with the name.
    """
    apex = dns.name.from_text(zone.settings.zone)
    for rrset in (*response.answer, *response.authority):
        kind = dns.rdatatype.to_text(rrset.rdtype)
        if kind in ELSEWHERE and rrset.name != apex and name.is_subdomain(rrset.name):
            return rrset.name, ELSEWHERE[kind]
    return None
