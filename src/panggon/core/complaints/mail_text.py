"""The words of an e-mail: HTML as plain text, without letters that nobody sees, and what of it is new."""

import re
import unicodedata
from html.parser import HTMLParser

TEXT_MOST = 20_000  # letters of one mail that are kept
HTML_MOST = 500_000  # letters of HTML that are read
CUT = "\n[…]"
_UNHEARD = frozenset({"script", "style", "head", "title", "template", "noscript", "svg", "math"})
_BLOCKS = frozenset(
    {"p", "div", "br", "tr", "table", "ul", "ol", "li", "blockquote", "pre", "hr", "h1", "h2", "h3", "h4", "h5", "h6"}
)
_QUOTE = re.compile(r"\s*>")
# What mail programs write above the mail that is answered, in Indonesian and English.
_ABOVE = re.compile(r"(On|Pada)\b.{0,300}\b(wrote|menulis)\s?:", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s*(-{2,}\s?(Original Message|Pesan Asli)\s?-{2,}|_{20,})\s*", re.IGNORECASE)


def plain(html: str) -> str:
    """What a reader of this HTML sees, roughly in its lines, quotations marked by `>`; nothing is fetched or run."""
    listener = _Listener()
    listener.feed(html[:HTML_MOST])
    listener.close()
    return "".join(listener.heard)


def visible(text: str, *, lines: bool = True) -> str:
    """In one form of each letter (UAX 15), without controls and marks of direction (UAX 9) and needless space."""
    one_form = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    seen = "".join(letter for letter in one_form if letter in "\n\t" or unicodedata.category(letter)[0] != "C")
    if not lines:
        return " ".join(seen.split())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in seen.split("\n"))).strip()


def cut(text: str) -> str:
    return text if len(text) <= TEXT_MOST else text[:TEXT_MOST] + CUT


def split_quoted(text: str) -> tuple[str, str]:
    """What the writer says, and the former mail that stands below, above or between it; empty when nothing is quoted.

    A mail of which nothing else is left says what it quotes.
    """
    rows = text.split("\n")
    end = next((number for number, row in enumerate(rows) if _SEPARATOR.fullmatch(row)), len(rows))
    above = _rows_above_quotes(rows[:end])
    own: list[str] = []
    quoted: list[str] = []
    for number, row in enumerate(rows[:end]):
        (quoted if _QUOTE.match(row) or number in above else own).append(row)
    said = visible("\n".join(own))
    return (said, visible("\n".join([*quoted, *rows[end:]]))) if said else (visible(text), "")


# ------------------------------------------------------------------------------------------------------------------


class _Listener(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.heard: list[str] = []
        self._unheard = ""  # the element whose end is waited for
        self._quoted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 (of HTMLParser)
        if self._unheard:
            return
        if tag in _UNHEARD:
            self._unheard = tag
        if tag == "blockquote":
            self._quoted += 1
        if tag in _BLOCKS:
            self._new_line()
        if tag == "li":
            self.heard.append("- ")

    def handle_endtag(self, tag: str) -> None:
        if self._unheard:
            self._unheard = "" if tag == self._unheard else self._unheard
            return
        if tag == "blockquote":
            self._quoted = max(0, self._quoted - 1)
        if tag in _BLOCKS:
            self._new_line()

    def handle_data(self, data: str) -> None:
        if not self._unheard:
            self.heard.append(re.sub(r"\s+", " ", data))

    def _new_line(self) -> None:
        self.heard.append("\n" + "> " * min(self._quoted, 5))


def _rows_above_quotes(rows: list[str]) -> set[int]:
    """The numbers of the lines that say who wrote what is quoted next; mail programs break such a line in two."""
    found: set[int] = set()
    for number in range(len(rows)):
        for span in (1, 2):
            words = " ".join(row.strip() for row in rows[number : number + span])
            below = next((row for row in rows[number + span :] if row.strip()), "")
            if _QUOTE.match(below) and len(words) < 400 and _ABOVE.fullmatch(words):
                found |= set(range(number, number + span))
    return found
