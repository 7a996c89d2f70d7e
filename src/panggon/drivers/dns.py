"""A site's records by RFC 2136 updates, so that BIND, Knot, PowerDNS and Windows DNS all serve.

One write is one UPDATE message; its prerequisites hold what was read, so that nobody else's change in between is
overwritten. `_panggon.<host>` TXT "site=<id>" is the mark of ownership. Records of other types at the name (MX, CAA, …)
may be others': they are left alone.
"""

import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace

import dns.name
import dns.update

from panggon.core.errors import PanggonError, PermanentError
from panggon.core.node.planning import plan
from panggon.core.node.planning.driver import Check
from panggon.core.node.planning.resources import Attributes, Key, Observation, absent, ours, strange
from panggon.core.sites.spec import HOST, SiteSpec
from panggon.drivers.system.patience import Patience
from panggon.drivers.zones import holding, marks, places, proof, safety
from panggon.drivers.zones.marks import Mark
from panggon.drivers.zones.zone import NOTHING, Records, Server, Settings, Zone, below

AHEAD = "; zona di sana lebih baru daripada di server utama, maka tidak mengikutinya: ambil ulang zona di server itu"
VIEWS = "yang diubah dengan kunci TSIG bukan zona yang dijawab kepada mesin ini (view), jadi tidak dapat dibuktikan"


@dataclass(frozen=True, slots=True)
class _Found:
    """What the primary has: the mark and the addresses; nothing without a mark, because then whatever answers is not
    ours, and a wildcard's answer is no record of this name. `lost` is the mark that somebody has taken away from what
    is ours; `ttls` are those of these records; `beside` is all that stands at the mark's name, by us or by others.
    """

    mark: Mark | None
    a: tuple[str, ...]
    aaaa: tuple[str, ...]
    lost: Mark | None = None
    ttls: tuple[int, ...] = ()
    beside: Records = NOTHING


