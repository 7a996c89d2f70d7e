"""`python -m panggon.node.tasks --config FILE`."""

import argparse
import functools
import logging
import os
import signal
import socket
import sys
from pathlib import Path

from panggon.core.spec import Task
from panggon.drivers import asking
from panggon.node import cgroups
from panggon.node.logs.sink import Sink
from panggon.node.sockets import errand
from panggon.node.sockets import settings as sockets
from panggon.node.sockets.sandbox import Machine
from panggon.node.sockets.served import served_of
from panggon.node.sockets.settings import SocketSettings
from panggon.node.sockets.walls import Shield
from panggon.node.tasks.owner import Owner
from panggon.node.tasks.run import Program
from panggon.node.tasks.settings import load

HOLDER_SECONDS = 10.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="panggon-tasks", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="JSON file of TaskSettings")
    settings = load(parser.parse_args().config)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    os.umask(0o027)  # what a task writes into `public` is for nginx's group, not for all
    ending, waking = socket.socketpair()
    waking.setblocking(False)
    signal.set_wakeup_fd(waking.fileno())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    holder = sockets.load(settings.holder)
    sink = Sink(holder.root, holder.uid_base, settings.bounds)
    Owner(settings, sink, functools.partial(_launch, holder)).run(ending)
    return 0


def _launch(holder: SocketSettings, site: str, task: Task) -> Program:
    return errand.start(_machine(holder), served_of(holder, site), task.name, task.command)


@functools.cache
def _machine(holder: SocketSettings) -> Machine:
    """The protections that the holder of the sockets has found here; raises TemporaryError while it does not answer."""
    answer = asking.ask(holder.control, silent="runtime.holder", seconds=HOLDER_SECONDS, request={"do": "list"})
    shields = frozenset(Shield(row["name"]) for row in answer["protections"] if row["active"])
    return Machine(holder, shields, cgroups.find())


if __name__ == "__main__":
    sys.exit(main())
