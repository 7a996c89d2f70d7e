"""A supervisor of two small programs, as a process of its own: `python -m tests.node.supervised PLACE [FLAVOUR]`.

`first` and `second` write their pid and start, and their stop, to `PLACE/events`; a FLAVOUR changes how they start.
"""

import signal
import sys
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
        stop_seconds=5,
    )


def main() -> None:
    place = Path(sys.argv[1])
    flavour = sys.argv[2] if len(sys.argv) > 2 else ""
    services = [Service(server("first", place)), Service(server("second", place, flavour))]
    Supervisor(services, place / "services.json", tell=click.echo).run()


if __name__ == "__main__":
    main()
