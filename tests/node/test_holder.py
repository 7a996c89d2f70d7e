"""The holder's own loop, without sites."""

import math
from types import SimpleNamespace

import pytest

from panggon.node.sockets import holder
from panggon.node.sockets.holder import IDLE_SECONDS, TICK_SECONDS, Holder

WORDS_A_SECOND, SECONDS = 128, 20  # a power of two: such fractions of a second add up exactly


@pytest.mark.parametrize(("busy", "pause"), [(True, TICK_SECONDS), (False, IDLE_SECONDS)])
def test_it_looks_around_by_the_clock_whatever_it_is_told_meanwhile(monkeypatch, busy, pause):
    """Each look may take milliseconds, for which the next who asks would wait."""
    now, looks, words = 0.0, [], 0
    served = Holder.__new__(Holder)

    def hear(_: float) -> list[tuple[SimpleNamespace, int]]:
        nonlocal now, words
        now += 1 / WORDS_A_SECOND
        words += 1
        served._done = words == SECONDS * WORDS_A_SECOND
        return [(SimpleNamespace(data=lambda: None), 1)]

    served._ending = served._done = False
    served._selector = SimpleNamespace(select=hear)
    served._sites = SimpleNamespace(
        busy=lambda _: busy,
        awake=True,
        sockets=SimpleNamespace(keeper=object()),
        spares=SimpleNamespace(due=math.inf),
        tick=looks.append,
    )
    monkeypatch.setattr(holder, "time", SimpleNamespace(monotonic=lambda: now))
    served._serve()
    assert looks == [pause * (number + 1) for number in range(int(SECONDS / pause))]
