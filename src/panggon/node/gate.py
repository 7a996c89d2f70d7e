"""The way out of one site: a process beside its sandbox that carries connections to whom its policy allows.

The site's network namespace has no way out at all. Every address leads to sockets that the holder has opened in it;
this process has inherited them, sees where each connection wanted to go, and connects there from the machine. So the
machine routes nothing, needs no rules of a firewall, and nothing ever comes in.

Started as `python3 -m panggon.node.gate`, with nothing but the standard library, in a sandbox of its own.
"""

import errno
import ipaddress
import itertools
import json
import selectors
import socket
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from panggon.core import outgoing
from panggon.core.outgoing import DNS_PORT, Address, Destination, Policy

CHUNK = 65_536
PAIRS_MOST = 200
QUESTIONS_MOST = 64
QUESTION_SECONDS = 5.0
LEARNED_MOST = 4096
# RFC 1035 section 4.1.1: an answer (QR) with REFUSED, as many sections as a question without additional records.
REFUSED = struct.pack(">HHHHH", 0x8005, 1, 0, 0, 0)
RECORD_A, RECORD_AAAA = 1, 28


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


class Gate:
    """`resolvers` are asked in turn; a machine that has none refuses every question."""

    def __init__(self, policy: Policy, resolvers: tuple[str, ...]) -> None:
        self._policy = policy
        self._resolvers = itertools.cycle(resolvers or [None])
        self._selector = selectors.DefaultSelector()
        self._pairs = 0
        self._questions: dict[socket.socket, float] = {}
        self._learned: dict[str, str] = {}  # address: the name that has led to it

    def listen(self, listener: socket.socket) -> None:
        listener.setblocking(False)
        act = self._accept if listener.type == socket.SOCK_STREAM else self._asked
        self._selector.register(listener, selectors.EVENT_READ, lambda _: act(listener))

    def run(self) -> None:
        while True:
            self.turn()

    def turn(self) -> None:
        for key, mask in self._selector.select(1.0 if self._questions else None):
            key.data(mask)
        for asked in [asked for asked, until in self._questions.items() if until < time.monotonic()]:
            self._forget(asked)

    # Connections

    def _accept(self, listener: socket.socket) -> None:
        try:
            inner, _ = listener.accept()
        except OSError:
            return
        destination = self._destination(inner)
        outer = self._connecting(destination) if self._pairs < PAIRS_MOST else None
        if outer is None:
            inner.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            inner.close()
            return
        inner.setblocking(False)
        self._pairs += 1
        self._watch(Pair(inner, outer))

    def _destination(self, inner: socket.socket) -> Destination:
        host, port = inner.getsockname()[:2]
        address = ipaddress.ip_address(host.partition("%")[0])
        name = self._learned.get(str(address))
        return Destination(address, port, own=is_own(address), names=(name,) if name else ())

    def _connecting(self, destination: Destination) -> socket.socket | None:
        host: str | None = str(destination.address)
        if destination.port == DNS_PORT:
            host = next(self._resolvers)
        elif not self._policy.allows(destination):
            return None
        if host is None:
            return None
        outer = socket.socket(_family(ipaddress.ip_address(host)))
        outer.setblocking(False)
        if outer.connect_ex((host, destination.port)) in (0, errno.EINPROGRESS):
            return outer
        outer.close()
        return None

    def _watch(self, pair: Pair) -> None:
        for sock in (pair.inner, pair.outer):
            wanted = pair.wants(sock)
            known = sock in self._selector.get_map()
            if wanted and not known:
                self._selector.register(sock, wanted, lambda mask, sock=sock: self._step(pair, sock, mask))
            elif wanted:
                self._selector.modify(sock, wanted, lambda mask, sock=sock: self._step(pair, sock, mask))
            elif known:
                self._selector.unregister(sock)

    def _step(self, pair: Pair, sock: socket.socket, mask: int) -> None:
        if sock.fileno() < 0:
            return  # an event of the same turn has ended the pair
        try:
            goes_on = pair.step(sock, mask)
        except OSError:
            self._end(pair, reset=True)
            return
        if goes_on:
            self._watch(pair)
        else:
            self._end(pair, reset=False)

    def _end(self, pair: Pair, *, reset: bool) -> None:
        for sock in (pair.inner, pair.outer):
            if sock in self._selector.get_map():
                self._selector.unregister(sock)
        pair.close(reset=reset)
        self._pairs -= 1

    # Questions of names

    def _asked(self, door: socket.socket) -> None:
        try:
            question, asker = door.recvfrom(CHUNK)
        except OSError:
            return
        name = asked_name(question)
        if name is None or len(self._questions) >= QUESTIONS_MOST:
            return
        resolver = next(self._resolvers) if self._policy.resolves(name) else None
        if resolver is None:
            with suppress(OSError):
                door.sendto(question[:2] + REFUSED + question[12 : name_end(question, 12) + 4], asker)
            return
        sock = socket.socket(_family(ipaddress.ip_address(resolver)), socket.SOCK_DGRAM)
        sock.setblocking(False)
        try:
            sock.connect((resolver, DNS_PORT))
            sock.send(question)
        except OSError:
            sock.close()
            return
        self._questions[sock] = time.monotonic() + QUESTION_SECONDS
        self._selector.register(sock, selectors.EVENT_READ, lambda _: self._answered(sock, door, asker, name))

    def _answered(self, sock: socket.socket, door: socket.socket, asker: Any, name: str) -> None:
        with suppress(OSError):
            answer = sock.recv(CHUNK)
            for address in answered_addresses(answer):
                self._learned.pop(address, None)
                self._learned[address] = name
            while len(self._learned) > LEARNED_MOST:
                self._learned.pop(next(iter(self._learned)))
            door.sendto(answer, asker)
        self._forget(sock)

    def _forget(self, sock: socket.socket) -> None:
        self._questions.pop(sock)
        self._selector.unregister(sock)
        sock.close()


