"""The gate itself: one loop over the connections and the questions of names of one site."""

import errno
import ipaddress
import itertools
import selectors
import socket
import struct
import time
from contextlib import suppress
from typing import Any

from panggon.core.sites.outgoing import DNS_PORT, Address, Destination, Policy
from panggon.node.gate.pairs import CHUNK, Pair
from panggon.node.gate.questions import REFUSED, answered_addresses, asked_name, name_end

PAIRS_MOST = 200
QUESTIONS_MOST = 64
QUESTION_SECONDS = 5.0
LEARNED_MOST = 4096


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


def _family(address: Address) -> socket.AddressFamily:
    return socket.AF_INET if address.version == 4 else socket.AF_INET6
