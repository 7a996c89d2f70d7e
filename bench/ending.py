"""A measurement that is ended from outside puts everything away before it goes."""

import signal
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def once() -> None:
    """The first of SIGNALS raises KeyboardInterrupt in the main thread; others do not cut short what it tidies then."""
    for number in SIGNALS:
        signal.signal(number, _end)


def _end(_number: int, _frame: FrameType | None) -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