def is_own(address: Address) -> bool:
    """Whether this machine has the address: only then can a socket be bound to it."""
    with socket.socket(_family(address), socket.SOCK_DGRAM) as trial:
        try:
            trial.bind((str(address), 0))
        except OSError:
            return False
    return True


def asked_name(message: bytes) -> str | None:
    """The host name of a DNS message's one question (RFC 1035 section 4.1), None for what is no such message."""
    if len(message) < 17 or struct.unpack(">H", message[4:6])[0] != 1:
        return None
    labels, at = [], 12
    with suppress(IndexError):
        while length := message[at]:
            if length > 63:
                return None
            labels.append(message[at + 1 : at + 1 + length])
            at += 1 + length
        return b".".join(labels).decode("ascii", errors="replace").lower()
    return None


def name_end(message: bytes, at: int) -> int:
    """Where a name ends that begins at `at`. Raises IndexError when it goes past the message's end."""
    while length := message[at]:
        if length > 63:  # a pointer
            return at + 2
        at += 1 + length
    return at + 1


def answered_addresses(message: bytes) -> Iterator[str]:
    """The addresses in a DNS answer; whatever is not well formed ends the list."""
    with suppress(IndexError, struct.error, ValueError):
        questions, answers = struct.unpack(">HH", message[4:8])
        at = 12
        for _ in range(questions):
            at = name_end(message, at) + 4
        for _ in range(answers):
            at = name_end(message, at)
            kind, _, _, size = struct.unpack(">HHIH", message[at : at + 10])
            at += 10
            if kind in (RECORD_A, RECORD_AAAA):
                yield str(ipaddress.ip_address(message[at : at + size]))
            at += size


def _family(address: Address) -> socket.AddressFamily:
    return socket.AF_INET if address.version == 4 else socket.AF_INET6


def main() -> None:
    """The first argument: `{"targets": […], "resolvers": […], "sockets": [descriptor, …]}`."""
    given = json.loads(sys.argv[1])
    gate = Gate(Policy(tuple(map(outgoing.parse, given["targets"]))), tuple(given["resolvers"]))
    for descriptor in given["sockets"]:
        gate.listen(socket.socket(fileno=descriptor))
    gate.run()


if __name__ == "__main__":
    main()
