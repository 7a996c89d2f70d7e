"""Signing a paper so that exactly one signed version is ever issued, whatever breaks in between.

`begin` freezes and records the attempt in the caller's transaction; `ask` talks to whoever signs, outside of any;
`keep` stores the signed bytes in the caller's next transaction. A paper has one `Signature` or none: the first that is
kept is the one that is issued, and what comes later is dropped.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from panggon.core.errors import Fault, InvalidError, PermanentError, TemporaryError
from panggon.core.papers.signing import GATEWAYS, Method, names_person
from panggon.core.papers.signing import Signatory as Person
from panggon.office.selectors import office
from panggon.papers import selectors, store, validation
from panggon.papers.models import Attempt, Paper, Signature
from panggon.papers.services import frame, is_marked
from panggon.papers.signable import place_of, verification_address
from panggon.papers.signed import Frozen, Signed
from panggon.papers.signers import chosen
from panggon.papers.signers.interface import Given, Order, Signer
from panggon.papers.stamp import stamp
from panggon.people.models import User

# A gateway has answered by then, or its answer finds nobody any more.
ABANDONED_AFTER = timedelta(seconds=180)


@dataclass(frozen=True, slots=True)
class Asked:
    """What `ask` needs of an attempt: who signs, for whom (Plh, Plt), and for what."""

    attempt: Attempt
    person: Person
    note: str
    reason: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """Signed bytes that were found to be the very paper with a valid signature of that person."""

    data: bytes
    found: Signed


def begin(paper: Paper, *, signer: User, evidence_digest: str, at: datetime) -> Attempt:
    """Record that the frozen bytes are going to be signed; to be called under the lock of what the paper belongs to.

    Raises `InvalidError` `signing.busy` while another attempt is under way, `signing.simulation` when the paper is
    marked otherwise than the way of signing wants.
    """
    if paper.simulation != is_marked():
        raise InvalidError((Fault("signing.simulation"),))
    store.get(paper.sha256)  # what is to be signed is there and as it was frozen
    former = selectors.open_attempt(paper)
    if former is not None:
        if at - former.asked_at < ABANDONED_AFTER:
            raise InvalidError((Fault("signing.busy"),))
        end(former, "signing.abandoned", at=at)
    return Attempt.objects.create(
        paper=paper,
        signer=signer,
        method=chosen.method(),
        sha256=paper.sha256,
        evidence_digest=evidence_digest,
        asked_at=at,
    )


def ask(asked: Asked, given: Given) -> Accepted:
    """Have it signed and look whether it was. Raises `TemporaryError` or `PermanentError` `signing.…`."""
    attempt = asked.attempt
    signer = chosen.signer(attempt.signer.username)
    order = _order(asked, store.get(attempt.sha256))
    data = _fetched(attempt, signer)
    if data is None:
        signer.check(asked.person)
        data = _signed(attempt, signer, order, given)
    return Accepted(data, _accept(asked, data, order))


def keep(asked: Asked, accepted: Accepted, *, at: datetime) -> Signature | None:
    """Issue it; None when another attempt was faster, and its version is the one that is issued.

    Raises `InvalidError` `signing.overtaken` for a paper that is void by now.
    """
    attempt, found = asked.attempt, accepted.found
    paper = Paper.objects.select_for_update().get(pk=attempt.paper_id)
    if selectors.signature_of(paper) is not None:
        end(attempt, "signing.late", at=at)
        return None
    if paper.voided_at is not None:
        raise InvalidError((Fault("signing.overtaken"),))
    end(attempt, "", at=at)
    return Signature.objects.create(
        paper=paper,
        sha256=store.put(accepted.data),
        size_bytes=len(accepted.data),
        signer=attempt.signer,
        name=asked.person.name,
        role=asked.person.role,
        nip=asked.person.nip,
        note=asked.note[:300],
        method=attempt.method,
        level=found.level,
        rewritten=found.rewritten,
        certificate=found.name[:300],
        issuer=found.issuer[:300],
        serial=found.serial[:60],
        signed_at=found.signed_at or at,
        stored_at=at,
    )


def end(attempt: Attempt, problem: str, *, at: datetime, reference: str = "") -> None:
    """How it ended; an attempt that was ended before keeps its first end."""
    Attempt.objects.filter(pk=attempt.pk, ended_at=None).update(
        ended_at=at, problem=problem, **({"reference": reference} if reference else {})
    )


# ------------------------------------------------------------------------------------------------------------------


def _fetched(attempt: Attempt, signer: Signer) -> bytes | None:
    """What an earlier attempt had signed and lost on its way back, where the gateway keeps it."""
    lost = attempt.paper.attempts.filter(method=attempt.method, sha256=attempt.sha256).exclude(reference="").last()
    if lost is None:
        return None
    try:
        return signer.fetch(lost.reference)
    except PermanentError:
        return None


def _signed(attempt: Attempt, signer: Signer, order: Order, given: Given) -> bytes:
    try:
        return signer.sign(order, given)
    except TemporaryError as error:
        reference = str(error.facts.get("reference", ""))
        if not reference:
            raise
        Attempt.objects.filter(pk=attempt.pk).update(reference=reference)
        data = signer.fetch(reference)
        if data is None:
            raise
        return data


def _order(asked: Asked, frozen: bytes) -> Order:
    attempt = asked.attempt
    address = verification_address(attempt.paper_id)
    seen = stamp(
        asked.person,
        note=asked.note,
        address=address,
        simulation=attempt.paper.simulation,
        frame=frame(attempt.asked_at),
    )
    place = place_of(frozen, address)
    return Order(frozen, asked.person, place, seen, asked.reason, office().letterhead.place)


def _accept(asked: Asked, data: bytes, order: Order) -> Signed:
    """Whoever signed, and wherever: nothing is believed that is not looked at.

    Only a gateway may write the document anew: it is one program that the department runs, reached by verified TLS,
    and where it does so there is no other way. A file that somebody brings may come from any program and anybody;
    there are enough that append, and then the frozen bytes themselves are the proof, to whoever looks and for ever.
    """
    way = Method(asked.attempt.method)
    found = validation.look(
        data,
        trust=chosen.trust(asks=True, way=way),
        frozen=Frozen(order.data, order.place if way in GATEWAYS else None),
    )
    if found.faults:
        raise PermanentError(found.faults[0], page=found.page)
    if not names_person(found.subject, asked.person):
        raise PermanentError("signing.other_person", found=found.name, name=asked.person.name)
    return found
