"""Pekalongan's year 2026 for tests: SKB 3 Menteri 1497/2025, 2/2025, 5/2025 (only the days that the tests meet)."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from panggon.core.schedule.workdays import PEKALONGAN_RAMADAN_WEEK, PEKALONGAN_WEEK, Calendar, Period

JAKARTA = ZoneInfo("Asia/Jakarta")

CALENDAR = Calendar(
    zone=JAKARTA,
    years=frozenset({2026}),
    periods=(
        Period(date(2023, 9, 1), date(2099, 12, 31), PEKALONGAN_WEEK),
        Period(date(2026, 2, 19), date(2026, 3, 19), PEKALONGAN_RAMADAN_WEEK),
    ),
    holidays={
        date(2026, 1, 1): "Tahun Baru Masehi",
        date(2026, 1, 16): "Isra Mikraj",
        date(2026, 2, 16): "Cuti bersama Imlek",
        date(2026, 2, 17): "Tahun Baru Imlek",
        date(2026, 3, 18): "Cuti bersama Nyepi",
        date(2026, 3, 19): "Hari Suci Nyepi",
        date(2026, 3, 20): "Cuti bersama Idulfitri",
        date(2026, 3, 23): "Cuti bersama Idulfitri",
        date(2026, 3, 24): "Cuti bersama Idulfitri",
        date(2026, 12, 24): "Cuti bersama Natal",
        date(2026, 12, 25): "Natal",
    },
)


def local(words):
    """`2026-11-02 09:00` in Pekalongan, as UTC."""
    return datetime.fromisoformat(words).replace(tzinfo=JAKARTA).astimezone(UTC)
