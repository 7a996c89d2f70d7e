"""gunicorn's worker for a WSGI site: one that loses no request, and waits for none where there can be none.

It lies beside `serve.py` and is loaded by its name, as gunicorn wants it: Debian's or the site's own, so it has to fit
what each since 20 calls.
"""

import contextlib
import socket
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

FASTCGI = b"\x01"  # how each of its records begins (fast-cgi.github.io/spec, section 3.3), and no request of HTTP


class Worker(ThreadWorker):  # type: ignore[misc]
    def accept(self, *called: Any) -> None:
        """To a thread at once, as gunicorn did before 21 and does since 24. Those between wait until there is something
        to be read, and forget whoever waits when they are to end: the next visitor of a site that goes to sleep.
        """
        listener = called[-1]
        with contextlib.suppress(BlockingIOError, ConnectionAbortedError):
            visitor, address = listener.accept()
            self.nr_conns += 1
            self.enqueue_req(TConn(self.cfg, visitor, address, listener.getsockname()))

    def handle(self, conn: Any) -> Any:
        """For a moment, when a site becomes one of PHP, the web server comes to the former programs with FastCGI: it
        would wait for minutes, and so would its visitor. What is raised here closes the connection.
        """
        conn.sock.setblocking(True)
        if conn.sock.recv(1, socket.MSG_PEEK) == FASTCGI:
            raise ConnectionError
        return super().handle(conn)
