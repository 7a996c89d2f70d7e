"""What decides about electronic signatures: who may sign now, whose certificate it is, what changed since a proof.

Sources: UU 11/2008 article 5, PP 71/2019 article 60; the answers of BSrE's Esign Client Service (juknis v2.2.1).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

EVIDENCE_LASTS = timedelta(minutes=15)  # what the Kepala Dinas signs was proven no longer ago
NIK = re.compile("[0-9]{16}")
A4_HEIGHT = 841.89  # points
_WORD = re.compile(r"\w+")


class Method(StrEnum):
    """By which way papers are signed; the department chooses one."""

    BSRE_V2 = "bsre_v2"
    BSRE_V1 = "bsre_v1"
    UPLOAD = "upload"  # signed elsewhere, brought back as a file
    LOCAL = "local"  # for demonstrations and tests: legally nothing


GATEWAYS = frozenset({Method.BSRE_V2, Method.BSRE_V1})


class Level(StrEnum):
    """Of PAdES (ETSI EN 319 142-1): bare, with a time stamp, and with all that is needed to check it years later."""

    B_B = "B-B"
    B_T = "B-T"
    B_LT = "B-LT"


class Part(StrEnum):
    """Of a document that was written anew while it was signed: where it is another than the one that was frozen."""

    FILE = "file"  # encrypted, damaged, or to be read in two ways
    PAGES = "pages"  # how many there are
    CONTENT = "content"
    RESOURCES = "resources"  # fonts, pictures, colours
    PAGE = "page"  # its size, and what else belongs to a page
    ANNOTATIONS = "annotations"
    STAMP = "stamp"  # beyond its place, or more than a picture
    SIGNATURE = "signature"  # the field says more than a signature does
    FORM = "form"
    STRUCTURE = "structure"
    METADATA = "metadata"
    ATTACHMENTS = "attachments"
    LAYERS = "layers"
    ACTIONS = "actions"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class Signatory:
    """Who signs, as it is printed. `nik` is the number by which the certificate authority knows the person."""

    name: str
    role: str
    nip: str = ""
    nik: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the visible stamp stands: page from 1, lower left corner, width and height, in points; and how high that
    page is.
    """

    page: int
    x: float
    y: float
    width: float
    height: float
    page_height: float = A4_HEIGHT

    def up(self, *, from_above: bool) -> float:
        """How far from the lower edge its lower side is, or from the upper edge its upper side."""
        return self.page_height - self.y - self.height if from_above else self.y


# What `user status` of the gateway says of a person, and the code of why there can be no signature.
_MAY_SIGN = "ISSUE"
_STATUS: Mapping[str, str] = MappingProxyType(
    {
        "EXPIRED": "signing.certificate_expired",
        "RENEW": "signing.certificate_renewing",
        "WAITING_FOR_VERIFICATION": "signing.waiting_for_verification",
        "NEW": "signing.not_activated",
        "NO_CERTIFICATE": "signing.no_certificate",
        "NOT_REGISTERED": "signing.not_registered",
        "SUSPEND": "signing.suspended",
        "REVOKE": "signing.certificate_revoked",
    }
)
_ERRORS: Mapping[str, str] = MappingProxyType({"2011": "signing.not_registered", "2031": "signing.passphrase"})


def status_fault(answer: object) -> str | None:
    """None when the gateway says that the person may sign, else the code of the reason.

    An answer that says nothing known is `signing.garbage`: nobody signs on a guess.
    """
    said = {word.upper() for word in _texts(answer)}
    if _MAY_SIGN in said:
        return None
    known = [code for status, code in _STATUS.items() if status in said]
    return known[0] if known else error_fault(answer)


def error_fault(answer: object) -> str:
    """The code of a refusal; `signing.garbage` when the gateway's reason is none that is known."""
    words = " ".join(_texts(answer))
    return next((code for number, code in _ERRORS.items() if re.search(rf"\b{number}\b", words)), "signing.garbage")


def names_person(subject: Iterable[str], person: Signatory) -> bool:
    """Whether the subject of a certificate (the values of its attributes) is this person.

    By NIK or NIP where it carries one of them; a certificate that carries neither has to bear the very name.
    """
    values = list(subject)
    numbers = {number for value in values for number in re.findall("[0-9]{16,18}", value)}
    if numbers:
        return not numbers.isdisjoint({person.nik, person.nip} - {""})
    return any(_plain(value) == _plain(person.name) for value in values) and bool(person.name)


def is_fresh(proved_at: datetime | None, *, now: datetime) -> bool:
    """Whether what was proven then may be signed now."""
    return proved_at is not None and now - proved_at <= EVIDENCE_LASTS


Evidence = Iterable[Mapping[str, Any]]
# What these proofs have seen differs from one time to the next although the site is the same.
_PASSING = frozenset({"web.unknown_host", "tls.certificate", "quota.bounded"})


@dataclass(frozen=True, slots=True)
class Change:
    """One proof that tells something else than before; `before` or `after` is empty where there was none."""

    name: str
    before: str
    after: str


def changes(before: Evidence, after: Evidence) -> tuple[Change, ...]:
    """What is otherwise than it was when a document was frozen, in the order of the proofs."""
    old, new = _seen(before), _seen(after)
    return tuple(
        Change(name, _words(old.get(key)), _words(new.get(key)))
        for key in dict.fromkeys([*old, *new])
        for name in [key[0]]
        if not _same(name, old.get(key), new.get(key))
    )


# ------------------------------------------------------------------------------------------------------------------

_Seen = tuple[bool, str]


def _seen(evidence: Evidence) -> dict[tuple[str, int], _Seen]:
    """By name, and which of that name: a site has several servers of names."""
    found: dict[tuple[str, int], _Seen] = {}
    for proof in evidence:
        name = str(proof["name"])
        number = sum(known == name for known, _ in found)
        found[name, number] = bool(proof["ok"]), str(proof["detail"])
    return found


def _same(name: str, old: _Seen | None, new: _Seen | None) -> bool:
    if old is None or new is None or old[0] != new[0]:
        return False
    return name in _PASSING or old == new


def _words(seen: _Seen | None) -> str:
    return seen[1] if seen else ""


def _texts(answer: object) -> list[str]:
    """Every word of an answer in JSON, whatever its form: installations of the gateway differ."""
    if isinstance(answer, Mapping):
        return [text for value in answer.values() for text in _texts(value)]
    if isinstance(answer, list):
        return [text for value in answer for text in _texts(value)]
    return [str(answer)] if isinstance(answer, str | int) and not isinstance(answer, bool) else []


def _plain(name: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(name.casefold()))
