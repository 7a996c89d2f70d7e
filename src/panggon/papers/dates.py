"""Dates as Indonesian papers write them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

OFFICE_ZONE = ZoneInfo("Asia/Jakarta")
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
