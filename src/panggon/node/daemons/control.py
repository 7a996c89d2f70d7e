"""The server's side of a control socket: one JSON line each way, then the connection is closed."""

import json
import os
import selectors
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LINE_BYTES = 4096
# Who says this only wants to know whether somebody answers; every desk does.
ANSWER: Mapping[str, Any] = {"do": "answer"}


def listen(path: Path) -> socket.socket:
    """The control socket, for root only; whatever lay under its name is replaced."""
    draft = path.with_name(f".{path.name}")
    draft.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    former = os.umask(0o177)
    listener.bind(str(draft))
    os.umask(former)
    listener.listen(16)
    draft.replace(path)
    return listener


class Connection:
    """One client: gathers its line, answers once."""

    def __init__(self, client: socket.socket) -> None:
        client.setblocking(False)
        self.client = client
        self.passed: socket.socket | None = None
        self._received = b""

    def receive(self) -> dict[str, Any] | None:
        """The request when its line is whole, None before. Raises ValueError for what is not a request, OSError or
        EOFError when the client is gone.
        """
        data, descriptors, _, _ = socket.recv_fds(self.client, LINE_BYTES, 1)
        if descriptors:
            self.passed = socket.socket(fileno=descriptors[0])
        if not data:
            raise EOFError
        self._received += data
        if b"\n" not in self._received:
            if len(self._received) > LINE_BYTES:
                raise ValueError("the line is too long")
            return None
        request = json.loads(self._received)
        if not isinstance(request, dict):
            raise ValueError("a request is an object")  # noqa: TRY004 - bad input of a client, like a bad line
        return request

    def answer(self, **members: Any) -> None:
        """Answer and close; a client that has gone needs no answer."""
        with self.client, suppress(OSError):
            self.client.setblocking(True)
            self.client.settimeout(5)
            self.client.sendall(json.dumps(members).encode() + b"\n")

    def refuse(self, code: str, error: str, *, temporary: bool = False) -> None:
        self.answer(ok=False, code=code, error=error, temporary=temporary)


@dataclass(frozen=True, slots=True)
class Desk:
    """Takes requests in a loop of one thread, whose `selector` holds what to call for each event. `obey` gets every
    whole request and answers it; what is none is refused with the code `refusal`.
    """

    selector: selectors.BaseSelector
    obey: Callable[[dict[str, Any], Connection], None]
    refusal: str

    def open(self, path: Path) -> socket.socket:
        listener = listen(path)
        self.selector.register(listener, selectors.EVENT_READ, lambda: self._accept(listener))
        return listener

    def close(self, listener: socket.socket) -> None:
        self.selector.unregister(listener)
        listener.close()

    def _accept(self, listener: socket.socket) -> None:
        client, _ = listener.accept()
        connection = Connection(client)
        self.selector.register(client, selectors.EVENT_READ, lambda: self._read(connection))

    def _read(self, connection: Connection) -> None:
        try:
            request = connection.receive()
        except (OSError, EOFError, ValueError) as error:
            self.selector.unregister(connection.client)
            connection.refuse(self.refusal, str(error))
            return
        if request is not None:
            self.selector.unregister(connection.client)
            if request == ANSWER:
                connection.answer(ok=True)
            else:
                self.obey(request, connection)
