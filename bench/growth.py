"""How much longer a site takes where many are than where few are: on two machines at once, in turns, because what a
processor does in a second differs from one minute to the next by more than that.
"""

import statistics
import time
from dataclasses import dataclass

from bench.machine import SECOND, Machine, running, spec


@dataclass(frozen=True)
class Growth:
    """Seconds from a wish to the last proof: medians."""

    few: float
    many: float

    @property
    def times(self) -> float:
        return self.many / self.few


def measure(large: Machine, many: int, few: int, samples: int) -> Growth:
    """`many` is the number of the next site of the large one, `few` how many the small one has."""
    with running(first=SECOND) as small:
        small.fill(range(SECOND, SECOND + few))
        took: dict[int, list[float]] = {few: [], many: []}
        for number in range(samples):
            for machine, beside, wished in ((small, few, SECOND + few + number), (large, many, many + number)):
                began = time.perf_counter()
                machine.make(spec(wished))
                took[beside].append(time.perf_counter() - began)
    return Growth(statistics.median(took[few]), statistics.median(took[many]))
