"""A site's records by RFC 2136 updates, so that BIND, Knot, PowerDNS and Windows DNS all serve.

One write is one UPDATE message; its prerequisites hold what was read, so that nobody else's change in between is
overwritten. `_panggon.<host>` TXT "site=<id>" is the mark of ownership. Records of other types at the name (MX, CAA, …)
may be others': they are left alone.
"""

import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.update

from panggon.core.errors import PanggonError, PermanentError, TemporaryError
from panggon.core.node.planning import plan
from panggon.core.node.planning.driver import Check
from panggon.core.node.planning.resources import Attributes, Key, Observation, absent, ours, strange
from panggon.core.sites.spec import HOST, SiteSpec
from panggon.drivers.system.patience import Patience
from panggon.drivers.zones import marks, signatures
from panggon.drivers.zones.marks import Mark, Slot
from panggon.drivers.zones.zone import NOTHING, Question, Records, Server, Settings, Zone, answer, below

MARK_LABEL, CHALLENGE_LABEL = "_panggon", "_acme-challenge"
CHALLENGE_TTL = 30
ADDRESS_TYPES = ("A", "AAAA")
# Whoever has one of these at a name decides already where its visitors go.
TAKING_TYPES = ("A", "AAAA", "CNAME", "HTTPS")
# By which a name below a site's is somebody else's, as those who watch over mail ask of `_dmarc`.
LEADING_ON = ("CNAME", "NS")
AHEAD = "; zona di sana lebih baru daripada di server utama, maka tidak mengikutinya: ambil ulang zona di server itu"
VIEWS = "yang diubah dengan kunci TSIG bukan zona yang dijawab kepada mesin ini (view), jadi tidak dapat dibuktikan"
# From a name with one of these on others answer: for the name itself too, but where it is a DNAME.
ELSEWHERE = {"NS": "NS", "SOA": "zona sendiri", "DNAME": "DNAME"}


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
            safety, ttls = self._standing(host, found.mark)
            others = [ttl for ttl in (*found.ttls, *ttls) if ttl != self.settings.ttl]
            ttl: Attributes = {"ttl": others[0]} if others else {}
            return ours(key, site=found.mark.site, a=found.a, aaaa=found.aaaa, safety=safety, **ttl)
        taken = self._taken(host)
        own = self.owned if _are_addresses(taken) or self._hides_the_mark(host, taken) else frozenset()
        return strange(key, _has(key, taken), owned=own) if taken else absent(key)

    def write(self, key: Key, after: Attributes | None) -> None:
        found = self._found(key)
        if not found.mark and (taken := self._taken(dns.name.from_text(key.name))):
            found = self._without_mark(key, taken, after, found)
        if found.mark and after is not None and found.mark.site != after["site"]:
            raise PermanentError("dns.foreign", f"{key.name} milik {found.mark.site}")
        if found.mark and after is not None and not (found.a or found.aaaa):
            self._refuse_alias(key)
        if found.mark or after is not None:
            self._zone.send(self._update(key, found, after))
        if after is not None and not found.mark and not self._found(key).mark:
            mark = below(dns.name.from_text(key.name), MARK_LABEL).to_text(omit_final_dot=True)
            raise PermanentError("dns.views", f"{VIEWS}; hapus rekaman di {key.name} dan {mark} di sana")

    def probe(self, key: Key, *, spec: SiteSpec) -> tuple[Check, ...]:
        """Judged by the wish, never by what the zone holds: else a zone that leads elsewhere agrees with itself."""
        known, patience = dict(self.silent or {}), Patience(self.settings.settle)
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
        checks, silent = list[Check](), dict[Server, Check]()
        for server in self.settings.authoritative:
            look = self._gone if key in plan.gone(spec) else self._checks
            try:
                checks += look(server, key, spec) if server not in but else ()
            except PanggonError as error:
                silent[server] = Check("dns.answer", ok=False, detail=error.detail)
        return checks, silent

    def _found(self, key: Key) -> _Found:
        if not HOST.fullmatch(key.name) or not key.name.endswith(f".{self.settings.zone}"):
            raise PermanentError("dns.name", f"{key.name} bukan nama di zona {self.settings.zone}")
        host = dns.name.from_text(key.name)
        a, aaaa, said, anyones = self._zone.records(*_questions(host), (below(host, "*"), "TXT")).values()
        if said.texts == anyones.texts:
            said = self._really(below(host, MARK_LABEL), said)
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
        texts = self._zone.texts(*((host, kind) for kind in ADDRESS_TYPES))
        a, aaaa = (texts[host, kind] if kind in taken.split(", ") else () for kind in ADDRESS_TYPES)
        leads_there = (
            after is not None and set(a) <= set(_tuple(after, "a")) and set(aaaa) <= set(_tuple(after, "aaaa"))
        )
        if after is not None and leads_there and key in self.owned and _are_addresses(taken):
            return replace(found, a=a, aaaa=aaaa, lost=Mark(str(after["site"]), _tuple(after, "safety")))
        raise PermanentError("dns.foreign", _has(key, taken))

    def _taken(self, host: dns.name.Name) -> str:
        """The types of records by which somebody else holds the name; answers made from a wildcard hold nothing."""
        zone, mark = self._zone, below(host, MARK_LABEL)
        responses = zone.ask((host, "SOA"), (mark, "SOA"))
        for name, response in ((host, responses[host, "SOA"]), (mark, responses[mark, "SOA"])):
            if elsewhere := self._elsewhere(name, response):
                above, kind = elsewhere
                return kind if above == host else f"{kind} di {above.to_text(omit_final_dot=True)}"
        if answer(responses[mark, "SOA"], mark, "CNAME") and zone.holds(mark, "CNAME"):
            return f"CNAME di {mark.to_text(omit_final_dot=True)}"
        response = responses[host, "SOA"]
        if response.rcode() == dns.rcode.NXDOMAIN and not response.answer:
            return ""  # neither it nor a wildcard has anything, of any type (RFC 8020), nor leads to what is not there
        anyone = dns.name.Name(("*", *host.parent().labels))
        texts = zone.texts(*((name, kind) for name in (host, anyone) for kind in TAKING_TYPES))
        return ", ".join(
            kind
            for kind in TAKING_TYPES
            if texts[host, kind] and (texts[host, kind] != texts[anyone, kind] or zone.holds(host, kind))
        )

    def _hides_the_mark(self, host: dns.name.Name, taken: str) -> bool:
        """And not the addresses: the name still leads where it did."""
        mark = below(host, MARK_LABEL).to_text(omit_final_dot=True)
        hides = taken == ELSEWHERE["DNAME"] or taken.endswith(f" di {mark}")
        return hides and any(self._zone.texts(*((host, kind) for kind in ADDRESS_TYPES)).values())

    def _elsewhere(self, name: dns.name.Name, response: dns.message.Message) -> tuple[dns.name.Name, str] | None:
        """From which name on, by what, others answer for it: what this zone has below is met by nobody. A zone
        that the same server has below this one shows its own SOA, and a DNAME is answered with the name.
        """
        apex = dns.name.from_text(self.settings.zone)
        for rrset in (*response.answer, *response.authority):
            kind = dns.rdatatype.to_text(rrset.rdtype)
            if kind in ELSEWHERE and rrset.name != apex and name.is_subdomain(rrset.name):
                return rrset.name, ELSEWHERE[kind]
        return None

    def _standing(self, host: dns.name.Name, mark: Mark) -> tuple[tuple[str, ...], tuple[int, ...]]:
        """Of what is ours exactly as it was made, and the TTLs of what is ours alone; what serves the same end may
        stand in the place of others' only.
        """
        slots = [marks.slot(word) for word in mark.words]
        found = self._zone.records(*(place for slot in slots for place in _places(host, slot)))
        texts, left = {place: records.texts for place, records in found.items()}, mark.left
        stands = (
            _serves(texts, host, slot) if slot.word in left else slot.text in texts[_place(host, slot)]
            for slot in slots
        )
        own = [
            _place(host, slot) for slot in slots if slot.word not in left and texts[_place(host, slot)] == (slot.text,)
        ]
        words = tuple(slot.word for slot, there in zip(slots, stands, strict=True) if there)
        return words, tuple(found[place].ttl for place in own)

    def _theirs(self, host: dns.name.Name, former: Mark | None, words: tuple[str, ...]) -> dict[Question, Records]:
        """What stands already, and is not ours, where the wished safety records shall. What a wildcard answers does
        not: it ends where a record of ours begins.
        """
        own = {marks.slot(word).text for word in former.words if word not in former.left} if former else set()
        found = self._zone.records(*(place for word in words for place in _places(host, marks.slot(word))))
        others = {place: _without(records, own) for place, records in found.items()}
        return {place: records for place, records in others.items() if records.texts and self._zone.holds(*place)}

    def _update(self, key: Key, found: _Found, after: Attributes | None) -> dns.update.UpdateMessage:
        host = dns.name.from_text(key.name)
        update = dns.update.UpdateMessage(self.settings.zone)
        for kind, texts in (("A", found.a), ("AAAA", found.aaaa)):
            if texts:
                update.present(host, kind, *texts)
                update.delete(host, kind, *texts)
            else:
                update.absent(host, kind)
        mark = below(host, MARK_LABEL)
        if found.mark:
            update.delete(mark, "TXT", found.mark.text())
            for slot in (marks.slot(word) for word in found.mark.words if word not in found.mark.left):
                update.delete(*_place(host, slot), slot.text)
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
        ttl, words = int(str(after.get("ttl", self.settings.ttl))), _tuple(after, "safety")
        former, mark = found.mark or found.lost, (below(host, MARK_LABEL), "TXT")
        theirs = self._theirs(host, former, words)
        texts = {place: records.texts for place, records in theirs.items()}
        new = Mark(
            str(after["site"]), words, frozenset(word for word in words if _serves(texts, host, marks.slot(word)))
        )
        theirs[mark] = _without(found.beside, {found.mark.text()} if found.mark else set())

        def add(place: dns.name.Name, kind: str, text: str) -> None:
            beside = theirs.get((place, kind), NOTHING)  # the records of one type have one TTL (RFC 2181): theirs stays
            update.add(place, beside.ttl if beside.texts else ttl, kind, text)

        add(*mark, new.text())
        for kind in ADDRESS_TYPES:
            for address in _tuple(after, kind.lower()):
                add(host, kind, address)
        for slot in (marks.slot(word) for word in words if word not in new.left):
            add(*_place(host, slot), slot.text)

    def _gone(self, server: Server, key: Key, spec: SiteSpec) -> tuple[Check, ...]:
        """What we write and take away goes with its mark. Others may have the name by now, another site too."""
        host = dns.name.from_text(key.name)
        mark, anyone = ((below(host, label), "TXT") for label in (MARK_LABEL, "*"))
        said, anyones = (answer(self._zone.ask_as_resolver(each, server), *each) for each in (mark, anyone))
        found = marks.parse(said, site=spec.site, owns=True) if said != anyones else None
        left = found is not None and found.site == spec.site
        return (
            Check("dns.gone", not left, f"{server}: {key.name} {'masih' if left else 'tidak lagi'} milik {spec.site}"),
        )

    def _checks(self, server: Server, key: Key, spec: SiteSpec) -> tuple[Check, ...]:
        """What one server tells the world, asked over UDP as resolvers do."""
        host, zone, wished = dns.name.from_text(key.name), self._zone, self.wished(spec) or {}
        slots = [marks.slot(word) for word in _tuple(wished, "safety")]
        questions = dict.fromkeys([*_questions(host), *(_place(host, slot) for slot in slots)])
        asked = {question: zone.ask_as_resolver(question, server) for question in questions}
        keys = zone.ask_as_resolver((dns.name.from_text(self.settings.zone), "DNSKEY"), server)
        texts = {(name, kind): answer(response, name, kind) for (name, kind), response in asked.items()}
        authoritative = all(asked[question].flags & dns.flags.AA for question in _questions(host))
        addresses = texts[host, "A"], texts[host, "AAAA"]
        shall = _tuple(wished, "a"), _tuple(wished, "aaaa")
        same = any(addresses) and addresses == shall
        seen = f"{server}: {key.name} {' '.join(addresses[0] + addresses[1]) or 'tanpa alamat'}"
        if not same:
            seen += f", bukan {' '.join(shall[0] + shall[1])}"
        said = texts[below(host, MARK_LABEL), "TXT"]
        mark = marks.parse(said, site=spec.site, owns=True)
        checks = [
            Check("dns.answer", authoritative and same, seen if authoritative else f"{seen}, tidak otoritatif"),
            Check(
                "dns.mark",
                mark is not None and mark.site == spec.site,
                f"{server}: {' '.join(said) or 'tanpa tanda'}",
            ),
        ]
        if slots:
            for (name, _), response in asked.items():
                texts |= {(name, kind): answer(response, name, kind) for kind in LEADING_ON}
            missing = [slot.word for slot in slots if not _serves(texts, host, slot)]
            words = ", ".join(missing or [slot.word for slot in slots])
            checks.append(Check("dns.safety", not missing, f"{server}: {'tanpa ' if missing else ''}{words}"))
        if self.settings.signed:
            checks.append(signatures.judged(server, keys, asked))
        return tuple(checks)


