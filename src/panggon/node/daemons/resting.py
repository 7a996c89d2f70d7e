"""What says too much is heard only now and then: who has to read it pays as much for it as who says it."""

import math
import selectors
import time
from collections.abc import Callable
from dataclasses import dataclass, field

# A full pipe in each such time: a program that says much goes on, at somewhat more than a MiB a second.
REST_SECONDS = 0.05


@dataclass(slots=True)
class Resting:
    """Descriptors of a loop that are left alone for a moment, each with what is called for it otherwise."""

    selector: selectors.BaseSelector
    _until: dict[int, tuple[float, Callable[[], None]]] = field(default_factory=dict)

    def rest(self, descriptor: int) -> None:
        """One that is registered."""
        self._until[descriptor] = time.monotonic() + REST_SECONDS, self.selector.unregister(descriptor).data

    def go_on(self) -> None:
        """With those whose rest is over."""
        for descriptor, (until, act) in list(self._until.items()):
            if time.monotonic() >= until:
                del self._until[descriptor]
                self.selector.register(descriptor, selectors.EVENT_READ, act)

    def forget(self, descriptor: int) -> None:
        """Before it is closed, whether it rests or not."""
        self._until.pop(descriptor, None)

    def pause(self) -> float:
        """How long a loop may wait at most, in seconds."""
        ends = min((until for until, _ in self._until.values()), default=math.inf)
        return max(0.0, ends - time.monotonic())
