"""Holidays as a CSV file, as a spreadsheet in Indonesia writes and reads it: semicolons, days before months."""

import codecs
import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from panggon.core.errors import Fault, InvalidError
from panggon.schedule.known import ESTIMATED, HolidayKind, KnownDay

COLUMNS = ("tanggal", "nama", "jenis", "dasar")
KIND_WORDS = {
    HolidayKind.NATIONAL: "libur nasional",
    HolidayKind.JOINT_LEAVE: "cuti bersama",
    HolidayKind.ELECTION: "pemilihan umum",
    HolidayKind.LOCAL: "libur daerah",
}
KINDS = {
    **{words: kind for kind, words in KIND_WORDS.items()},
    "nasional": HolidayKind.NATIONAL,
    "cuti": HolidayKind.JOINT_LEAVE,
    "pemilu": HolidayKind.ELECTION,
    "pilkada": HolidayKind.ELECTION,
    "daerah": HolidayKind.LOCAL,
    "lokal": HolidayKind.LOCAL,
}
MONTHS = ("jan", "feb", "mar", "apr", "mei", "jun", "jul", "agu", "sep", "okt", "nov", "des")
MONTH_WORDS = {
    **{month: number for number, month in enumerate(MONTHS, start=1)},
    "agt": 8,
    "ags": 8,
    "may": 5,
    "aug": 8,
    "oct": 10,
    "dec": 12,
}
YEARS = range(2000, 2100)
MOST_BYTES, MOST_LINES, LONGEST_NAME = 256 * 1024, 1000, 200
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class DayChange:
    """What would become of a day: `before` None: it is new; `after` None: it goes."""

    before: KnownDay | None
    after: KnownDay | None

    @property
    def day(self) -> date:
        return (self.after or self.before).day


def text_of(content: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 with its mark ("Unicode text") or Windows-1252.

    `InvalidError` `sheet.too_large`, `sheet.empty`, `sheet.unreadable`.
    """
    if len(content) > MOST_BYTES:
        raise InvalidError((Fault("sheet.too_large", "file"),))
    encoding = next((encoding for mark, encoding in MARKS if content.startswith(mark)), None)
    for attempt in (encoding,) if encoding else ("utf-8", "cp1252"):
        try:
            text = content.decode(attempt)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        if not text.strip():
            raise InvalidError((Fault("sheet.empty", "file"),))
        return text
    raise InvalidError((Fault("sheet.unreadable", "file"),))


def read(text: str) -> tuple[KnownDay, ...]:
    """The days of a file with the columns `COLUMNS`, the last of which may be missing.

    `InvalidError` with every fault of every line, each with its `line`: `sheet.header`, `sheet.too_long`, `sheet.date`,
    `sheet.name`, `sheet.kind`, `sheet.twice`.
    """
    lines = _lines(text)
    if not lines:
        raise InvalidError((Fault("sheet.empty", "file"),))
    if len(lines) > MOST_LINES:
        raise InvalidError((Fault("sheet.too_long", "file", {"limit": MOST_LINES}),))
    header = [cell.strip().lower() for cell in lines[0][1]]
    if header[:3] != list(COLUMNS[:3]):
        raise InvalidError((Fault("sheet.header", "file", {"line": lines[0][0], "columns": "; ".join(COLUMNS)}),))
    faults: list[Fault] = []
    days: dict[date, tuple[int, KnownDay]] = {}
    for number, cells in lines[1:]:
        row = _row(number, cells, faults)
        if row is None:
            continue
        if row.day in days:
            faults.append(Fault("sheet.twice", "file", {"line": number, "first": days[row.day][0]}))
        days.setdefault(row.day, (number, row))
    if faults:
        raise InvalidError(tuple(faults))
    return tuple(row for _, row in days.values())


def write(days: Iterable[KnownDay]) -> bytes:
    """A file that a spreadsheet in Indonesia opens by a double click, and that `read` reads again."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for day in days:
        name = f"{day.name} {ESTIMATED}" if day.estimated else day.name
        writer.writerow([f"{day.day:%d/%m/%Y}", name, KIND_WORDS[day.kind], day.source])
    return out.getvalue().encode("utf-8-sig")


# ------------------------------------------------------------------------------------------------------------------


def _lines(text: str) -> list[tuple[int, list[str]]]:
    """The lines that say anything, each with its number. Excel's own hint of the separator is no line."""
    first = text.lstrip("\ufeff").splitlines()[0]
    hint = first.lower().startswith("sep=")
    head = text.splitlines()[1:2] if hint else [first]
    separator = max(";,\t", key="".join(head).count)
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=separator)
    rows = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    return rows[1:] if hint else rows


def _row(number: int, cells: list[str], faults: list[Fault]) -> KnownDay | None:
    shown, name, kind_words, source = (cell.strip() for cell in (*cells, "", "", "", "")[:4])
    day, kind = _date(shown), KINDS.get(kind_words.lower())
    bare = name.replace(ESTIMATED, "").strip()
    found = [
        *([] if day else [Fault("sheet.date", "file", {"line": number, "shown": shown[:40]})]),
        *([] if bare[:1].isalnum() and len(bare) <= LONGEST_NAME else [Fault("sheet.name", "file", {"line": number})]),
        *([] if kind else [Fault("sheet.kind", "file", {"line": number, "shown": kind_words[:40]})]),
    ]
    faults += found
    if found or day is None or kind is None:
        return None
    return KnownDay(day, bare, kind, estimated=ESTIMATED in name, source=source[:LONGEST_NAME])


def _date(shown: str) -> date | None:
    """`2026-12-24`, `24/12/2026`, `24-12-2026`, `24.12.2026`, `24 Desember 2026`, `24-Des-26`."""
    parts = shown.replace("/", "-").replace(".", "-").replace(" ", "-").split("-")
    if len(parts) != 3:
        return None
    year, month, day = parts if len(parts[0]) == 4 else reversed(parts)
    number = MONTH_WORDS.get(month[:3].lower()) if month.isalpha() else _number(month)
    whole = _number(year)
    if whole is not None and len(year) == 2:
        whole += YEARS[0]
    try:
        found = date(whole or 0, number or 0, _number(day) or 0)
    except ValueError:
        return None
    return found if found.year in YEARS else None


def _number(digits: str) -> int | None:
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 4 else None
