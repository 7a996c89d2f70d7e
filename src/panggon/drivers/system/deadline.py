"""An end to a conversation. The timeout of a socket begins anew with each byte: who says one after another, in
the lines of a header for example, has whoever listens for as long as he likes.
"""

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def kept(seconds: float, lines: Callable[[], Iterable[socket.socket]]) -> Iterator[None]:
    """While the block runs; after so long the lines that there are then are shut, and who reads there meets their end.
    Raises TimeoutError then.
    """
    over = threading.Event()

    def end() -> None:
        over.set()
        for line in lines():
            with suppress(OSError):
                socket.socket.shutdown(line, socket.SHUT_RDWR)  # beneath TLS, whose state is in the reader's hands

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception as error:
        if over.is_set():
            raise TimeoutError("timed out") from error
        raise
    finally:
        timer.cancel()
    if over.is_set():
        raise TimeoutError("timed out")
