"""An ASGI site, and gunicorn's worker for it: uvicorn's, which does not end before it has read what it accepted.

It lies beside `serve.py` and is loaded by its name, as gunicorn wants it.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from panggon_site import BROKEN, PROOF_PATH, TEXT, Site, proof
from uvicorn.server import Server
from uvicorn.workers import UvicornWorker

# What was accepted just before the end is read within this time.
GRACE_SECONDS = 0.1

Scope = MutableMapping[str, Any]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class AsgiSite(Site):  # type: ignore[misc]
    async def __call__(self, scope: Scope, receive: Any, send: Send) -> None:
        if scope["type"] == "websocket" and scope.get("scheme") == "https":
            scope["scheme"] = "wss"  # what the web server says is the scheme of the connection's beginning
        self.asked()
        try:
            await self._answer(scope, receive, send)
        finally:
            self.answered()

    async def _answer(self, scope: Scope, receive: Any, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == PROOF_PATH:
            await _send(send, 200, "application/json", json.dumps(await asyncio.to_thread(proof)).encode())
        elif self.application is not None:
            await self.application(scope, receive, send)
        elif scope["type"] == "http":
            await _send(send, 500, TEXT, BROKEN)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        else:
            raise RuntimeError("no application")  # lifespan: the server goes on without


async def _send(send: Send, status: int, kind: str, body: bytes) -> None:
    headers = [(b"content-type", kind.encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


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
