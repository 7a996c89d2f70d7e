"""Opens MariaDB's sockets and becomes MariaDB, which takes them as from a service manager (sd_listen_fds(3)).

`python3 -I mariadb-entrances.py SOCKET ENTRANCES PROGRAM …`: the machine's own SOCKET, and in so many directories
beside it, called by their numbers, one of the same name; in `last` one that comes after all others. Run as MariaDB's
user, who cannot read Panggon's own code everywhere: it stands alone.
"""

import os
import socket
import sys
from pathlib import Path

FIRST = 3  # SD_LISTEN_FDS_START
# As many as MariaDB itself lets wait with its usual bound of connections.
BACKLOG = 150


def main() -> None:
    own, entrances, program = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    for kept in own.parent.glob("*.kept"):  # of a server that is gone
        kept.unlink()
    # It takes in whoever waits at the first of these last.
    places = [own.parent / "last" / own.name, own]
    places += [own.parent / str(number) / own.name for number in range(entrances)]
    listening = [_listening(place) for place in places]
    # First out of the way of the numbers that they are to have.
    beyond = [os.dup2(each.detach(), FIRST + 2 * len(places) + place) for place, each in enumerate(listening)]
    for place, descriptor in enumerate(beyond):
        os.dup2(descriptor, FIRST + place)
        os.close(descriptor)
    environment = {**os.environ, "LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(places))}
    os.execvpe(program[0], program, environment)  # noqa: S606 -- it is to be this very process


def _listening(place: Path) -> socket.socket:
    place.unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX)
    made.bind(str(place))
    place.chmod(0o777)
    made.listen(BACKLOG)
    return made


if __name__ == "__main__":
    main()
