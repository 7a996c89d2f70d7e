"""One zone on its name servers: questions, and updates by RFC 2136 with TSIG (RFC 8945)."""

import socket
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.serial
import dns.tsig
import dns.update

from panggon.core.errors import PanggonError, PermanentError, TemporaryError
from panggon.drivers.system import shell

Question = tuple[dns.name.Name, str]
CHANGED = (dns.rcode.YXDOMAIN, dns.rcode.YXRRSET, dns.rcode.NXDOMAIN, dns.rcode.NXRRSET)
AFTERWARDS_SECONDS = 1.0
# RFC 8945 section 5.2: what a server, or its answer, may have against a signed question.
WRONG_CLOCK = (dns.tsig.PeerBadTime, dns.tsig.BadTime)
REFUSALS: Mapping[type[Exception], str] = {
    dns.tsig.PeerBadKey: "server itu tidak mengenalnya, atau bukan dengan algoritma ini",
    dns.tsig.PeerBadSignature: "rahasianya di sana lain",
    dns.tsig.BadSignature: "jawabannya tidak ditandatangani dengan rahasia ini",
}
# What a server has against a question or an update (RFC 1035, 2136), as far as that can be told from afar.
AGAINST_QUESTIONS: Mapping[int, str] = {
    dns.rcode.SERVFAIL: "di sana zona itu gagal dimuat, atau kedaluwarsa karena server utamanya lama tidak terjangkau",
    dns.rcode.REFUSED: "zona itu tidak ada di sana, atau mesin ini tidak boleh bertanya",
}
AGAINST_UPDATES: Mapping[int, str] = {
    dns.rcode.SERVFAIL: "catatan server itu menyebut sebabnya, misalnya disk yang penuh",
    dns.rcode.REFUSED: "kunci TSIG belum boleh mengubahnya di sana, atau zona itu dibekukan (freeze)",
    dns.rcode.NOTAUTH: "server itu bukan server utama zona itu",
    dns.rcode.NOTIMP: "server itu tidak menerima pembaruan (RFC 2136)",
}
UNSIGNED = "jawabannya tidak ditandatangani; mungkin server itu tidak menerima pembaruan dengan TSIG (RFC 2136)"


@dataclass(frozen=True, slots=True)
class Server:
    """Where a name server listens."""

    address: str
    port: int = 53

    def __str__(self) -> str:
        return f"{self.address}#{self.port}"


@dataclass(frozen=True, slots=True)
class Settings:
    """`primary` takes the updates; `authoritative` are all servers that the world asks. `secret` is base64; `ttl`,
    `timeout` and `settle` are seconds. Within `settle` the authoritative servers must have followed the primary;
    `signed` says that the zone is signed (DNSSEC), and so must be every answer. `afterwards` is a command for whenever
    the primary has taken an update.
    """

    zone: str
    primary: Server
    authoritative: tuple[Server, ...]
    key_name: str
    secret: str
    algorithm: str = "hmac-sha256"
    ttl: int = 300
    timeout: float = 5.0
    settle: float = 5.0
    signed: bool = True
    afterwards: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Records:
    """Those of one type at a name itself (not at what an alias leads to), sorted; `ttl` is seconds, 0 where none is."""

    texts: tuple[str, ...]
    ttl: int

    def without(self, texts: Collection[str]) -> "Records":
        return Records(tuple(text for text in self.texts if text not in texts), self.ttl)


NOTHING = Records((), 0)


@dataclass(frozen=True, slots=True)
class Zone:
    """Errors of all: TemporaryError `dns.down`, PermanentError `dns.refused`."""

    settings: Settings

    def send(self, update: dns.update.UpdateMessage) -> None:
        """The update, whole or not at all (RFC 2136 section 3.7). Raises TemporaryError `dns.changed` too."""
        if not self._accepts(update):
            raise TemporaryError("dns.changed", "nama itu diubah pihak lain pada saat yang sama")
        if self.settings.afterwards:
            threading.Thread(target=_run, args=(self.settings.afterwards,)).start()

    def holds(self, name: dns.name.Name, kind: str) -> bool:
        """Whether the primary has such records at this very name, whatever it answers who asks for them (made of a
        wildcard, say): an update of nothing, with that for a prerequisite (RFC 2136 section 2.4).
        """
        update = dns.update.UpdateMessage(self.settings.zone)
        update.present(name, kind)
        return self._accepts(update)

    def _accepts(self, update: dns.update.UpdateMessage) -> bool:
        """False where the prerequisites of the update do not hold."""
        settings, primary = self.settings, self.settings.primary
        update.use_tsig(dns.tsig.Key(settings.key_name, settings.secret, settings.algorithm))
        with spoken_to(primary, settings.key_name):
            response = dns.query.tcp(update, primary.address, port=primary.port, timeout=settings.timeout)
        if response.rcode() in CHANGED:
            return False
        self._accept(response, f"{primary} tidak mengubah {settings.zone}", AGAINST_UPDATES)
        return True

    def texts(self, *questions: Question, server: Server | None = None) -> dict[Question, tuple[str, ...]]:
        """What a server (the primary) has of each type at each name itself, sorted."""
        return {each: found.texts for each, found in self.records(*questions, server=server).items()}

    def records(self, *questions: Question, server: Server | None = None) -> dict[Question, Records]:
        """The same, with how long it may be kept."""
        return {each: _records(response, *each) for each, response in self.ask(*questions, server=server).items()}

    def ask(self, *questions: Question, server: Server | None = None) -> dict[Question, dns.message.Message]:
        """Asked at once over one connection (RFC 7766 section 6.2.1.1): most of a question's time is waiting."""
        if not questions:
            return {}
        asked = server or self.settings.primary
        queries = [dns.message.make_query(*each, flags=0, id=number) for number, each in enumerate(questions)]
        with spoken_to(asked, self.settings.key_name):
            responses = _pipelined(queries, asked, seconds=self.settings.timeout)
        return {each: self._answered(responses[number], asked) for number, each in enumerate(questions)}

    def ask_as_resolver(self, question: Question, server: Server) -> dns.message.Message:
        """By UDP, with the signatures."""
        query = dns.message.make_query(*question, want_dnssec=True, flags=0)
        with spoken_to(server, self.settings.key_name):
            response, _ = dns.query.udp_with_fallback(
                query, server.address, port=server.port, timeout=self.settings.timeout
            )
        return self._answered(response, server)

    def knows_itself(self, server: Server) -> None:
        """Raises the errors where this server does not answer for the zone."""
        self.ask_as_resolver((dns.name.from_text(self.settings.zone), "SOA"), server)

    def is_ahead(self, server: Server) -> bool:
        """Whether a server has a newer zone than the primary (RFC 1982), from which it takes nothing then."""
        other, own = (self._serial(each) for each in (server, self.settings.primary))  # that may go on between the two
        return other is not None and own is not None and dns.serial.Serial(other) > dns.serial.Serial(own)

    def _serial(self, server: Server) -> int | None:
        apex = dns.name.from_text(self.settings.zone)
        found = answer(self.ask_as_resolver((apex, "SOA"), server), apex, "SOA")
        return int(found[0].split()[2]) if found else None

    def _answered(self, response: dns.message.Message, server: Server) -> dns.message.Message:
        if response.rcode() != dns.rcode.NXDOMAIN:
            self._accept(response, f"{server} tidak menjawab untuk {self.settings.zone}", AGAINST_QUESTIONS)
        return response

    def _accept(self, response: dns.message.Message, otherwise: str, against: Mapping[int, str]) -> None:
        rcode = response.rcode()
        if rcode == dns.rcode.NOERROR:
            return
        said = f"{otherwise} ({dns.rcode.to_text(rcode)})"
        why = f"{said}: {against[rcode]}" if rcode in against else said
        if rcode == dns.rcode.SERVFAIL:
            raise TemporaryError("dns.down", why)
        raise PermanentError("dns.refused", why)


