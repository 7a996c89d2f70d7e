"""A connection of the site and the one that the gate made for it, which carry each other's bytes."""

import selectors
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass, field

CHUNK = 65_536


@dataclass(slots=True)
class Flow:
    """One direction of a pair: what was read from `source` and `sink` has not taken yet."""

    source: socket.socket
    sink: socket.socket
    data: bytes = b""
    ended: bool = False
    closed: bool = False

    def read(self) -> None:
        with suppress(BlockingIOError):
            self.data = self.source.recv(CHUNK)
            self.ended = not self.data

    def write(self) -> None:
        """Raises OSError when the other side is gone."""
        if self.data:
            with suppress(BlockingIOError):
                self.data = self.data[self.sink.send(self.data) :]
        if self.ended and not self.data and not self.closed:
            self.sink.shutdown(socket.SHUT_WR)
            self.closed = True


@dataclass(slots=True)
class Pair:
    """A connection of the site and the one that was made for it."""

    inner: socket.socket
    outer: socket.socket
    connected: bool = False
    flows: tuple[Flow, Flow] = field(init=False)

    def __post_init__(self) -> None:
        self.flows = (Flow(self.inner, self.outer), Flow(self.outer, self.inner))

    def wants(self, sock: socket.socket) -> int:
        if not self.connected:
            return selectors.EVENT_WRITE if sock is self.outer else 0
        reads = any(flow.source is sock and not flow.data and not flow.ended for flow in self.flows)
        writes = any(flow.sink is sock and flow.data for flow in self.flows)
        return (selectors.EVENT_READ if reads else 0) | (selectors.EVENT_WRITE if writes else 0)

    def step(self, sock: socket.socket, mask: int) -> bool:
        """Carry on what is there; False when the pair is done. Raises OSError when one side is gone."""
        if not self.connected:
            if code := self.outer.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise OSError(code, "no way")
            self.connected = True
            return True
        for flow in self.flows:
            if mask & selectors.EVENT_READ and flow.source is sock and not flow.data and not flow.ended:
                flow.read()
            flow.write()
        return not all(flow.closed for flow in self.flows)

    def close(self, *, reset: bool) -> None:
        if reset:  # the site is to see a failure, not an end
            with suppress(OSError):
                self.inner.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.inner.close()
        self.outer.close()
