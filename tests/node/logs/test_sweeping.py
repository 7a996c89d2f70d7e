"""When what is too old or too much is removed of all logs."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from panggon.node import clock
from panggon.node.logs import __main__ as logs

BEGIN = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)


class Ending(threading.Event):
    """Comes when the clock has said all its times; nobody waits for it."""

    def wait(self, timeout: float | None = None) -> bool:
        return self.is_set()


def test_once_a_day_and_again_when_the_clock_is_set_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times, swept, ending = [BEGIN + timedelta(hours=each) for each in (0, 1, 25, 9000, 26, 27, 27)], [], Ending()

    def now() -> datetime:
        if len(times) == 2:  # this look, and the end
            ending.set()
        return times.pop(0)

    def sweep(_settings: Any, _splitter: Any, moment: datetime) -> None:
        swept.append(moment - BEGIN)

    monkeypatch.setattr(logs, "_sweep", sweep)
    monkeypatch.setattr(logs, "_pause", lambda *_: 0.0)
    monkeypatch.setattr(logs, "bound_machine_logs", lambda *_, **__: None)
    monkeypatch.setattr(clock, "now", now)
    settings: Any = type("Settings", (), {"logs": None, "rotate": 0, "alive": tmp_path / "alive"})
    logs._run(settings, settings, settings, ending)
    assert swept == [timedelta(hours=each) for each in (0, 25, 9000, 26)]
