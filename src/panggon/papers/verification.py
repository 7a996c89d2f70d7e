"""What anybody may ask of a paper: did this portal issue it, who signed it and when, was one byte changed."""

import hashlib
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from threading import BoundedSemaphore
from uuid import UUID

from panggon.core.errors import PermanentError, TemporaryError
from panggon.papers import claims, selectors, store
from panggon.papers.apart import Limits, look_into
from panggon.papers.models import Paper
from panggon.papers.signed import Signed
from panggon.papers.signers.chosen import trust

LIMITS = Limits(seconds=45, memory_mebibytes=768)
_CROWD = BoundedSemaphore(2)  # processes at a time
WAIT_SECONDS = 20


class Verdict(StrEnum):
    GENUINE = "genuine"  # byte for byte what this portal issued
    UNSIGNED = "unsigned"  # what this portal made before it was signed
    CHANGED = "changed"  # it says that it is one of ours, and is not as it was issued
    STRANGE = "strange"  # nothing that this portal issued
    BROKEN = "broken"  # no PDF that can be read


@dataclass(frozen=True, slots=True)
class Verified:
    """`paper` is the one that it is, or says that it is. `added`: it is whole, and something stands behind it;
    `differs_at`: the first byte (from 1) that is another. `signed` is what a signature of a strange file says.
    """

    verdict: Verdict
    paper: Paper | None = None
    added: bool = False
    differs_at: int = 0
    signed: Signed | None = None


def verify(data: bytes) -> Verified:
    """Raises TemporaryError `verification.crowded` when too many files are looked into at once."""
    digest = hashlib.sha256(data).hexdigest()
    known = selectors.paper_with(digest)
    if known is not None:
        return Verified(Verdict.GENUINE if known.issued_sha256 == digest else Verdict.UNSIGNED, known)
    claimed, signed = _looked(data)
    if claimed is None and signed.faults[:1] == ("signing.broken",):
        return Verified(Verdict.BROKEN)
    paper = selectors.paper(claimed) if claimed else None
    return _compared(data, paper) if paper else Verified(Verdict.STRANGE, signed=signed)


# ------------------------------------------------------------------------------------------------------------------


def _compared(data: bytes, paper: Paper) -> Verified:
    try:
        issued = store.get(paper.issued_sha256)
    except PermanentError:  # ours is damaged; the file is still none that was issued
        return Verified(Verdict.CHANGED, paper)
    pairs = zip(data, issued, strict=False)
    different = next((place for place, (ours, theirs) in enumerate(pairs, 1) if ours != theirs), 0)
    added = not different and len(data) > len(issued)
    return Verified(Verdict.CHANGED, paper, added, different or min(len(data), len(issued)) + 1)


def _looked(data: bytes) -> tuple[UUID | None, Signed]:
    if not _CROWD.acquire(timeout=WAIT_SECONDS):
        raise TemporaryError("verification.crowded")
    try:
        return look_into(data, partial(claims.look, trust=trust(asks=False)), limits=LIMITS)
    except (BrokenProcessPool, MemoryError):
        return None, Signed(("signing.broken",))
    finally:
        _CROWD.release()