@dataclass(frozen=True, slots=True)
class ChallengeRecords:
    """The answer to an ACME server's DNS-01 (RFC 8555 section 8.4); `host` may be a wildcard of the zone."""

    settings: Settings
    type: str = "dns-01"

    def plant(self, host: str, place: str, value: str) -> None:  # noqa: ARG002 - the name alone says where
        """Returns when every authoritative server has it. Raises TemporaryError `dns.slow` when one does not follow,
        and PermanentError `dns.foreign` where others give the answers.
        """
        zone, name, text = Zone(self.settings), self._name(host), f'"{value}"'
        asked = name, "TXT"
        found = zone.records(asked, *((name, kind) for kind in LEADING_ON))
        theirs = {
            question[1]: records for question, records in found.items() if records.texts and zone.holds(*question)
        }
        if kind := next(filter(theirs.get, LEADING_ON), None):
            raise PermanentError("dns.foreign", f"{name.to_text(omit_final_dot=True)} sudah memiliki {kind}")
        update = dns.update.UpdateMessage(self.settings.zone)
        update.add(name, theirs["TXT"].ttl if theirs else CHALLENGE_TTL, "TXT", text)
        zone.send(update)
        patience, behind = Patience(self.settings.settle), list(self.settings.authoritative)
        while behind := [server for server in behind if text not in zone.texts(asked, server=server)[asked]]:
            if patience.is_over():
                raise TemporaryError("dns.slow", f"{name} belum sampai di {', '.join(map(str, behind))}")
            time.sleep(0.1)

    def clear(self, host: str, place: str, value: str) -> None:  # noqa: ARG002
        """Exactly this value: others may answer challenges for the name too."""
        update = dns.update.UpdateMessage(self.settings.zone)
        update.delete(self._name(host), "TXT", f'"{value}"')
        Zone(self.settings).send(update)

    def _name(self, host: str) -> dns.name.Name:
        base = host.removeprefix("*.")
        if base != self.settings.zone and not base.endswith(f".{self.settings.zone}"):
            raise PermanentError("dns.name", f"{host} bukan nama di zona {self.settings.zone}")
        return below(dns.name.from_text(base), CHALLENGE_LABEL)


