"""Reads the names of a whole zone by AXFR (RFC 5936), asked for with the key of the updates.

A signed zone of 5,000 sites has some 80,000 records: what leads nobody anywhere is passed over unread, and the answer's
own signature is not looked at, because nothing is done by what stands here but to tell people.
"""

import ipaddress
import socket
import struct
from io import BufferedReader

import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.wire

from panggon.core.errors import PermanentError
from panggon.core.node.zone_names import ZoneNames
from panggon.drivers.system import deadline
from panggon.drivers.zones.zone import Server, Settings, spoken_to

HEADER_BYTES = 12
LONGEST = 120.0  # seconds of a whole zone; one of 5,000 sites takes one or two
POINTER = 0b1100_0000  # the two first bits of a length: the rest of the name stands elsewhere (RFC 1035, 4.1.4)
OF_A_QUESTION, OF_A_RECORD = 4, struct.Struct("!HHIH")  # type, class, TTL, length
ADDRESS_BYTES = (4, 16)
ADDRESSES = frozenset({dns.rdatatype.A, dns.rdatatype.AAAA})
# RFC 9460 (visitors), RFC 6672 (all below a name), RFC 1034 (servers).
OTHERS = {each: each.name for each in (dns.rdatatype.HTTPS, dns.rdatatype.SVCB, dns.rdatatype.DNAME, dns.rdatatype.NS)}


def names(settings: Settings) -> ZoneNames:
    """The zone as its primary has it. Raises PermanentError `dns.refused` where that does not give it out, and
    TemporaryError `dns.down`.
    """
    query = dns.message.make_query(settings.zone, "AXFR")
    query.use_tsig(dns.tsig.Key(settings.key_name, settings.secret, settings.algorithm))
    found, ends = ZoneNames(), 0
    primary = settings.primary
    with (
        spoken_to(primary, settings.key_name),
        socket.create_connection((primary.address, primary.port), settings.timeout) as line,
        deadline.kept(LONGEST, lambda: (line,)),
    ):
        wire = query.to_wire()
        line.sendall(len(wire).to_bytes(2, "big") + wire)
        with line.makefile("rb") as said:
            while ends < 2:  # the SOA stands at the beginning and at the end
                length = int.from_bytes(_read(said, 2), "big")
                ends += _take(_read(said, length), found, primary)
    return found


# ------------------------------------------------------------------------------------------------------------------


def _read(said: BufferedReader, count: int) -> bytes:
    data = said.read(count)
    if len(data) < count:
        raise EOFError
    return data


def _take(wire: bytes, found: ZoneNames, server: Server) -> int:
    """Add what one message has; how many SOA records were among it."""
    if len(wire) < HEADER_BYTES:
        raise dns.exception.FormError
    _id, flags, questions, answers, _, _ = struct.unpack("!6H", wire[:HEADER_BYTES])
    rcode = dns.rcode.from_flags(flags, 0)
    if rcode != dns.rcode.NOERROR or not answers:
        raise PermanentError("dns.refused", f"{server} menjawab AXFR dengan {dns.rcode.to_text(rcode)}")
    parser = dns.wire.Parser(wire, HEADER_BYTES)
    for _question in range(questions):
        _pass_name(parser)
        parser.get_bytes(OF_A_QUESTION)
    return sum(_take_record(parser, found) for _answer in range(answers))


def _take_record(parser: dns.wire.Parser, found: ZoneNames) -> bool:
    begins = parser.current
    _pass_name(parser)
    kind, _class, _ttl, length = OF_A_RECORD.unpack(parser.get_bytes(OF_A_RECORD.size))
    if kind in ADDRESSES:
        if length not in ADDRESS_BYTES:
            raise dns.exception.FormError
        address = str(ipaddress.ip_address(parser.get_bytes(length)))
        found.addresses.setdefault(_name(parser, begins), set()).add(address)
    elif kind == dns.rdatatype.CNAME:
        found.aliases[_name(parser, begins)] = _name(parser, parser.current)
        parser.get_bytes(length)
    else:
        if kind in OTHERS:
            found.others.setdefault(_name(parser, begins), set()).add(OTHERS[kind])
        parser.get_bytes(length)
    return bool(kind == dns.rdatatype.SOA)


def _pass_name(parser: dns.wire.Parser) -> None:
    while length := parser.get_uint8():
        if length >= POINTER:
            parser.get_uint8()
            return
        parser.get_bytes(length)


def _name(parser: dns.wire.Parser, begins: int) -> str:
    """The name that begins there, as specs write it."""
    name, _length = dns.name.from_wire(parser.wire, begins)
    return name.canonicalize().to_text(omit_final_dot=True)
