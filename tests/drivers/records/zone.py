"""A zone of the tests' own, and somebody else who may change it."""

from dataclasses import replace
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.update
import dns.zone

from demo.ports import free_port
from panggon.core.node.planning.driver import Check
from panggon.core.node.planning.resources import Attributes, Key, Kind
from panggon.core.sites.spec import SiteSpec, SiteState
from panggon.drivers.dns import RecordsDriver
from panggon.drivers.zones.zone import Server, Settings
from panggon.node.servers import knot
from tests.drivers import bind

ZONE = "kota.example"
HOST = f"opd.{ZONE}"
KEY = Key(Kind.RECORDS, HOST)
SITE = "s900001"
SAFETY = ("caa:ca.example", "dmarc", "mx", "spf")
FIRST: Attributes = {"site": SITE, "a": ("192.0.2.1",), "aaaa": ("2001:db8::1",), "safety": ()}
SECOND: Attributes = {"site": SITE, "a": ("192.0.2.2", "192.0.2.3"), "aaaa": (), "safety": SAFETY}
SPEC = SiteSpec(SITE, HOST, SiteState.PREPARED, 1)


def knot_settings(place: Path) -> knot.Settings:
    return knot.Settings(
        zone=ZONE,
        addresses=("127.0.0.1",),
        port=free_port(),
        name_servers=((f"ns1.{ZONE}", "127.0.0.1"),),
        data=place / "state",
        run=place / "run",
        configuration=place / "etc" / "knot.conf",
        secret=place / "etc" / "tsig.secret",
        log=place / "logs" / "knot.log",
    )


def driver_settings(server: knot.Settings) -> Settings:
    primary = Server("127.0.0.1", server.port)
    return Settings(
        ZONE,
        primary,
        (primary,),
        knot.TSIG_KEY,
        knot.tsig_secret(server),
        timeout=60,
        settle=60,
        afterwards=knot.tell_now(server),
    )


def proven(settings: Settings, wished: Attributes, *, site: str = SITE) -> tuple[Check, ...]:
    """The proofs of a driver for which this is what was wished of the site."""
    return RecordsDriver(settings, wished=lambda _spec: wished).probe(KEY, spec=replace(SPEC, site=site))


class Others:
    """Somebody else with update rights in the zone."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def add(self, name: str, kind: str, text: str, *, ttl: int = 300) -> None:
        self._change("add", name, ttl, kind, text)

    def keep(self, name: str, kind: str, *, ttl: int) -> None:
        """The same records, with another TTL."""
        texts = self.ask(name, kind)
        self.remove(name, kind)
        for text in texts:
            self.add(name, kind, text, ttl=ttl)

    def remove(self, name: str, kind: str) -> None:
        self._change("delete", name, kind)

    def ask(self, name: str, kind: str) -> list[str]:
        query = dns.message.make_query(name, kind)
        answer = dns.query.tcp(query, "127.0.0.1", port=self._settings.primary.port, timeout=60).answer
        return sorted(record.to_text() for rrset in answer for record in rrset)

    def _change(self, verb: str, name: str, *arguments: object) -> None:
        update = dns.update.UpdateMessage(ZONE)
        update.use_tsig(dns.tsig.Key(knot.TSIG_KEY, self._settings.secret, "hmac-sha256"))
        getattr(update, verb)(f"{name}.", *arguments)
        response = dns.query.tcp(update, "127.0.0.1", port=self._settings.primary.port, timeout=60)
        assert response.rcode() == dns.rcode.NOERROR


def everything(settings: Settings) -> dict[str, list[str]]:
    """All records of the zone but those that the server makes itself: by name and type."""
    found: dict[str, list[str]] = {}
    for name, node in dns.zone.from_xfr(bind.transfer(settings), relativize=False).nodes.items():
        for rdataset in node.rdatasets:
            kind = dns.rdatatype.to_text(rdataset.rdtype)
            if kind not in (
                "SOA",
                "NS",
                "RRSIG",
                "NSEC",
                "NSEC3",
                "NSEC3PARAM",
                "DNSKEY",
                "CDS",
                "CDNSKEY",
                "TYPE65534",
            ):
                found[f"{name} {kind}"] = sorted(record.to_text() for record in rdataset)
    return found
