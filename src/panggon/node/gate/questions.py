"""What the gate reads in the messages of DNS that it passes on, without any library (RFC 1035 section 4.1)."""

import ipaddress
import struct
from collections.abc import Iterator
from contextlib import suppress

# RFC 1035 section 4.1.1: an answer (QR) with REFUSED, as many sections as a question without additional records.
REFUSED = struct.pack(">HHHHH", 0x8005, 1, 0, 0, 0)
RECORD_A, RECORD_AAAA = 1, 28


def asked_name(message: bytes) -> str | None:
    """The host name of a DNS message's one question (RFC 1035 section 4.1), None for what is no such message."""
    if len(message) < 17 or struct.unpack(">H", message[4:6])[0] != 1:
        return None
    labels, at = [], 12
    with suppress(IndexError):
        while length := message[at]:
            if length > 63:
                return None
            labels.append(message[at + 1 : at + 1 + length])
            at += 1 + length
        return b".".join(labels).decode("ascii", errors="replace").lower()
    return None


def name_end(message: bytes, at: int) -> int:
    """Where a name ends that begins at `at`. Raises IndexError when it goes past the message's end."""
    while length := message[at]:
        if length > 63:  # a pointer
            return at + 2
        at += 1 + length
    return at + 1


def answered_addresses(message: bytes) -> Iterator[str]:
    """The addresses in a DNS answer; whatever is not well formed ends the list."""
    with suppress(IndexError, struct.error, ValueError):
        questions, answers = struct.unpack(">HH", message[4:8])
        at = 12
        for _ in range(questions):
            at = name_end(message, at) + 4
        for _ in range(answers):
            at = name_end(message, at)
            kind, _, _, size = struct.unpack(">HHIH", message[at : at + 10])
            at += 10
            if kind in (RECORD_A, RECORD_AAAA):
                yield str(ipaddress.ip_address(message[at : at + size]))
            at += size
