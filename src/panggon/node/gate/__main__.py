"""A gate as the holder starts it beside a sandbox."""

import json
import socket
import sys

from panggon.core.sites import outgoing
from panggon.core.sites.outgoing import Policy
from panggon.node.gate.carrying import Gate


def main() -> None:
    """The first argument: `{"targets": […], "resolvers": […], "sockets": [descriptor, …]}`."""
    given = json.loads(sys.argv[1])
    gate = Gate(Policy(tuple(map(outgoing.parse, given["targets"]))), tuple(given["resolvers"]))
    for descriptor in given["sockets"]:
        gate.listen(socket.socket(fileno=descriptor))
    gate.run()


if __name__ == "__main__":
    main()
