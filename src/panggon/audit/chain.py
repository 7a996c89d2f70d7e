"""A chain of digests: each link covers its body and the link before, so that no row can be changed or go unseen."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from panggon.core.errors import Fault
from panggon.core.node.planning.resources import canonical


@dataclass(frozen=True, slots=True)
class Link:
    """One row of a log as it is read now. `body` is all that the digest covers.

    `words_hold`: what people wrote fits the salted digest that stands for it in `body`, or was erased whole.
    """

    sequence: int
    body: Mapping[str, Any]
    previous: str
    digest: str
    words_hold: bool = True


def covered(body: Mapping[str, Any], *, previous: str) -> bytes:
    """What a digest is taken over: the digest before (empty for the first), a line feed, the body as one JSON text."""
    return f"{previous}\n{canonical(body)}".encode()


def digest_of(body: Mapping[str, Any], *, previous: str) -> str:
    """The SHA-256 of a row, in hexadecimal."""
    return hashlib.sha256(covered(body, previous=previous)).hexdigest()


def salted(words: str, *, salt: str) -> str:
    """What stands in a log for words about people: once salt and words are erased, it says nothing to anybody."""
    return hmac.new(salt.encode(), words.encode(), hashlib.sha256).hexdigest()


def verify(links: Iterable[Link], *, head: str) -> tuple[Fault, ...]:
    """Every break of a chain that is given in order; `head` is the digest of the last link, kept elsewhere.

    Codes: `chain.missing` (a number is skipped), `chain.changed` (a body does not fit its digest), `chain.words` (nor
    do the words of people fit theirs), `chain.unlinked` (a link does not follow the one before), `chain.cut` (the end
    is not the head).
    """
    faults: list[Fault] = []
    number, last = 0, ""
    for link in links:
        number += 1
        facts = {"sequence": link.sequence}
        if link.sequence != number:
            faults.append(Fault("chain.missing", facts={"sequence": number}))
            number = link.sequence
        if digest_of(link.body, previous=link.previous) != link.digest:
            faults.append(Fault("chain.changed", facts=facts))
        if not link.words_hold:
            faults.append(Fault("chain.words", facts=facts))
        if link.previous != last:
            faults.append(Fault("chain.unlinked", facts=facts))
        last = link.digest
    if last != head:
        faults.append(Fault("chain.cut", facts={"sequence": number}))
    return tuple(faults)
