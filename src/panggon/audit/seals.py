"""Seals: the ends of all chains written down once a day outside of the database, each naming the seal before.

A seal is a text file that `sha256sum` and a pair of eyes can check:

    panggon-seal 1
    day 2026-11-25
    at 2026-11-25T17:05:00+00:00
    previous 2026-11-24 <SHA-256 of the file 2026-11-24.seal>
    <chain> <sequence> <digest of that row>
    …

`previous` is `- -` in the first. The lines are sorted by chain, and only of chains that grew since the seal before.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from panggon.audit.files import write_once
from panggon.core.errors import Fault, PermanentError

TITLE = "panggon-seal 1"
_HEADER = re.compile(
    rf"{TITLE}\nday (?P<day>\d{{4}}-\d\d-\d\d)\nat \S+\nprevious (?P<previous>\S+) (?P<digest>-|[0-9a-f]{{64}})\n"
)
_HEAD = re.compile(r"(?P<chain>\S+) (?P<sequence>[1-9]\d{0,9}) (?P<digest>[0-9a-f]{64})\n")
_HEADER_LINES = 4


@dataclass(frozen=True, slots=True)
class Head:
    """The last row of a chain: how many rows it had, and the digest that covers them all."""

    chain: str
    sequence: int
    digest: str


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal file by name and contents; `digest` is the file's SHA-256, what `sha256sum` prints."""

    day: date
    digest: str
    previous_day: str
    previous_digest: str


def seal(directory: Path, heads: Iterable[Head], *, day: date, at: datetime) -> Seal:
    """Write the seal of this day; one that is there already stays as it is. `heads` come sorted by chain.

    Memory grows with the number of chains, not of rows. Raises `PermanentError` (`seal.unreadable`).
    """
    path = _path(directory, day)
    if path.exists():
        return read(path)
    before = newest(directory)
    known = _known(directory)
    header = (TITLE, f"day {day}", f"at {at.isoformat()}", f"previous {_naming(before)}")
    lines = (f"{head.chain} {head.sequence} {head.digest}" for head in heads if known.get(head.chain) != head.sequence)
    write_once(path, (f"{line}\n".encode() for part in (header, lines) for line in part))
    return read(path)


def newest(directory: Path) -> Seal | None:
    paths = _paths(directory)
    return read(paths[-1]) if paths else None


def read(path: Path) -> Seal:
    """Raises `PermanentError` (`seal.unreadable`) for a file that is no seal, or none of the day in its name."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        header = b"".join(file.readline() for _ in range(_HEADER_LINES)).decode(errors="replace")
    said = _HEADER.fullmatch(header)
    if said is None or path.name != f"{said['day']}.seal":
        raise PermanentError("seal.unreadable", str(path), day=path.stem)
    return Seal(date.fromisoformat(said["day"]), digest, said["previous"], said["digest"])


def heads_in(path: Path) -> Iterator[Head]:
    """The sealed heads, one after the other. Raises `PermanentError` (`seal.unreadable`)."""
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        for number, line in enumerate(file):
            if number < _HEADER_LINES:
                continue
            said = _HEAD.fullmatch(line)
            if said is None:
                raise PermanentError("seal.unreadable", f"{path}:{number + 1}", day=path.stem)
            yield Head(said["chain"], int(said["sequence"]), said["digest"])


def sealed_heads(directory: Path) -> Iterator[Head]:
    """Every head in every seal, the oldest seal first; nothing of a seal that cannot be read."""
    for path in _paths(directory):
        try:
            yield from heads_in(path)
        except PermanentError:  # named by `faults`
            continue


def faults(directory: Path, *, recorded: dict[str, str]) -> Iterator[Fault]:
    """What is wrong with the seals themselves; `recorded` is what the log of changes says of them.

    Codes: `seal.unreadable`, `seal.unlinked` (it does not name the one before as that is now), `seal.removed`,
    `seal.altered`, `seal.unrecorded`.
    """
    present: dict[str, str] = {}
    before: Seal | None = None
    for path in _paths(directory):
        try:
            found = read(path)
            for _head in heads_in(path):
                pass
        except PermanentError as error:
            yield Fault(error.code, facts={"day": path.stem})
            present[path.stem] = ""
            continue
        if f"{found.previous_day} {found.previous_digest}" != _naming(before):
            yield Fault("seal.unlinked", facts={"day": str(found.day), "before": found.previous_day})
        present[path.stem] = found.digest
        before = found
    yield from _against(recorded, present)


# ------------------------------------------------------------------------------------------------------------------


def _against(recorded: dict[str, str], present: dict[str, str]) -> Iterator[Fault]:
    for day, digest in sorted(recorded.items()):
        if day not in present:
            yield Fault("seal.removed", facts={"day": day})
        elif present[day] != digest:
            yield Fault("seal.altered", facts={"day": day})
    for day in sorted(present.keys() - recorded.keys()):
        yield Fault("seal.unrecorded", facts={"day": day})


def _naming(seal: Seal | None) -> str:
    return f"{seal.day} {seal.digest}" if seal else "- -"


def _known(directory: Path) -> dict[str, int]:
    """Up to which row each chain is sealed."""
    return {head.chain: head.sequence for path in _paths(directory) for head in heads_in(path)}


def _path(directory: Path, day: date) -> Path:
    return directory / f"{day}.seal"


def _paths(directory: Path) -> list[Path]:
    return sorted(directory.glob("*.seal"))
