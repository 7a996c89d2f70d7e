"""What the TXT record `_panggon.<host>` says: whose the name is, and which safety records stand beside it.

A safety record keeps others from abusing a name: CAA (RFC 8659) says who may issue certificates; SPF (RFC 7208), a null
MX (RFC 7505) and DMARC (RFC 7489) say that no mail comes from it or goes to it.
"""

import re
from dataclasses import dataclass

from panggon.core.sites.spec import SITE_ID

MARK = re.compile(rf'"site=({SITE_ID.pattern})(?: with=([a-z0-9:.,-]+))?"')


@dataclass(frozen=True, slots=True)
class Slot:
    """One safety record by its word (`spf`, `caa:<issuer>`): below which label it stands (""), its type and text, and
    how records of others begin that serve the same end.
    """

    word: str
    label: str
    type: str
    text: str
    others: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """`words` are the safety records that were wished; those in `left` others had already, and they are theirs."""

    site: str
    words: tuple[str, ...] = ()
    left: frozenset[str] = frozenset()

    def text(self) -> str:
        words = ",".join(f"-{word}" if word in self.left else word for word in self.words)
        return f'"site={self.site} with={words}"' if words else f'"site={self.site}"'


def slot(word: str) -> Slot:
    """Raises ValueError for a word that no mark of ours has."""
    kind, _, issuer = word.partition(":")
    match kind:
        case "caa" if issuer:
            return Slot(word, "", "CAA", f'0 issue "{issuer}"')
        case "spf":
            return Slot(word, "", "TXT", '"v=spf1 -all"', '"v=spf1')
        case "mx":
            return Slot(word, "", "MX", "0 .")
        case "dmarc":
            return Slot(word, "_dmarc", "TXT", '"v=DMARC1; p=reject"', '"v=DMARC1')
    raise ValueError(word)


def parse(texts: tuple[str, ...], *, site: str = "", owns: bool = False) -> Mark | None:
    """The mark among the TXT records of the name; None where there is none. Of several that of `site` counts where it
    `owns` the name, that of another where it does not: who only writes a mark takes no name from one who has it.
    """
    found = [mark for text in texts if (mark := _read(text))]
    return next(iter(sorted(found, key=lambda mark: (mark.site == site) is not owns)), None)


def _read(text: str) -> Mark | None:
    match = MARK.fullmatch(text)
    if match is None:
        return None
    said = match[2].split(",") if match[2] else []
    words = tuple(word.removeprefix("-") for word in said)
    try:
        [slot(word) for word in words]
    except ValueError:
        return None
    mark = Mark(match[1], words, frozenset(word[1:] for word in said if word.startswith("-")))
    return mark if mark.text() == text else None  # else nobody could take it away
