"""What the engine asks of a driver: three verbs, and nothing else."""

from dataclasses import dataclass
from typing import Protocol

from panggon.core.node.planning.resources import Attributes, Key, Observation
from panggon.core.sites.spec import SiteSpec


@dataclass(frozen=True, slots=True)
class Check:
    """One proof, made from outside: its name (`dns.answer`), whether it held, and what was seen, for a person."""

    name: str
    ok: bool
    detail: str


class Driver(Protocol):
    """Looks after one system.

    Errors of all three: `TemporaryError` when the system cannot be asked now, `PermanentError` when it refuses.
    """

    def read(self, key: Key) -> Observation:
        """What exists, normalised to the words of `core.node.planning.desired`, so that equal states compare equal."""
        ...

    def write(self, key: Key, after: Attributes | None) -> None:
        """Make the resource read as `after` (None: absent).

        Idempotent, and safe to repeat after a kill at any instruction: an interrupted write reads as before, as
        after, or as PARTIAL. `None` deletes for good: the engine asks it only of what its own journal has created.
        """
        ...

    def probe(self, key: Key, *, spec: SiteSpec) -> tuple[Check, ...]:
        """Does it work, asked from outside as a client would, never by an exit code? A failed proof is a Check
        that is not ok, not an exception.
        """
        ...
