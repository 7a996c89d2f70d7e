"""Dates as Indonesian papers write them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

OFFICE_ZONE = ZoneInfo("Asia/Jakarta")
DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
DIGITS = ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan", "sepuluh", "sebelas")
MONTHS = (
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
)


def day_words(day: date | None) -> str:
    """`24 November 2026`; empty for no date."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}" if day else ""


def moment_words(moment: datetime | None) -> str:
    """`24 November 2026 pukul 14.05 WIB`; empty for no moment."""
    if moment is None:
        return ""
    local = moment.astimezone(OFFICE_ZONE)
    return f"{day_words(local.date())} pukul {local:%H.%M} WIB"


def date_in_words(day: date) -> str:
    """As a berita acara writes it: `Kamis tanggal dua puluh enam bulan November tahun dua ribu dua puluh enam`."""
    number, year = in_words(day.day), in_words(day.year)
    return f"{DAYS[day.weekday()]} tanggal {number} bulan {MONTHS[day.month - 1]} tahun {year}"


def in_words(number: int) -> str:
    """A number from 0 to 9999, such as `seribu sembilan ratus empat puluh lima`."""
    if number < len(DIGITS):
        return DIGITS[number]
    if number < 20:
        return f"{DIGITS[number - 10]} belas"
    for size, name in ((1000, "ribu"), (100, "ratus"), (10, "puluh")):
        if number >= size:
            count, rest = divmod(number, size)
            head = f"se{name}" if count == 1 else f"{in_words(count)} {name}"
            return f"{head} {in_words(rest)}" if rest else head
    raise AssertionError(number)
