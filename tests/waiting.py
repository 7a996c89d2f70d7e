"""Waiting for what happens in another process."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def until(condition: Callable[[], Found], what: str = "it did not come true", *, seconds: float = 60) -> Found:
    """The first answer of the condition that is true; the test fails with these words when none comes in time."""
    ends = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < ends, f"not within {seconds} s: {what}"
        time.sleep(0.02)
    return found
