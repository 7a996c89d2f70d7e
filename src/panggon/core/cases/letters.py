"""What a letter seems to say: proposals for the fields of a request, from the text of an Indonesian official letter.

Pure rules over text. They never decide: each proposal carries a confidence from 0 to 1, and a person confirms it.
Sources: Permendagri 1/2023 (surat dinas: Nomor, Sifat, Lampiran, Hal on the left; place and date on the right).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from itertools import takewhile, zip_longest

from panggon.core.naming import label_faults, normalise
from panggon.core.writing import phone_faults

MONTHS = (
    "januari",
    "februari",
    "maret",
    "april",
    "mei",
    "juni",
    "juli",
    "agustus",
    "september",
    "oktober",
    "november",
    "desember",
)
YEARS = range(2000, 2100)
TEXT_MOST = 20_000  # letters that are looked at: a request is a page or two
LINE_MOST = 400
HEAD_LINES = 8  # where the letterhead stands
PHONE_LENGTH = 30
ALIKE = 0.72  # from which likeness on a line is taken for an agency's name


@dataclass(frozen=True, slots=True)
class Proposal:
    """One field as it seems to stand in the letter. Dates are written as ISO 8601."""

    field: str
    value: str
    confidence: float


_ADMIN = ("nama admin teknis", "admin teknis")
_RESPONSIBLE = ("nama penanggung jawab", "penanggung jawab")
# What stands before the value, in the words of letters and of forms; the longest first.
_LABELS: Mapping[str, tuple[str, ...]] = {
    "letter_number": ("nomor surat", "nomor", "no. surat", "no"),
    "letter_nature": ("sifat",),
    "letter_subject": ("perihal", "hal"),
    "title": (
        "nama aplikasi/situs",
        "nama aplikasi/website",
        "nama situs atau aplikasi",
        "nama aplikasi",
        "nama situs",
    ),
    "contact_name": ("nama narahubung", "narahubung", "nama kontak", "contact person", *_RESPONSIBLE, *_ADMIN),
    "admin_name": _ADMIN,
    "responsible_name": _RESPONSIBLE,
}
_LONGEST = {"letter_number": 100, "letter_nature": 40, "letter_subject": 200, "title": 120}
_NATURES = {"biasa": "Biasa", "segera": "Segera", "sangat segera": "Sangat Segera", "rahasia": "Rahasia"}
_DAY = re.compile(rf"\b([0-3]?[0-9])[ .]{{1,3}}({'|'.join(MONTHS)})[ .]{{1,3}}(20[0-9]{{2}})\b", re.IGNORECASE)
_DIGITS_DAY = re.compile(r"\b([0-3]?[0-9])[/-]([01]?[0-9])[/-](20[0-9]{2})\b")
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9./ -]{1,98}")
_PHONE = re.compile(r"(?<![0-9])(?:\+62|62|\(?0)[ .()-]{0,2}[1-9](?:[ .()-]{0,2}[0-9]){6,12}(?![0-9])")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}")
_LABEL = re.compile(
    r"(?:sub ?domain|nama domain)(?! *(?:pengganti|alternatif))[^:\n]{0,40}: *([A-Za-z0-9][A-Za-z0-9-]{0,62})",
    re.IGNORECASE,
)
_OTHER_LABEL = re.compile(
    r"(?:sub ?domain|nama domain) *(?:pengganti|alternatif)[^:\n]{0,40}: *([A-Za-z0-9][A-Za-z0-9-]{0,62})",
    re.IGNORECASE,
)
_ADDRESSEE = re.compile(r"(?:yth|kepada)\b", re.IGNORECASE)
_SPECKS = " .,'\"-_«»"  # what a scan makes of dust before a word
_NAME_END = re.compile(r"[(;]| NIP\b")


def read(text: str, *, zone: str, agencies: Mapping[str, str], certainty: float = 1.0) -> tuple[Proposal, ...]:
    """The proposals of a text, at most one a field.

    `zone` is the city's domain, `agencies` the official name of each key that `agency` may become. `certainty` is how
    well the text itself is known: 1 for text that the PDF carries, less for what a machine saw in a picture.
    """
    lines = [_clean(line) for line in text[:TEXT_MOST].splitlines()]
    lines = [line[:LINE_MOST] for line in lines if line]
    found = [*_labelled(lines), *_dates(lines), *_names(lines, zone), *_contacts(lines), *_senders(lines, agencies)]
    kept: dict[str, Proposal] = {}
    for proposal in found:
        kept.setdefault(proposal.field, Proposal(proposal.field, proposal.value, proposal.confidence * certainty))
    return tuple(kept.values())


# ------------------------------------------------------------------------------------------------------------------


def _clean(line: str) -> str:
    """One space between words, plain quotes, no control characters; what a scan makes of a colon is a colon."""
    printable = "".join(letter if letter.isprintable() else " " for letter in line)
    return re.sub(r" *[:：;»] +|:", ": ", " ".join(printable.split())).strip()


def _labelled(lines: list[str]) -> Iterator[Proposal]:
    for field, labels in _LABELS.items():
        value = _value_after(lines, labels)
        shown = _shaped(field, value) if value else ""
        if shown:
            yield Proposal(field, shown, 0.9)


def _value_after(lines: list[str], labels: tuple[str, ...]) -> str:
    """What follows `label:` at the beginning of a line; in the next line when nothing stands beside it."""
    for label in labels:
        for line, following in zip_longest(lines, lines[1:], fillvalue=""):
            beginning, colon, value = line.partition(":")
            if colon and beginning.strip(_SPECKS).casefold() == label:
                return value.strip() or ("" if ":" in following else following)
    return ""


def _shaped(field: str, value: str) -> str:
    """The value as its field may hold it; empty when it cannot be."""
    if field == "letter_number":
        number = _NUMBER.match(_without_date(value).lstrip(_SPECKS))
        return number.group().strip(" -/") if number and any(letter.isdigit() for letter in number.group()) else ""
    if field == "letter_nature":
        return _NATURES.get(value.casefold(), "")
    if field.endswith("_name"):
        name = _NAME_END.split(value)[0].strip(" ,.-")
        return name[:150] if len(name) > 2 and not any(letter.isdigit() for letter in name) else ""
    return value[: _LONGEST[field]]


def _without_date(line: str) -> str:
    """Place and date stand at the right of the same line in many letterheads."""
    return re.split(rf" {{1,}}[A-Z][A-Za-z]+, *[0-3]?[0-9] +(?:{'|'.join(MONTHS)})", line, flags=re.IGNORECASE)[0]


def _dates(lines: list[str]) -> Iterator[Proposal]:
    """The first day in the letter is its date: it stands in the head, before what the letter speaks of."""
    for position, line in enumerate(lines):
        day = _day_in(line)
        if day:
            yield Proposal("letter_date", day.isoformat(), 0.9 if position < 2 * HEAD_LINES else 0.5)
            return


def _day_in(line: str) -> date | None:
    words, digits = _DAY.search(line), _DIGITS_DAY.search(line)
    if words:
        return _day(int(words[1]), MONTHS.index(words[2].casefold()) + 1, int(words[3]))
    return _day(int(digits[1]), int(digits[2]), int(digits[3])) if digits else None


def _day(day: int, month: int, year: int) -> date | None:
    try:
        return date(year, month, day) if year in YEARS else None
    except ValueError:
        return None


def _names(lines: list[str], zone: str) -> Iterator[Proposal]:
    """The label wished: below the city's own domain, or where the letter says "subdomain"."""
    text = "\n".join(lines)
    wished = re.search(rf"([A-Za-z0-9-]{{1,63}})\.{re.escape(zone)}", text, re.IGNORECASE)
    for field, pattern, sure in (("label", wished, 0.9), ("label", _LABEL.search(text), 0.8)):
        yield from _label(field, pattern, sure)
    yield from _label("alternative_label", _OTHER_LABEL.search(text), 0.8)


