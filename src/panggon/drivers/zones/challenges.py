"""The answer to an ACME server's question in the zone."""

import time
from dataclasses import dataclass

import dns.name
import dns.update

from panggon.core.errors import PermanentError, TemporaryError
from panggon.drivers.system.patience import Patience
from panggon.drivers.zones import places
from panggon.drivers.zones.zone import Settings, Zone, below

CHALLENGE_LABEL = "_acme-challenge"
CHALLENGE_TTL = 30


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
        found = zone.records(asked, *((name, kind) for kind in places.LEADING_ON))
        theirs = {
            question[1]: records for question, records in found.items() if records.texts and zone.holds(*question)
        }
        if kind := next(filter(theirs.get, places.LEADING_ON), None):
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
