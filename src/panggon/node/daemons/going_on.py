"""For loops that must not end, because all sites depend on them: what fails in one turn is told, and the next comes."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from panggon.core.errors import PanggonError

FAILED_SECONDS = 0.05


@contextmanager
def going_on(log: logging.Logger, what: str, *, expected: int = logging.WARNING) -> Iterator[None]:
    """`expected` is the level of errors that have a code. What nobody has foreseen stands there with its traceback."""
    try:
        yield
    except PanggonError as error:
        log.log(expected, "%s: %s", what, error)
    except OSError as error:
        log.warning("%s: %s", what, error)
    except Exception:  # a fault of ours in one site's turn would end the loop, and with it everybody else's
        log.exception("%s", what)


def heed(log: logging.Logger, event: Callable[[], None]) -> None:
    """One event of a loop. What has failed is told again at once where what it waits for is still there, so a moment
    passes.
    """
    with going_on(log, "an event"):
        event()
        return
    time.sleep(FAILED_SECONDS)
