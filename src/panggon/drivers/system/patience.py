"""How long this process waits for what another one does."""

import time
from dataclasses import dataclass, field

LONGEST_LOOK = 1.0


@dataclass(slots=True)
class Patience:
    """Asked after each look whether it is over, when what is looked for did not come within `seconds`.

    A look counts for `longest_look` seconds at most. A machine may stand still meanwhile (a virtual one that is moved
    or paused): its clock goes on, although nothing had a chance to happen.
    """

    seconds: float
    longest_look: float = LONGEST_LOOK
    _since: float = field(init=False)

    def __post_init__(self) -> None:
        self._since = time.monotonic()

    def is_over(self) -> bool:
        now = time.monotonic()
        self.seconds -= min(now - self._since, self.longest_look)
        self._since = now
        return self.seconds < 0
