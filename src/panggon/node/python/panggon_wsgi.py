"""gunicorn's worker for a WSGI site: one that waits for no request where there can be none.

It lies beside `serve.py` and is loaded by its name, as gunicorn wants it.
"""

import socket
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

FASTCGI = b"\x01"  # how each of its records begins (fast-cgi.github.io/spec, section 3.3), and no request of HTTP


class Worker(ThreadWorker):  # type: ignore[misc]
    def handle(self, conn: Any) -> tuple[bool, Any]:
        """For a moment, when a site becomes one of PHP, the web server comes to the former programs with FastCGI: it
        would wait for minutes, and so would its visitor.
        """
        if conn.sock.recv(1, socket.MSG_PEEK) == FASTCGI:
            return False, conn
        handled: tuple[bool, Any] = super().handle(conn)
        return handled
