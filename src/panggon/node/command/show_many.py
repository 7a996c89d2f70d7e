"""What the command line says about many sites."""

import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from panggon.core.errors import PanggonError
from panggon.core.sites.life import SITE_STATE_LABELS
from panggon.core.sites.spec import SiteKind, SiteSpec, SiteState
from panggon.node.command.batch import Ending, Result
from panggon.node.command.show import problem, text

SECONDS_BETWEEN_LINES = 10.0


class Many:
    """Says each failure at once, and how far it is: on a terminal always, elsewhere in a line every ten seconds."""

    def __init__(self, total: int, console: Console) -> None:
        self._total, self._console = total, console
        self._status = console.status(f"0 dari {total} situs …")
        self._began = self._said = time.monotonic()

    def __enter__(self) -> "Many":
        self._status.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._status.stop()

    def to_the_end(self, results: Iterable[Result]) -> list[Result]:
        found: list[Result] = []
        for result in results:
            found.append(result)
            if result.problem:
                self._console.print(text(failure(result)), soft_wrap=True)
            self._tell(found, time.monotonic())
        return found

    def _tell(self, found: Sequence[Result], now: float) -> None:
        line = far(found, self._total, seconds=now - self._began)
        self._status.update(line)
        if not self._console.is_terminal and now - self._said > SECONDS_BETWEEN_LINES:
            self._console.print(line)
            self._said = now


def far(results: Sequence[Result], total: int, *, seconds: float) -> str:
    """How far it is, how many failed, and how long it will take as it goes now."""
    failed = sum(result.ending is Ending.FAILED for result in results)
    left = (total - len(results)) * seconds / max(1, len(results))
    return f"{len(results)} dari {total} situs, {failed} gagal, kira-kira {left:.0f} detik lagi"


def failure(result: Result) -> str:
    found = result.problem
    return f"✗ {result.site}: {problem(found.code, found.detail) if found else 'gagal'}"


def results(console: Console, found: Sequence[Result]) -> None:
    count = Counter(result.ending for result in found)
    words = {Ending.APPLIED: "dibuat dan terbukti", Ending.KEPT: "sudah seperti yang diminta", Ending.FAILED: "gagal"}
    console.print(", ".join(f"{count[ending]} {word}" for ending, word in words.items()) + ".")
    _failures(console, found)


def verified(console: Console, found: Sequence[Result]) -> None:
    proven = sum(result.ending is Ending.PROVEN for result in found)
    console.print(f"{proven} dari {len(found)} situs terbukti.")
    _failures(console, found)
    if proven < len(found):
        console.print("Yang berubah ditunjukkan `panggon-node drift`, dan dipulihkan `panggon-node apply --all`.")


def sites(console: Console, rows: Sequence[Mapping[str, str | int]]) -> None:
    """`rows` are of `site_document`."""
    table = Table("Situs", "Nama", "Keadaan", "Jenis", "Basis data")
    for row in rows:
        told = {name: str(value) for name, value in row.items()}
        state = SITE_STATE_LABELS[SiteState(told["state"])] if "state" in told else told["problem"]
        kind = f"{told.get('kind', '')} {told.get('php_version', '')}".strip()
        cells = (told["site"], told.get("host", ""), state, kind, told.get("database", ""))
        table.add_row(*map(text, cells))
    console.print(table if rows else "Belum ada situs di mesin ini.")


def site_document(site: str, found: SiteSpec | PanggonError | None) -> dict[str, str | int]:
    """What was applied last, or why nobody knows."""
    if not isinstance(found, SiteSpec):
        return {"site": site, "problem": problem(found.code, found.detail) if found else ""}
    return {
        "site": site,
        "host": found.host,
        "state": found.state.value,
        "kind": found.kind.value,
        "php_version": found.php_version if found.kind is SiteKind.PHP else "",
        "database": str(found.database or ""),
        "generation": found.generation,
    }


def _failures(console: Console, found: Sequence[Result]) -> None:
    """Not again for who sits at a terminal: `Many` has said each of them there."""
    if sys.stdout.isatty() and sys.stderr.isatty():
        return
    for result in found:
        if result.ending is Ending.FAILED:
            console.print(text(failure(result)), soft_wrap=True)


def results_document(found: Sequence[Result]) -> dict[str, Any]:
    return {
        **{ending.value: sum(result.ending is ending for result in found) for ending in Ending},
        "problems": {
            result.site: {"code": result.problem.code, "detail": result.problem.detail}
            for result in found
            if result.problem
        },
    }
