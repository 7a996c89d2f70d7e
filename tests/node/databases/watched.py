"""A server of the test, as the brake watches one."""

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from panggon.core.errors import TemporaryError
from panggon.core.node.databases.database_load import (
    Load,
    Taken,
)
from panggon.core.sites.spec import Engine
from panggon.drivers.databases.arrivals import Arrivals
from panggon.node.databases.brake import Brake

ONE, OTHER = "s900001", "s900002"


@dataclass
class Server:
    now: Load = field(default_factory=lambda: Load(()))
    said: list[str] = field(default_factory=list)
    away: bool = False
    held: Mapping[str, float] | None = None
    seen: Mapping[str, Taken] = field(default_factory=dict)
    crowd: Load | None = None
    own_threads: Set[int] = frozenset()
    strangers: Set[int] = frozenset()
    process: int = 0
    thread: int = 0
    door: Path = Path("/run/door")
    left: str = ""
    came: bytes = b""
    loads: int = 0
    tidied: threading.Event = field(default_factory=threading.Event)

    def load(self) -> Load:
        self._answer()
        self.loads += 1
        return self.now

    @contextmanager
    def watched(self) -> Iterator["Server"]:
        self._answer()
        self.said.append("open")
        yield self

    def threads(self, sites: Collection[str]) -> Sequence[tuple[str, int]]:
        self._answer()
        return [(each.site, each.thread) for each in self.now.sessions if each.site in sites]

    def waiting(self, known: Set[int]) -> Set[int]:
        return self.strangers - known

    def taken(self) -> Mapping[str, Taken]:
        return self.seen

    def begun(self, sites: Set[str]) -> int:
        self.said.append("begun")
        return sum(its.begun for site, its in self.seen.items() if site in sites)

    def own(self) -> Set[int]:
        return self.own_threads

    @property
    def arrivals(self) -> Arrivals:
        return Came(self)

    def is_alone(self) -> bool:
        return self.crowd is None

    def holders(self) -> Sequence[int]:
        return ()

    def refused(self) -> int:
        return 0

    def crowding(self) -> Load | None:
        return self.crowd

    def _answer(self) -> None:
        if self.away:
            raise TemporaryError("database.down", "away")

    def hold(self, doors: Mapping[str, float]) -> None:
        self.held = doors

    def end(self, number: int) -> None:
        self.said.append(f"end {number}")

    def is_tidy(self) -> bool:
        return not self.left

    def guard(self, over: threading.Event) -> None:
        over.wait()

    def tidy(self) -> None:
        self.left = ""
        self.tidied.set()

    def close_tables(self) -> None:
        self.said.append("close tables")

    def begin_anew(self) -> None:
        self.said.append("begin anew")


@dataclass(frozen=True)
class Came(Arrivals):
    _told: Server  # type: ignore[assignment]

    def now(self) -> bytes:
        return self._told.came


def follow(brake: Brake, engine: Engine, server: Server, over: threading.Event) -> None:
    brake._follow(engine, server, over, float("inf"), also=lambda _: None)
