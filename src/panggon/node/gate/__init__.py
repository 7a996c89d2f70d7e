"""The way out of one site: a process beside its sandbox that carries connections to whom its policy allows.

The site's network namespace has no way out at all. Every address leads to sockets that the holder has opened in it;
this process has inherited them, sees where each connection wanted to go, and connects there from the machine. So the
machine routes nothing, needs no rules of a firewall, and nothing ever comes in.

Started with nothing but the standard library, in a sandbox of its own.
"""

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
