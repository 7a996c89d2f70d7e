"""Helper: one zone on its name servers: questions, and updates by RFC 2136 with TSIG (RFC 8945)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.tsig
import dns.update

from panggon.core.errors import PermanentError, TemporaryError

CHANGED = (dns.rcode.YXDOMAIN, dns.rcode.YXRRSET, dns.rcode.NXDOMAIN, dns.rcode.NXRRSET)


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
    `signed` says that the zone is signed (DNSSEC), and so must be every answer.
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


@dataclass(frozen=True, slots=True)
class Zone:
    """Errors of all: TemporaryError `dns.down`, PermanentError `dns.refused`."""

    settings: Settings

    def send(self, update: dns.update.UpdateMessage) -> None:
        """The update, whole or not at all (RFC 2136 section 3.7). Raises TemporaryError `dns.changed` too."""
        settings = self.settings
        update.use_tsig(dns.tsig.Key(settings.key_name, settings.secret, settings.algorithm))
        response = self._exchange(update, settings.primary, dns.query.tcp)
        if response.rcode() in CHANGED:
            raise TemporaryError("dns.changed", "nama itu diubah pihak lain pada saat yang sama")
        self._accept(response, settings.primary)

    def texts(self, name: dns.name.Name, kind: str, server: Server | None = None) -> tuple[str, ...]:
        """What a server (the primary) has of a type at a name itself, sorted."""
        return answer(self.ask(name, kind, server or self.settings.primary), name, kind)

    def ask(self, name: dns.name.Name, kind: str, server: Server, *, signed: bool = False) -> dns.message.Message:
        query = dns.message.make_query(name, kind, want_dnssec=signed, flags=0)
        response = self._exchange(query, server, _udp if signed else dns.query.tcp)
        if response.rcode() != dns.rcode.NXDOMAIN:
            self._accept(response, server)
        return response

    def _exchange(self, message: dns.message.Message, server: Server, ask: Callable[..., Any]) -> dns.message.Message:
        try:
            response: dns.message.Message = ask(
                message, server.address, port=server.port, timeout=self.settings.timeout
            )
            return response
        except (dns.tsig.PeerError, dns.tsig.BadSignature, dns.tsig.BadTime, dns.message.UnknownTSIGKey) as error:
            why = f"{server} menolak kunci TSIG {self.settings.key_name}: {error or type(error).__name__}"
            raise PermanentError("dns.refused", why) from error
        except (OSError, EOFError, dns.exception.DNSException) as error:
            raise TemporaryError("dns.down", f"{server}: {error or type(error).__name__}") from error

    def _accept(self, response: dns.message.Message, server: Server) -> None:
        rcode = response.rcode()
        if rcode == dns.rcode.SERVFAIL:
            raise TemporaryError("dns.down", f"{server} menjawab SERVFAIL untuk {self.settings.zone}")
        if rcode != dns.rcode.NOERROR:
            raise PermanentError(
                "dns.refused", f"{server} menjawab {dns.rcode.to_text(rcode)} untuk {self.settings.zone}"
            )


def answer(response: dns.message.Message, name: dns.name.Name, kind: str) -> tuple[str, ...]:
    """The records of a type at a name itself (not at what an alias leads to), sorted."""
    found = response.get_rrset(response.answer, name, dns.rdataclass.IN, dns.rdatatype.from_text(kind))
    return tuple(sorted(record.to_text() for record in found)) if found else ()


def below(name: dns.name.Name, label: str) -> dns.name.Name:
    return dns.name.Name((label.encode(), *name.labels))


def _udp(message: dns.message.Message, address: str, *, port: int, timeout: float) -> dns.message.Message:
    return dns.query.udp_with_fallback(message, address, port=port, timeout=timeout)[0]
