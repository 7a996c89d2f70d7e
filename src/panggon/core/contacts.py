"""How a service can be reached, and whether what is printed somewhere can be reached at all.

A service standard is quoted word for word, also where it is wrong; what works stands beside it.
"""

import re
from collections.abc import Mapping
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
    def broken(self) -> bool:
        """Whether nobody can be reached by what is printed."""
        return not works(self.channel, self.printed)

    @property
    def address(self) -> str:
        """What to follow to get there: `tel:`, `mailto:`, `https:`; empty where there is nothing to follow."""
        return link(self.channel, self.working or ("" if self.broken else self.printed))


def works(channel: Channel, words: str) -> bool:
    """Whether somebody could be reached by these words: their form only, nobody is called."""
    text = words.strip()
    if channel in TELEPHONES:
        return bool(re.fullmatch(r"[0-9 ()+./-]+", text)) and 7 <= len(_digits(text)) <= 15
    if channel is Channel.EMAIL:
        mailbox, _, host = text.rpartition("@")
        return bool(MAILBOX.fullmatch(mailbox)) and _is_public_host(host)
    if channel is Channel.WEBSITE:
        return _is_public_host(_host(text))
    handle = {Channel.TWITTER: TWITTER_HANDLE, Channel.INSTAGRAM: INSTAGRAM_HANDLE}.get(channel)
    return bool(handle.fullmatch(text)) if handle else bool(text)


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


def _is_public_host(name: str) -> bool:
    ending = name.rpartition(".")[2].lower()
    return not host_faults(name) and (ending in ENDINGS or len(ending) == 2)


def _host(address: str) -> str:
    scheme, _, rest = address.rpartition("://")
    return rest.split("/")[0] if scheme.lower() in {"", "http", "https"} else ""


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isascii() and letter.isdigit())


def _international(text: str) -> str:
    """A number as it is dialled from abroad, E.164 without the plus; the leading 0 is Indonesia's own."""
    digits = _digits(text)
    return digits if text.startswith("+") else COUNTRY + digits.removeprefix("0")
