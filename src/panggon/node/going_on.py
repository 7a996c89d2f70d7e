"""For loops that must not end, because all sites depend on them: what fails in one turn is told, and the next comes."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from panggon.core.errors import PanggonError


@contextmanager
def going_on(log: logging.Logger, what: str, *, expected: int = logging.WARNING) -> Iterator[None]:
    """`expected` is the level of errors that have a code. What nobody has foreseen stands there with its traceback."""
    try:
        yield
    except PanggonError as error:
        log.log(expected, "%s: %s", what, error)
    except OSError as error:
        log.warning("%s: %s", what, error)
    except Exception:
        log.exception("%s", what)
