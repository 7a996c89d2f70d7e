"""Whether what a name server answers is signed by its zone (DNSSEC), and what is wrong where it is not."""

from collections.abc import Mapping
from datetime import UTC, datetime

import dns.dnssec
import dns.exception
import dns.message
import dns.name
import dns.node
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.rrset

from panggon.core.node.planning.driver import Check
from panggon.drivers.zones.zone import Question, Server, answer


def judged(server: Server, keys: dns.message.Message, asked: Mapping[Question, dns.message.Message]) -> Check:
    """Every record set that was answered, the keys' own too, carries a signature by the zone's keys, valid now
    (RFC 4035).
    """
    apex = keys.question[0].name
    answers = {question: response for question, response in asked.items() if answer(response, *question)}
    for question, response in {(apex, "DNSKEY"): keys, **answers}.items():
        if fault := _fault(keys, question, response):
            what = f"{question[0].to_text(omit_final_dot=True)} {question[1]} {fault}"
            return Check("dns.signed", ok=False, detail=f"{server}: tanpa tanda tangan DNSSEC yang sah: {what}")
    return Check("dns.signed", ok=True, detail=f"{server}: ditandatangani dengan kunci {apex}")


def _fault(keys: dns.message.Message, question: Question, response: dns.message.Message) -> str:
    apex, (name, kind), now = keys.question[0].name, question, datetime.now(UTC)
    try:
        signatures = _set_of(response, name, "RRSIG", kind)
        zone_keys: dict[dns.name.Name, dns.node.Node | dns.rdataset.Rdataset] = {apex: _set_of(keys, apex, "DNSKEY")}
        dns.dnssec.validate(_set_of(response, name, kind), signatures, zone_keys)
    except KeyError:
        return "tidak ditandatangani"
    except dns.exception.DNSException as error:
        if (last := max(datetime.fromtimestamp(each.expiration, UTC) for each in signatures)) < now:
            return f"habis masa berlakunya {last:%Y-%m-%d %H:%M} UTC; zona itu harus ditandatangani lagi"
        if (first := min(datetime.fromtimestamp(each.inception, UTC) for each in signatures)) > now:
            return f"baru berlaku mulai {first:%Y-%m-%d %H:%M} UTC; periksa jam mesin ini dan jam server itu"
        return str(error)
    return ""


def _set_of(response: dns.message.Message, name: dns.name.Name, kind: str, covers: str = "NONE") -> dns.rrset.RRset:
    types = dns.rdatatype.from_text(kind), dns.rdatatype.from_text(covers)
    return response.find_rrset(response.answer, name, dns.rdataclass.IN, *types)
