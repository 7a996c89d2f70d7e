"""`python -m panggon.node.logs --config FILE`."""

import argparse
import logging
import os
import signal
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from panggon.core.errors import PanggonError
from panggon.node import clock
from panggon.node.daemons import alive
from panggon.node.logs.bounds import bound_machine_logs
from panggon.node.logs.logins import LoginWatch
from panggon.node.logs.settings import LogSettings, load
from panggon.node.logs.sources import PART_BYTES
from panggon.node.logs.splitter import Splitter

SWEEP_EVERY = timedelta(days=1)
FULL_SECONDS = 5.0

log = logging.getLogger("panggon.node.logs")


def main() -> int:
    parser = argparse.ArgumentParser(prog="panggon-logs", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="JSON file of LogSettings")
    settings = load(parser.parse_args().config)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    os.umask(0o027)
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    splitter, logins = Splitter(settings), LoginWatch(settings)
    alive.announce(settings.alive)
    _run(settings, splitter, logins, ending)
    return 0


def _run(settings: LogSettings, splitter: Splitter, logins: LoginWatch, ending: threading.Event) -> None:
    """Until asked to end; then what is there is still handed out."""
    swept = datetime.min.replace(tzinfo=UTC)
    while not ending.is_set():
        now = clock.now()
        alive.beat(settings.alive)
        if abs(now - swept) > SWEEP_EVERY:  # a clock that was ahead too
            _sweep(settings, splitter, now)
            swept = now
        bound_machine_logs(settings.logs, most=settings.rotate)
        ending.wait(_pause(settings, splitter, logins, now))
    _pause(settings, splitter, logins, clock.now())


def _pause(settings: LogSettings, splitter: Splitter, logins: LoginWatch, now: datetime) -> float:
    """A part that is not full waits for the next tick: each costs the disk two writes, whatever is in it."""
    try:
        logins.step(now)
        return 0.0 if splitter.step(now) and splitter.waiting() >= PART_BYTES else settings.tick
    except (OSError, PanggonError) as error:
        log.warning("logs cannot be written: %s", error)
        return FULL_SECONDS


def _sweep(settings: LogSettings, splitter: Splitter, now: datetime) -> None:
    for place in settings.root.glob("sites/s??????"):
        splitter.sink.sweep(place.name, now=now)


if __name__ == "__main__":
    sys.exit(main())
