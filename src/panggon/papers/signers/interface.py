"""What every way of signing has in common: what it is given, what it gives back, how it fails."""

from dataclasses import dataclass, field
from typing import Protocol

from panggon.core.papers.signing import Place, Signatory


class Secret:
    """Words that are used once and shown nowhere: not in a log, a traceback or a job, and it cannot be pickled."""

    __slots__ = ("_words",)

    def __init__(self, words: str) -> None:
        self._words = words

    def __repr__(self) -> str:
        return "Secret(…)"

    def __bool__(self) -> bool:
        return bool(self._words)

    def __reduce__(self) -> str:
        raise TypeError("a secret leaves no process")

    def reveal(self) -> str:
        return self._words


@dataclass(frozen=True, slots=True)
class Stamp:
    """What is seen of a signature, as PDF and as picture (PNG)."""

    pdf: bytes = b""
    png: bytes = b""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be signed: the frozen bytes, by whom, where and why."""

    data: bytes
    person: Signatory
    place: Place
    stamp: Stamp
    reason: str
    location: str


@dataclass(frozen=True, slots=True)
class Given:
    """What the person gave in this very request."""

    passphrase: Secret = field(default_factory=lambda: Secret(""))
    file: bytes = b""


class Signer(Protocol):
    """Errors of all three: `TemporaryError` and `PermanentError` with a code `signing.…`.

    A code `signing.interrupted` says that the document was signed and lost on its way; its facts carry the
    `reference` by which it can be fetched.
    """

    def check(self, person: Signatory) -> None:
        """Raises when this person cannot sign now, whatever the passphrase."""

    def sign(self, order: Order, given: Given) -> bytes:
        """The signed document."""

    def fetch(self, reference: str) -> bytes | None:
        """What was signed before under this reference; None where nothing can be fetched."""
