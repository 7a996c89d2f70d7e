"""gunicorn's worker for ASGI: uvicorn's, which does not end before it has read what it accepted.

It lies beside `serve.py` and is loaded by its name, as gunicorn wants it.
"""

import asyncio
from typing import Any

from uvicorn.server import Server
from uvicorn.workers import UvicornWorker

# What was accepted just before the end is read within this time.
GRACE_SECONDS = 0.1


class PatientServer(Server):  # type: ignore[misc]
    async def shutdown(self, sockets: Any = None) -> None:
        """A connection without a request is closed at the end; one that was accepted just now has none yet."""
        for server in self.servers:
            server.close()
        await asyncio.sleep(GRACE_SECONDS)
        await super().shutdown(sockets)


class Worker(UvicornWorker):  # type: ignore[misc]
    async def _serve(self) -> None:
        self.config.app = self.wsgi
        await PatientServer(config=self.config).serve(sockets=self.sockets)
