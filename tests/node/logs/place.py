"""Shared logs that the tests write, as nginx and the programs of two sites would."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from panggon.drivers.system import files
from panggon.node.logs import LogSettings
from panggon.node.logs.splitter import Splitter

UID_BASE = 1_900_000_000
ONE, TWO = "s900001", "s900002"
LOGS = f"{os.sep}node{os.sep}logs{os.sep}"


class Place:
    def __init__(self, base: Path, **settings: Any) -> None:
        root, run, logs, state = (base / name for name in ("root", "run", "logs", "state"))
        for folder in (root / "sites", run / "sockets", logs, state):
            files.directory(folder)
        self.settings = LogSettings(root, run, logs, state, run / "nginx.pid", UID_BASE, **settings)
        for site in (ONE, TWO):
            files.directory(root / "sites" / site / "logs", mode=0o750, gid=UID_BASE + int(site[1:]))
            files.directory(root / "sites" / site / "run", mode=0o750)
        self.now = datetime.now(UTC)
        self.number = 0

    def visit(self, site: str, *, connection: int = 1, words: str = "", size: int = 0) -> str:
        """nginx's line about a request; its number."""
        self.number += 1
        line = (
            f'{{"time":"2026-11-26T01:00:00+00:00","site":"{site}","worker":7,"connection":{connection},'
            f'"client":"192.0.2.1","uri":"/{self.number}{words}{"x" * size}"}}\n'
        )
        self._add("access.log", line)
        return f"/{self.number}"

    def error(self, words: str, *, connection: int, at: datetime | None = None) -> None:
        self._add("nginx.log", f"{at or self.now:%Y/%m/%d %H:%M:%S} [error] 7#7: *{connection} {words}\n")

    def say(self, site: str, words: str) -> None:
        with self.settings.output(site).open("a") as file:
            file.write(words)

    def split(self, splitter: Splitter | None = None) -> Splitter:
        splitter = splitter or Splitter(self.settings)
        while splitter.step(self.now):
            pass
        return splitter

    def read(self, site: str, name: str = "access") -> str:
        """All pieces of a log, the oldest first."""
        folder = self.settings.root / "sites" / site / "logs"
        pieces = [*sorted(folder.glob(f"{name}-*.log")), folder / f"{name}.log"]
        return "".join(piece.read_text() for piece in pieces if piece.exists())

    def uris(self, site: str) -> list[str]:
        return [line.rpartition('"uri":"')[2].removesuffix('"}') for line in self.read(site).splitlines()]

    def _add(self, name: str, line: str) -> None:
        with (self.settings.logs / name).open("a") as file:
            file.write(line)
