"""Bars as numbers for an SVG: the page draws them with attributes alone, since its styles may not be inline."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

WIDTH, HEIGHT = 720, 200
SPACE = 0.3  # of a group's width, between it and the next
NICE = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Bar:
    """`series` is the number of its row of values; the origin is above left, as in SVG."""

    x: float
    y: float
    width: float
    height: float
    series: int


@dataclass(frozen=True, slots=True)
class Chart:
    """`labels` are what stands below some of the groups, at their middles."""

    bars: tuple[Bar, ...]
    labels: tuple[tuple[float, str], ...]
    lines: tuple[tuple[int, float], ...]  # value and height of each
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def is_empty(self) -> bool:
        """Nothing but zeros."""
        return not any(bar.height for bar in self.bars)


def grouped_bars(*series: Sequence[float], labels: Sequence[str], every: int = 1) -> Chart:
    """The values of each series side by side; all of them have one length and none is negative. One in `every` of the
    labels is shown, so that no two touch.
    """
    most = max((value for values in series for value in values), default=0)
    step = nice_step(most)
    top = max(step, ceil(most / step) * step)
    group = WIDTH / max(len(series[0]), 1)
    width = group * (1 - SPACE) / len(series)
    bars = tuple(
        Bar(
            round(place * group + group * SPACE / 2 + number * width, 1),
            round(HEIGHT - value / top * HEIGHT, 1),
            round(width, 1),
            round(value / top * HEIGHT, 1),
            number,
        )
        for number, values in enumerate(series)
        for place, value in enumerate(values)
    )
    middles = (round((place + 0.5) * group, 1) for place in range(len(series[0])))
    lines = tuple((value, round(HEIGHT - value / top * HEIGHT, 1)) for value in range(0, top + 1, step))
    return Chart(bars, tuple(zip(middles, labels, strict=True))[::every], lines)


def nice_step(most: float) -> int:
    """The distance of the lines: 1, 2 or 5 times a power of ten, so that at most five reach the largest value."""
    power = 1
    while True:
        for factor in NICE:
            if factor * power * 5 >= most:
                return factor * power
        power *= 10
