"""Waiting for what happens in another process."""

import time
from collections.abc import Callable
from typing import TypeVar

from panggon.drivers.system.patience import Patience

Found = TypeVar("Found")
PAUSE, PAUSE_MOST = 0.02, 0.5
PAUSES_AS_LONG = 3  # as the look before it: who loads a page again and again keeps those busy whom it waits for


def until(condition: Callable[[], Found], what: str = "it did not come true", *, seconds: float = 60) -> Found:
    """The first answer of the condition that is true; the test fails with these words when none comes in time."""
    patience = Patience(seconds)
    while True:
        began = time.monotonic()
        if found := condition():
            return found
        assert not patience.is_over(), f"not within {seconds} s: {what}"
        time.sleep(min(max(PAUSE, PAUSES_AS_LONG * (time.monotonic() - began)), PAUSE_MOST))
