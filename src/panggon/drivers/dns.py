"""A site's records by RFC 2136 updates with TSIG (RFC 8945), so that BIND, Knot, PowerDNS and Windows DNS all serve.

One write is one UPDATE message, which the server applies whole or not at all (RFC 2136 section 3.7); its prerequisites
hold what was read, so that nobody else's change in between is overwritten. `_panggon.<host>` TXT "site=<id>" is the
mark of ownership. Records of other types at the name (MX, CAA, …) may be others': they are left alone.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import dns.dnssec
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.node
import dns.query
import dns.rcode
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.rrset
import dns.tsig
import dns.update

from panggon.core.driver import Check
from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.resources import Attributes, Key, Observation, absent, foreign, ours
from panggon.core.spec import HOST, SITE_ID, SiteSpec

MARK_LABEL = "_panggon"
ADDRESS_TYPES = ("A", "AAAA")
# Whoever has one of these at a name decides already where its visitors go.
TAKING_TYPES = ("A", "AAAA", "CNAME", "HTTPS")
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
class _Found:
    """What the primary has: the site in the mark, "" without one, and the addresses."""

    site: str
    a: tuple[str, ...]
    aaaa: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecordsDriver:
    """Attributes: `site`, and `a` and `aaaa`, sorted tuples of addresses."""

    settings: Settings

    def read(self, key: Key) -> Observation:
        found = self._found(key)
        if found.site:
            return ours(key, site=found.site, a=found.a, aaaa=found.aaaa)
        taken = self._taken(dns.name.from_text(key.name))
        return foreign(key, f"{key.name} sudah memiliki {taken}") if taken else absent(key)

    def write(self, key: Key, after: Attributes | None) -> None:
        found = self._found(key)
        if not found.site and (taken := self._taken(dns.name.from_text(key.name))):
            raise PermanentError("dns.foreign", f"{key.name} sudah memiliki {taken}")
        if found.site and after is not None and found.site != after["site"]:
            raise PermanentError("dns.foreign", f"{key.name} milik {found.site}")
        if found.site or after is not None:
            self._send(self._update(key, found, after))

    def probe(self, key: Key, *, spec: SiteSpec) -> tuple[Check, ...]:
        deadline = time.monotonic() + self.settings.settle
        while True:
            wished = self._found(key)
            checks = tuple(
                check for server in self.settings.authoritative for check in self._checks(server, key, spec, wished)
            )
            if all(check.ok for check in checks) or time.monotonic() > deadline:
                return checks
            time.sleep(0.1)

    def _found(self, key: Key) -> _Found:
        if not HOST.fullmatch(key.name) or not key.name.endswith(f".{self.settings.zone}"):
            raise PermanentError("dns.name", f"{key.name} bukan nama di zona {self.settings.zone}")
        host = dns.name.from_text(key.name)
        site = _site_of(self._texts(_mark(host), "TXT"))
        # Without the mark whatever answers is not ours, and a wildcard's answer is no record of this name.
        a, aaaa = (self._texts(host, kind) if site else () for kind in ADDRESS_TYPES)
        return _Found(site, a, aaaa)

    def _taken(self, host: dns.name.Name) -> str:
        """The types of records by which somebody else holds the name; answers made from a wildcard hold nothing."""
        response = self._ask(host, "NS", self.settings.primary)
        if any(rrset.rdtype == dns.rdatatype.NS and rrset.name == host for rrset in response.authority):
            return "NS"
        anyone = dns.name.Name(("*", *host.parent().labels))
        own = [kind for kind in TAKING_TYPES if self._texts(host, kind) not in ((), self._texts(anyone, kind))]
        return ", ".join(own)

    def _update(self, key: Key, found: _Found, after: Attributes | None) -> dns.update.UpdateMessage:
        host = dns.name.from_text(key.name)
        update = dns.update.UpdateMessage(self.settings.zone)
        for kind, texts in (("A", found.a), ("AAAA", found.aaaa)):
            if texts:
                update.present(host, kind, *texts)
                update.delete(host, kind, *texts)
            else:
                update.absent(host, kind)
        if found.site:
            update.present(_mark(host), "TXT")
            update.delete(_mark(host), "TXT", _mark_text(found.site))
        else:
            update.absent(_mark(host), "TXT")
            update.absent(host, "CNAME")
        if after is not None:
            update.add(_mark(host), self.settings.ttl, "TXT", _mark_text(str(after["site"])))
            for kind in ADDRESS_TYPES:
                for address in _addresses(after, kind):
                    update.add(host, self.settings.ttl, kind, address)
        return update

    def _checks(self, server: Server, key: Key, spec: SiteSpec, wished: _Found) -> tuple[Check, ...]:
        """What one server tells the world, asked over UDP as resolvers do."""
        host = dns.name.from_text(key.name)
        try:
            asked = [(name, kind, self._ask(name, kind, server, signed=True)) for name, kind in _questions(host)]
            keys = self._ask(dns.name.from_text(self.settings.zone), "DNSKEY", server, signed=True)
        except (PermanentError, TemporaryError) as error:
            return (Check("dns.answer", ok=False, detail=error.detail),)
        texts = {kind: _answer(response, name, kind) for name, kind, response in asked}
        authoritative = all(response.flags & dns.flags.AA for _, _, response in asked)
        same = bool(wished.a or wished.aaaa) and (texts["A"], texts["AAAA"]) == (wished.a, wished.aaaa)
        answer = f"{server}: {key.name} {' '.join(texts['A'] + texts['AAAA']) or 'tanpa alamat'}"
        checks = [
            Check("dns.answer", authoritative and same, answer if authoritative else f"{answer}, tidak otoritatif"),
            Check(
                "dns.mark", _site_of(texts["TXT"]) == spec.site, f"{server}: {' '.join(texts['TXT']) or 'tanpa tanda'}"
            ),
        ]
        if self.settings.signed:
            checks.append(_signed(server, keys, asked))
        return tuple(checks)

    def _send(self, update: dns.update.UpdateMessage) -> None:
        settings = self.settings
        update.use_tsig(dns.tsig.Key(settings.key_name, settings.secret, settings.algorithm))
        response = self._exchange(update, settings.primary, dns.query.tcp)
        if response.rcode() in CHANGED:
            raise TemporaryError("dns.changed", "nama itu diubah pihak lain pada saat yang sama")
        self._accept(response, settings.primary)

    def _texts(self, name: dns.name.Name, kind: str) -> tuple[str, ...]:
        """What the primary has of a type at a name itself, sorted."""
        response = self._ask(name, kind, self.settings.primary)
        return _answer(response, name, kind)

    def _ask(self, name: dns.name.Name, kind: str, server: Server, *, signed: bool = False) -> dns.message.Message:
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


def _udp(message: dns.message.Message, address: str, *, port: int, timeout: float) -> dns.message.Message:
    return dns.query.udp_with_fallback(message, address, port=port, timeout=timeout)[0]


def _mark(host: dns.name.Name) -> dns.name.Name:
    return dns.name.Name((MARK_LABEL.encode(), *host.labels))


def _mark_text(site: str) -> str:
    return f'"site={site}"'


def _site_of(marks: tuple[str, ...]) -> str:
    """The site that the mark names, "" where there is none."""
    sites = (text.strip('"').removeprefix("site=") for text in marks if text.startswith('"site='))
    return next((site for site in sites if SITE_ID.fullmatch(site)), "")


def _addresses(after: Attributes, kind: str) -> tuple[str, ...]:
    value = after[kind.lower()]
    return value if isinstance(value, tuple) else ()


def _questions(host: dns.name.Name) -> tuple[tuple[dns.name.Name, str], ...]:
    return (host, "A"), (host, "AAAA"), (_mark(host), "TXT")


def _answer(response: dns.message.Message, name: dns.name.Name, kind: str) -> tuple[str, ...]:
    """The records of a type at a name itself (not at what an alias leads to), sorted."""
    found = response.get_rrset(response.answer, name, dns.rdataclass.IN, dns.rdatatype.from_text(kind))
    return tuple(sorted(record.to_text() for record in found)) if found else ()


def _signed(
    server: Server, keys: dns.message.Message, asked: list[tuple[dns.name.Name, str, dns.message.Message]]
) -> Check:
    """Every record set that was answered carries a signature by the zone's own keys, valid now (RFC 4035)."""
    try:
        zone_keys: dict[dns.name.Name, dns.node.Node | dns.rdataset.Rdataset] = {
            keys.question[0].name: _set_of(keys, keys.question[0].name, "DNSKEY")
        }
        for name, kind, response in asked:
            if _answer(response, name, kind):
                dns.dnssec.validate(_set_of(response, name, kind), _set_of(response, name, "RRSIG", kind), zone_keys)
    except (KeyError, dns.exception.DNSException) as error:
        return Check("dns.signed", ok=False, detail=f"{server}: tanpa tanda tangan DNSSEC yang sah: {error}")
    return Check("dns.signed", ok=True, detail=f"{server}: ditandatangani dengan kunci {keys.question[0].name}")


def _set_of(response: dns.message.Message, name: dns.name.Name, kind: str, covers: str = "NONE") -> dns.rrset.RRset:
    types = dns.rdatatype.from_text(kind), dns.rdatatype.from_text(covers)
    return response.find_rrset(response.answer, name, dns.rdataclass.IN, *types)
