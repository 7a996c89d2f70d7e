"""What is known of Indonesia's holidays and of Pekalongan's office hours without a database: for seeding, and to check.

Hours: SE Wali Kota 800.1.6.2./54 Tahun 2023, in Ramadan SE B/111/800 Tahun 2026. Holidays and joint leave days: the
package `holidays`, which follows the SKB 3 Menteri months later and reckons what is not decreed yet.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from panggon.core.schedule.workdays import PEKALONGAN_RAMADAN_WEEK, PEKALONGAN_WEEK, Calendar, Period

ZONE = ZoneInfo("Asia/Jakarta")
ESTIMATED = "(perkiraan)"
NORMAL_HOURS = (date(2023, 9, 1), date(2099, 12, 31))
# The first and last day of Ramadan 1446 to 1448 H: the first as announced for 2025 and 2026, reckoned for 2027.
RAMADAN = (
    (date(2025, 3, 1), date(2025, 3, 30)),
    (date(2026, 2, 19), date(2026, 3, 20)),
    (date(2027, 2, 8), date(2027, 3, 9)),
)


class HolidayKind(StrEnum):
    NATIONAL = "national"
    JOINT_LEAVE = "joint_leave"  # cuti bersama
    ELECTION = "election"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class KnownDay:
    """`estimated`: an Islamic or lunar date that is reckoned, not decreed."""

    day: date
    name: str
    kind: HolidayKind
    estimated: bool = False
    source: str = ""


@lru_cache
def known_days(year: int) -> tuple[KnownDay, ...]:
    """Holidays and joint leave days of a year, in their order; none are joint leave before a decree is known."""
    categories = {HolidayKind.NATIONAL: "public", HolidayKind.JOINT_LEAVE: "government"}
    found = {
        day: _known_day(day, name, kind)
        for kind, category in reversed(categories.items())
        for day, name in holidays.country_holidays("ID", years=year, categories=(category,), language="id").items()
    }
    return tuple(found[day] for day in sorted(found))


def known_calendar(years: Iterable[int]) -> Calendar:
    """Pekalongan's calendar as it would be seeded."""
    known = frozenset(years)
    return Calendar(
        zone=ZONE,
        years=known,
        periods=(
            Period(*NORMAL_HOURS, PEKALONGAN_WEEK),
            *(Period(first, last, PEKALONGAN_RAMADAN_WEEK) for first, last in RAMADAN),
        ),
        holidays={row.day: row.name for year in known for row in known_days(year)},
    )


def _known_day(day: date, name: str, kind: HolidayKind) -> KnownDay:
    return KnownDay(
        day,
        name.replace(ESTIMATED, "").strip(),
        kind,
        estimated=ESTIMATED in name,
        source=f"pustaka holidays {holidays.__version__}",
    )