@dataclass(frozen=True, slots=True)
class RecordsDriver:
    """Attributes: `site`, `a` and `aaaa`, sorted tuples of addresses, and `safety`, the words of the safety records
    (`drivers/zones/marks.py`) that stand there, by us or by others; besides `ttl`, seconds, where somebody has given
    one of ours another than the settings have.
    """

    settings: Settings
    owned: frozenset[Key] = frozenset()  # on record as the site's: there, addresses without a mark have lost it
    wished: Callable[[SiteSpec], Attributes | None] = lambda _spec: None  # by which answers are judged
    # For proofs of many sites: what kept a server from answering one of them, which the others hear without asking it.
    silent: dict[Server, Check] | None = None
    site: str = ""  # whose `owned` are

    @property
    def _zone(self) -> Zone:
        return Zone(self.settings)

    def read(self, key: Key) -> Observation:
        found, host = self._found(key), dns.name.from_text(key.name)
        if found.mark:
            words, ttls = safety.standing(self._zone, host, found.mark)
            others = [ttl for ttl in (*found.ttls, *ttls) if ttl != self.settings.ttl]
            ttl: Attributes = {"ttl": others[0]} if others else {}
            return ours(key, site=found.mark.site, a=found.a, aaaa=found.aaaa, safety=words, **ttl)
        taken = holding.taken(self._zone, host)
        still_led = holding.are_addresses(taken) or holding.hides_the_mark(self._zone, host, taken)
        own = self.owned if still_led else frozenset()
        return strange(key, _has(key, taken), owned=own) if taken else absent(key)

    def write(self, key: Key, after: Attributes | None) -> None:
        found = self._found(key)
        if not found.mark and (taken := holding.taken(self._zone, dns.name.from_text(key.name))):
            found = self._without_mark(key, taken, after, found)
        if found.mark and after is not None and found.mark.site != after["site"]:
            raise PermanentError("dns.foreign", f"{key.name} milik {found.mark.site}")
        if found.mark and after is not None and not (found.a or found.aaaa):
            self._refuse_alias(key)
        if found.mark or after is not None:
            self._zone.send(self._update(key, found, after))
        if after is not None and not found.mark and not self._found(key).mark:
            mark = places.mark_of(dns.name.from_text(key.name)).to_text(omit_final_dot=True)
            raise PermanentError("dns.views", f"{VIEWS}; hapus rekaman di {key.name} dan {mark} di sana")

    def probe(self, key: Key, *, spec: SiteSpec) -> tuple[Check, ...]:
        """Judged by the wish, never by what the zone holds: else a zone that leads elsewhere agrees with itself."""
        # One look lasts as long as a server says nothing.
        patience = Patience(self.settings.settle, longest_look=self.settings.timeout)
        known = dict(self.silent or {})
        while True:
            checks, silent = self._looked(key, spec, but=known)
            if (not silent and all(check.ok for check in checks)) or patience.is_over():
                break
            time.sleep(0.1)
        if self.silent is not None:
            self.silent.update(silent)
        return (*self._explained(checks), *known.values(), *silent.values())

    def _explained(self, checks: list[Check]) -> list[Check]:
        """What does not hold at a server that follows no more, since the primary's zone came back from a backup, with
        what helps.
        """
        for server in self.settings.authoritative[1:]:
            failed = [check for check in checks if not check.ok and check.detail.startswith(f"{server}: ")]
            with suppress(PanggonError):
                if failed and self._zone.is_ahead(server):
                    checks = [replace(each, detail=each.detail + AHEAD) if each in failed else each for each in checks]
        return checks

    def _looked(self, key: Key, spec: SiteSpec, *, but: Collection[Server]) -> tuple[list[Check], dict[Server, Check]]:
        """What the servers tell, and those that tell nothing."""
        checks, silent, host = list[Check](), dict[Server, Check](), dns.name.from_text(key.name)
        for server in (each for each in self.settings.authoritative if each not in but):
            try:
                if key in plan.gone(spec):
                    checks.append(proof.gone(self._zone, server, host, site=spec.site))
                else:
                    checks += proof.led(self._zone, server, host, self.wished(spec) or {}, site=spec.site)
            except PanggonError as error:
                silent[server] = Check("dns.answer", ok=False, detail=error.detail)
        return checks, silent

    def _found(self, key: Key) -> _Found:
        if not HOST.fullmatch(key.name) or not key.name.endswith(f".{self.settings.zone}"):
            raise PermanentError("dns.name", f"{key.name} bukan nama di zona {self.settings.zone}")
        host = dns.name.from_text(key.name)
        a, aaaa, said, anyones = self._zone.records(*places.of_site(host), (below(host, "*"), "TXT")).values()
        if said.texts == anyones.texts:
            said = self._really(places.mark_of(host), said)
        mark = marks.parse(said.texts, site=self.site, owns=key in self.owned)
        if mark is None:
            return _Found(None, (), (), beside=said)
        own = [each for each in (a, aaaa) if each.texts] + ([said] if len(said.texts) == 1 else [])
        return _Found(mark, a.texts, aaaa.texts, ttls=tuple(each.ttl for each in own), beside=said)

    def _really(self, name: dns.name.Name, said: Records) -> Records:
        """Without what only a wildcard answers: it ends where a record of ours begins."""
        return said if said.texts and self._zone.holds(name, "TXT") else NOTHING

    def _refuse_alias(self, key: Key) -> None:
        """Beside an alias no address is added, and nobody says so (RFC 2136 section 3.4.2.2)."""
        host = dns.name.from_text(key.name)
        if self._zone.texts((host, "CNAME"))[host, "CNAME"]:
            raise PermanentError("dns.foreign", _has(key, "CNAME"))

    def _without_mark(self, key: Key, taken: str, after: Attributes | None, found: _Found) -> _Found:
        """The site's own, which leads where it shall. Raises PermanentError `dns.foreign` for anything else."""
        host = dns.name.from_text(key.name)
        texts = self._zone.texts(*((host, kind) for kind in places.ADDRESS_TYPES))
        a, aaaa = (texts[host, kind] if kind in taken.split(", ") else () for kind in places.ADDRESS_TYPES)
        if after is not None and key in self.owned and holding.are_addresses(taken):
            wished = (*places.values(after, "a"), *places.values(after, "aaaa"))
            if {*a, *aaaa} <= set(wished):
                return replace(found, a=a, aaaa=aaaa, lost=Mark(str(after["site"]), places.values(after, "safety")))
        raise PermanentError("dns.foreign", _has(key, taken))

    def _update(self, key: Key, found: _Found, after: Attributes | None) -> dns.update.UpdateMessage:
        host = dns.name.from_text(key.name)
        update = dns.update.UpdateMessage(self.settings.zone)
        for kind, texts in (("A", found.a), ("AAAA", found.aaaa)):
            if texts:
                update.present(host, kind, *texts)
                update.delete(host, kind, *texts)
            else:
                update.absent(host, kind)
        mark = places.mark_of(host)
        if found.mark:
            update.delete(mark, "TXT", found.mark.text())
            for slot in (marks.slot(word) for word in found.mark.words if word not in found.mark.left):
                update.delete(*places.of_slot(host, slot), slot.text)
        if found.beside.texts:
            update.present(mark, "TXT", *found.beside.texts)
        else:
            update.absent(mark, "TXT")
        if after is not None:
            for name in (host, mark):  # beside an alias nothing else is added, and nobody says so
                update.absent(name, "CNAME")
            self._add(update, host, found, after)
        return update

    def _add(self, update: dns.update.UpdateMessage, host: dns.name.Name, found: _Found, after: Attributes) -> None:
        ttl, words = int(str(after.get("ttl", self.settings.ttl))), places.values(after, "safety")
        mark = places.mark_of(host), "TXT"
        theirs = safety.of_others(self._zone, host, words, former=found.mark or found.lost)
        texts = {place: records.texts for place, records in theirs.items()}
        left = frozenset(word for word in words if places.serves(texts, host, marks.slot(word)))
        new = Mark(str(after["site"]), words, left)
        theirs[mark] = found.beside.without({found.mark.text()} if found.mark else ())

        def add(place: dns.name.Name, kind: str, text: str) -> None:
            beside = theirs.get((place, kind), NOTHING)  # the records of one type have one TTL (RFC 2181): theirs stays
            update.add(place, beside.ttl if beside.texts else ttl, kind, text)

        add(*mark, new.text())
        for kind in places.ADDRESS_TYPES:
            for address in places.values(after, kind.lower()):
                add(host, kind, address)
        for slot in (marks.slot(word) for word in words if word not in new.left):
            add(*places.of_slot(host, slot), slot.text)


def _has(key: Key, taken: str) -> str:
    return f"{key.name} sudah memiliki {taken}"