def answer(response: dns.message.Message, name: dns.name.Name, kind: str) -> tuple[str, ...]:
    """The records of a type at a name itself (not at what an alias leads to), sorted."""
    return _records(response, name, kind).texts


def _records(response: dns.message.Message, name: dns.name.Name, kind: str) -> Records:
    """Of servers also what a delegation names."""
    sections = (response.answer, response.authority) if kind == "NS" else (response.answer,)
    types = dns.rdataclass.IN, dns.rdatatype.from_text(kind)
    found = next(filter(None, (response.get_rrset(each, name, *types) for each in sections)), None)
    return Records(tuple(sorted(record.to_text() for record in found)), found.ttl) if found else NOTHING


def below(name: dns.name.Name, label: str) -> dns.name.Name:
    return dns.name.Name((label.encode(), *name.labels))


def _pipelined(
    queries: Iterable[dns.message.Message], server: Server, *, seconds: float
) -> dict[int, dns.message.Message]:
    """The answers by the numbers of the queries. A server that ends the connection before all are answered is asked
    the others again (RFC 7766 section 6.2.4), each over a connection of its own.
    """
    waiting = {query.id: query for query in queries}
    answers: dict[int, dns.message.Message] = {}
    with suppress(EOFError, ConnectionError):
        _take_answers(waiting, answers, server, seconds=seconds)
    for query in [query for query in waiting.values() if query.id not in answers]:
        _take_answers({query.id: query}, answers, server, seconds=seconds)
    return answers


def _take_answers(
    queries: Mapping[int, dns.message.Message],
    answers: dict[int, dns.message.Message],
    server: Server,
    *,
    seconds: float,
) -> None:
    """Over one connection; they may come in any order."""
    waiting = dict(queries)
    wires = [query.to_wire() for query in waiting.values()]
    with socket.create_connection((server.address, server.port), seconds) as line:
        line.sendall(b"".join(len(wire).to_bytes(2, "big") + wire for wire in wires))
        while waiting:
            response, _ = dns.query.receive_tcp(line, time.time() + seconds)
            query = waiting.pop(response.id, None)
            if query is None or not query.is_response(response):
                raise dns.query.BadResponse
            answers[response.id] = response


def _run(command: tuple[str, ...]) -> None:
    """Nobody waits for it: the update is taken, whatever comes of this."""
    with suppress(PanggonError):
        shell.run(command, seconds=AFTERWARDS_SECONDS)


@contextmanager
def spoken_to(server: Server, key_name: str) -> Iterator[None]:
    """What goes wrong between us and a server, as our errors."""
    try:
        yield
    except WRONG_CLOCK as error:  # most are set right by themselves
        why = f"{server} menolak tanda tangan TSIG: jam mesin ini dan jam server itu berbeda beberapa menit atau lebih"
        raise TemporaryError("dns.refused", why) from error
    except (dns.tsig.PeerError, dns.tsig.BadSignature, dns.message.UnknownTSIGKey) as error:
        why = REFUSALS.get(type(error), str(error) or type(error).__name__)
        raise PermanentError("dns.refused", f"{server} menolak kunci TSIG {key_name}: {why}") from error
    except dns.exception.FormError as error:
        if "requires a TSIG" in str(error):
            raise PermanentError("dns.refused", f"{server}: {UNSIGNED}") from error
        raise TemporaryError("dns.down", f"{server}: {error}") from error
    except (OSError, EOFError, dns.exception.DNSException) as error:
        raise TemporaryError("dns.down", f"{server}: {str(error) or type(error).__name__}") from error
