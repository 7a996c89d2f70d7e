"""How a service can be reached, and whether what is printed somewhere can be reached at all.

A service standard is quoted word for word, also where it is wrong; what works stands beside it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from panggon.core.naming import host_faults


class Channel(StrEnum):
    PHONE = "phone"
    WHATSAPP = "whatsapp"
    EMAIL = "email"
    WEBSITE = "website"
    TWITTER = "twitter"
    INSTAGRAM = "instagram"
    OFFICER = "officer"
    IN_PERSON = "in_person"


CHANNEL_LABELS: Mapping[Channel, str] = MappingProxyType(
    {
        Channel.PHONE: "Telepon",
        Channel.WHATSAPP: "WhatsApp",
        Channel.EMAIL: "email",
        Channel.WEBSITE: "website",
        Channel.TWITTER: "Twitter",
        Channel.INSTAGRAM: "IG",
        Channel.OFFICER: "Pejabat Pengaduan",
        Channel.IN_PERSON: "Datang langsung",
    }
)
TELEPHONES = frozenset({Channel.PHONE, Channel.WHATSAPP, Channel.OFFICER})
COUNTRY = "62"  # Indonesia, ITU-T E.164
# Endings of names that offices here have: countries (two letters) and the usual ones of the whole world.
ENDINGS = frozenset({"asia", "biz", "com", "edu", "gov", "info", "int", "mil", "net", "org"})
MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
TWITTER_HANDLE = re.compile(r"@?[A-Za-z0-9_]{1,15}")
INSTAGRAM_HANDLE = re.compile(r"@?[A-Za-z0-9_](?:[A-Za-z0-9_.]{0,28}[A-Za-z0-9_])?")


HANDLES = {Channel.TWITTER: TWITTER_HANDLE, Channel.INSTAGRAM: INSTAGRAM_HANDLE}


class ContactFault(StrEnum):
    """Why nobody can be reached by what is printed. `HOST_ENDING`: a name that no public domain ends."""

    EMPTY = "empty"
    NUMBER = "number"
    MAILBOX = "mailbox"
    HOST = "host"
    HOST_ENDING = "host_ending"
    HANDLE = "handle"


@dataclass(frozen=True, slots=True)
class Contact:
    """One way to reach the service: as the standard prints it, and what works where that cannot.

    `person` is the officer's name, where the channel is a person.
    """

    channel: Channel
    printed: str
    working: str = ""
    person: str = ""

    @property
    def fault(self) -> ContactFault | None:
        """Why nobody can be reached by what is printed; None where somebody could."""
        return contact_fault(self.channel, self.printed)

    @property
    def broken(self) -> bool:
        return self.fault is not None

    @property
    def address(self) -> str:
        """What to follow to get there: `tel:`, `mailto:`, `https:`; empty where there is nothing to follow."""
        return link(self.channel, self.working or ("" if self.broken else self.printed))


def printed_rows(contacts: Iterable[Contact]) -> tuple[tuple[Channel, tuple[Contact, ...]], ...]:
    """As a standard prints them: one row a channel, in its order; to come in person is told in words of its own."""
    rows: dict[Channel, list[Contact]] = {}
    for contact in contacts:
        if contact.channel is not Channel.IN_PERSON:
            rows.setdefault(contact.channel, []).append(contact)
    return tuple((channel, tuple(found)) for channel, found in rows.items())


def works(channel: Channel, words: str) -> bool:
    """Whether somebody could be reached by these words: their form only, nobody is called."""
    return contact_fault(channel, words) is None


def contact_fault(channel: Channel, words: str) -> ContactFault | None:
    """What is wrong with the form of these words, if anything is."""
    text = words.strip()
    if channel in TELEPHONES:
        digits = len(_digits(text))
        return None if re.fullmatch(r"[0-9 ()+./-]+", text) and 7 <= digits <= 15 else ContactFault.NUMBER
    if channel is Channel.EMAIL:
        mailbox, _, host = text.rpartition("@")
        return _host_fault(host) if MAILBOX.fullmatch(mailbox) else ContactFault.MAILBOX
    if channel is Channel.WEBSITE:
        return _host_fault(_host(text))
    if channel in HANDLES:
        return None if HANDLES[channel].fullmatch(text) else ContactFault.HANDLE
    return None if text else ContactFault.EMPTY


def link(channel: Channel, words: str) -> str:
    """The address behind words that work; empty for words that do not, and for a place."""
    text = words.strip()
    if not text or not works(channel, text):
        return ""
    if channel is Channel.EMAIL:
        return f"mailto:{text}"
    if channel is Channel.WEBSITE:
        return text if "://" in text else f"https://{text}"
    if channel is Channel.WHATSAPP:
        return f"https://wa.me/{_international(text)}"
    if channel in TELEPHONES:
        return f"tel:+{_international(text)}"
    site = {Channel.TWITTER: "https://x.com/", Channel.INSTAGRAM: "https://www.instagram.com/"}.get(channel)
    return site + text.removeprefix("@") if site else ""


# ------------------------------------------------------------------------------------------------------------------


def _host_fault(name: str) -> ContactFault | None:
    if host_faults(name):
        return ContactFault.HOST
    ending = name.rpartition(".")[2].lower()
    return None if ending in ENDINGS or len(ending) == 2 else ContactFault.HOST_ENDING


def _host(address: str) -> str:
    scheme, _, rest = address.rpartition("://")
    return rest.split("/")[0] if scheme.lower() in {"", "http", "https"} else ""


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isascii() and letter.isdigit())


def _international(text: str) -> str:
    """A number as it is dialled from abroad, E.164 without the plus; the leading 0 is Indonesia's own."""
    digits = _digits(text)
    return digits if text.startswith("+") else COUNTRY + digits.removeprefix("0")
