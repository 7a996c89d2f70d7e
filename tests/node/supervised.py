"""A supervisor of two small programs, as a process of its own: `python -m tests.node.supervised PLACE [FLAVOUR]`.

`first` and `second` write their pid and start, and their stop, to `PLACE/events`; a FLAVOUR changes how they start:
with `early` the second one does so early, and the first is ready only beside it.
"""

import signal
import sys
from dataclasses import replace
from pathlib import Path

import click

from panggon.node.servers import Server
from panggon.node.supervision.services import Service, Supervisor

PROGRAM = """set -e
trap 'echo "stop $1" >> "$2/events"; exit 0' TERM
echo "start $1" >> "$2/events"
echo $$ > "$2/$1.pid"
while true; do sleep 0.02; done
"""


def server(name: str, place: Path, flavour: str = "") -> Server:
    return Server(
        name=name,
        argv=("sh", "-c", PROGRAM, "sh", name, str(place), flavour),
        log=place / f"{name}.log",
        ready=(place / f"{name}.pid").exists,
        stop_signal=signal.SIGTERM,
        stop_seconds=60,
    )


def main() -> None:
    place = Path(sys.argv[1])
    flavour = sys.argv[2] if len(sys.argv) > 2 else ""
    first, second = server("first", place), server("second", place, flavour)
    early = flavour == "early"
    if early:
        first = replace(first, ready=second.ready)
    services = [Service(first), Service(second, early=early)]
    Supervisor(services, place / "services.json", tell=click.echo).run()


if __name__ == "__main__":
    main()
