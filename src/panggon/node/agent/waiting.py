"""Which runs the portal was told of, or perhaps was, before they were at their end: one file, so that no kill loses
one. Those of another enrolment are nothing to this portal.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from panggon.node.state import records


@dataclass(frozen=True, slots=True)
class Told:
    """Of which wish, and what; "" while the portal has heard nothing of it."""

    wish: int
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """`waiting.json` in `state`, by site."""

    state: Path
    enrolment: str

    def told(self) -> dict[str, Told]:
        return records.known(self._path, self._read, otherwise={})

    def note(self, site: str, told: Told | None) -> None:
        """What the portal knows now; None: how it ended."""
        known = self.told()
        after = {name: each for name, each in known.items() if name != site} | ({site: told} if told else {})
        if after != known:
            rows = {name: {**asdict(each), "enrolment": self.enrolment} for name, each in after.items()}
            records.save(self._path, rows)

    @property
    def _path(self) -> Path:
        return self.state / "waiting.json"

    def _read(self, rows: Any) -> dict[str, Told]:
        return {
            site: Told(int(row["wish"]), str(row["code"]), str(row["detail"]))
            for site, row in rows.items()
            if row["enrolment"] == self.enrolment
        }