def _place(host: dns.name.Name, slot: Slot) -> Question:
    return (below(host, slot.label) if slot.label else host), slot.type


def _places(host: dns.name.Name, slot: Slot) -> tuple[Question, ...]:
    """Where the record stands, or an alias or a delegation to who keeps one: the name of a site itself is none."""
    place, kind = _place(host, slot)
    return ((place, kind), *((place, each) for each in LEADING_ON if slot.label))


def _has(key: Key, taken: str) -> str:
    return f"{key.name} sudah memiliki {taken}"


def _are_addresses(taken: str) -> bool:
    return set(taken.split(", ")) <= set(ADDRESS_TYPES)


def _serves(texts: Mapping[Question, Collection[str]], host: dns.name.Name, slot: Slot) -> bool:
    place, *alias = _places(host, slot)
    return any(text.startswith(slot.others) for text in texts.get(place, ())) or any(map(texts.get, alias))


def _without(records: Records, own: Collection[str]) -> Records:
    return Records(tuple(text for text in records.texts if text not in own), records.ttl)


def _tuple(after: Attributes, name: str) -> tuple[str, ...]:
    value = after.get(name)
    return value if isinstance(value, tuple) else ()


def _questions(host: dns.name.Name) -> tuple[Question, ...]:
    return (host, "A"), (host, "AAAA"), (below(host, MARK_LABEL), "TXT")