def _label(field: str, found: "re.Match[str] | None", sure: float) -> Iterator[Proposal]:
    label = normalise(found[1]) if found else ""
    if label and not label_faults(label):
        yield Proposal(field, label, sure)


def _contacts(lines: list[str]) -> Iterator[Proposal]:
    """Telephone and e-mail below the letterhead: those in it are the office's own."""
    for line in lines[min(HEAD_LINES, len(lines) // 3) :]:
        phone, email = _PHONE.search(line), _EMAIL.search(line)
        if phone and len(phone.group()) <= PHONE_LENGTH and not phone_faults(phone.group(), field="contact_phone"):
            yield Proposal("contact_phone", phone.group(), 0.7)
        if email:
            yield Proposal("contact_email", email.group().lower(), 0.7)


def _senders(lines: list[str], agencies: Mapping[str, str]) -> Iterator[Proposal]:
    """The agency whose name is most like a line of the letterhead, or is said to be the OPD."""
    head = takewhile(lambda line: not _ADDRESSEE.match(line), lines[:HEAD_LINES])
    candidates = [*head, _value_after(lines, ("nama opd", "opd pemohon", "opd"))]
    likeness, _, key = max(
        ((_likeness(line, name), len(name), key) for line in candidates for key, name in agencies.items()),
        default=(0.0, 0, ""),
    )
    if likeness >= ALIKE:
        yield Proposal("agency", key, round(likeness, 2))


def _likeness(line: str, name: str) -> float:
    ours, theirs = _words(line), _words(name)
    if not ours or not theirs:
        return 0.0
    if len(theirs) > 6 and theirs in ours:  # long enough to be no accident
        return 1.0
    matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE else 0.0


def _words(text: str) -> str:
    return " ".join(re.findall(r"[a-z]+", text.casefold()))
