"""Which processors are left to a site that wants more of them than it may have."""

from collections.abc import Collection

# As long as it is not let out. Then it has everybody's processors again, until it wants too much once more.
SECONDS = 30.0


def lane(number: int, percent: int, processors: Collection[int]) -> tuple[int, ...]:
    """As many processors as the site's share of time is worth (100 is one), but never the machine's first, so that all
    others find one where nobody is in their way: to preempt somebody may take a whole tick. Nothing where there are
    not so many. Sites are spread by their `number`.
    """
    _, *shared = sorted(processors)
    wanted = -(-percent // 100)
    if not 0 < wanted <= len(shared):
        return ()
    return tuple(sorted(shared[(number + place) % len(shared)] for place in range(wanted)))
