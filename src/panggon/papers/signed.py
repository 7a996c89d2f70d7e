"""What is asked of a signed PDF, and what is found (`validation`)."""

from dataclasses import dataclass
from datetime import datetime

from panggon.core.papers.signing import Level, Place


@dataclass(frozen=True, slots=True)
class Frozen:
    """The document that was to be signed. `place`: where its stamp belongs, of a file that may be written anew while it
    is signed (`papers.rewritten`); None: the file has to begin with these very bytes.
    """

    data: bytes
    place: Place | None = None

    def begins(self, data: bytes) -> bool:
        return len(data) > len(self.data) and data.startswith(self.data)


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose certificates count (DER), and whether it may be asked over the network if they were revoked."""

    roots: tuple[bytes, ...]
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Signed:
    """What the one signature of a document says. `faults` are codes `signing.…`, the gravest first; `page` is that of a
    difference. `rewritten`: the same document, but not the same bytes.
    """

    faults: tuple[str, ...]
    page: int = 0
    rewritten: bool = False
    subject: tuple[str, ...] = ()
    name: str = ""
    issuer: str = ""
    serial: str = ""
    signed_at: datetime | None = None
    timestamped: bool = False
    level: Level = Level.B_B
