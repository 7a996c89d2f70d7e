"""How much of the time sites can be visited: the share of regular visits that were answered.

A visit that could not be made is none, so that the share is of what is known; how many there were is told with it.
"""

from fractions import Fraction

SCALE = 100  # two decimals


def percent(*, answered: int, visits: int) -> Fraction | None:
    """Rounded down to two decimals, so that 100 means that every visit was answered; None where there was none."""
    return Fraction(100 * SCALE * answered // visits, SCALE) if visits else None
