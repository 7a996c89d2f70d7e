"""Waiting for what happens in another process."""

import time
from collections.abc import Callable
from typing import TypeVar

from panggon.drivers.system.patience import Patience

Found = TypeVar("Found")
PAUSE = 0.02


def until(condition: Callable[[], Found], what: str = "it did not come true", *, seconds: float = 60) -> Found:
    """The first answer of the condition that is true; the test fails with these words when none comes in time."""
    patience = Patience(seconds)
    while not (found := condition()):
        assert not patience.is_over(), f"not within {seconds} s: {what}"
        time.sleep(PAUSE)
    return found
