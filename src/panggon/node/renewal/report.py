"""What the owner of renewals found, for `status` and for the portal; two files of root's."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from panggon.node.state import records

# Three passes that did not come: nobody looks after the certificates.
SILENCE = timedelta(minutes=30)
WORRIES_MOST = 20


@dataclass(frozen=True, slots=True)
class Failures:
    """Renewals of one name that failed in a row; `again` is when the next may be tried."""

    count: int = 0
    problem: str = ""
    again: datetime | None = None


def failures(folder: Path, name: str) -> Failures:
    return records.known(folder / f"{name}.json", _failures, otherwise=Failures())


def keep_failures(folder: Path, name: str, found: Failures) -> None:
    again = found.again.isoformat() if found.again else None
    records.save(folder / f"{name}.json", {"count": found.count, "problem": found.problem, "again": again})


def forget_failures(folder: Path, name: str) -> None:
    (folder / f"{name}.json").unlink(missing_ok=True)


def forget_others(folder: Path, attended: Set[str]) -> None:
    """A name that is gone has no failures."""
    for path in folder.glob("*.json"):
        if path.stem not in attended:
            path.unlink()


def save(path: Path, worries: list[str], *, now: datetime) -> None:
    more = len(worries) - WORRIES_MOST
    told = [*worries[:WORRIES_MOST], *([f"sertifikat: dan {more} lagi"] if more > 0 else [])]
    records.save(path, {"checked": now.isoformat(), "worries": told})


def load(path: Path, *, now: datetime) -> tuple[str, ...]:
    """One sentence for each thing that people have to know."""
    checked, worries = records.known(path, _checked, otherwise=(None, ()))
    if checked and now - checked <= SILENCE:
        return worries
    never = "sertifikat: belum pernah diperiksa"
    since = f"sertifikat: tidak diperiksa lagi sejak {checked.astimezone():%Y-%m-%d %H.%M}" if checked else never
    return (f"{since}, sehingga tidak diperbarui juga; jalankan panggon-node init",)


def _failures(document: Any) -> Failures:
    again = document["again"]
    return Failures(int(document["count"]), str(document["problem"]), datetime.fromisoformat(again) if again else None)


def _checked(document: Any) -> tuple[datetime, tuple[str, ...]]:
    return datetime.fromisoformat(document["checked"]), tuple(map(str, document["worries"]))
