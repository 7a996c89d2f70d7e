"""Which processors are left to who wants much of them."""

from collections.abc import Collection

# As long as it is not let out. Then it has everybody's processors again, until it wants too much once more.
SECONDS = 30.0
# Who uses this part of its share over so many seconds wants all of it; a page that takes its time is over by then.
MUCH, SPAN = 0.9, 1.0


def wants_much(worked: float, *, seconds: float, percent: int) -> bool:
    """Of a site with this share (100 is one processor, 0 no bound) that has worked so many seconds of a processor."""
    return bool(percent) and worked > MUCH * seconds * percent / 100


def shared(processors: Collection[int]) -> list[int]:
    """All but the machine's first, which is nobody's of them: so all others find one where nobody is in their way. To
    preempt somebody may take a whole tick.
    """
    return sorted(processors)[1:]


def lane(number: int, percent: int, processors: Collection[int]) -> tuple[int, ...]:
    """As many of the shared processors as the site's share of time is worth (100 is one); nothing where there are not
    so many. Sites are spread by their `number`.
    """
    there, wanted = shared(processors), -(-percent // 100)
    if not 0 < wanted <= len(there):
        return ()
    return tuple(sorted(there[(number + place) % len(there)] for place in range(wanted)))
