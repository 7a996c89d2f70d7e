"""How long to wait for what may pass by itself."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from panggon.core.errors import TemporaryError

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Patience:
    """At most `attempts` in all; the pauses between them double from `first` to at most `longest` seconds. None is
    begun when `enough` seconds are over: for what fails slowly (an ACME server that never comes to an end) the wishes
    of all other sites would wait.
    """

    attempts: int
    first: float
    longest: float
    enough: float = 60.0

    def pauses(self) -> Iterator[float]:
        for attempt in range(self.attempts - 1):
            yield min(self.first * 2**attempt, self.longest)


@dataclass(frozen=True, slots=True)
class Policy:
    """Undoing has the most patience: giving up there leaves a machine between two states."""

    writing: Patience = Patience(attempts=8, first=0.2, longest=5.0)  # 16 s: a database server that starts again
    probing: Patience = Patience(attempts=5, first=0.3, longest=2.0)  # 4 s: a slow start, a DNS secondary
    undoing: Patience = Patience(attempts=12, first=0.2, longest=20.0, enough=180.0)  # 2 min


USUAL = Policy()
# For what is tried again every minute anyway.
_BRIEFLY = Patience(attempts=2, first=0.2, longest=0.2)
BRIEF = Policy(writing=_BRIEFLY, probing=_BRIEFLY, undoing=_BRIEFLY)


def tries(patience: Patience, sleep: Callable[[float], None]) -> Iterator[None]:
    """Once for each attempt, after its pause."""
    began = time.monotonic()
    yield
    for pause in patience.pauses():
        if time.monotonic() - began >= patience.enough:
            return
        sleep(pause)
        yield


def patiently(attempt: Callable[[], Result], patience: Patience, sleep: Callable[[float], None]) -> Result:
    """The attempt's result; after a TemporaryError it is tried again. Raises the last TemporaryError."""
    for _ in tries(patience, sleep):
        try:
            return attempt()
        except TemporaryError as error:
            last = error
    raise last
