"""`python -m panggon.node.tasks --config FILE`."""

import argparse
import logging
import os
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from panggon.core.sites.spec import Task
from panggon.node.logs.sink import Sink
from panggon.node.sockets import settings as sockets
from panggon.node.sockets.control_groups import controllers
from panggon.node.sockets.sandboxes import errand
from panggon.node.sockets.sandboxes.errand import Program
from panggon.node.sockets.sandboxes.sandbox import Machine
from panggon.node.sockets.served import served_of
from panggon.node.sockets.settings import SocketSettings
from panggon.node.tasks.owner import Owner
from panggon.node.tasks.settings import load


def main() -> int:
    parser = argparse.ArgumentParser(prog="panggon-tasks", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="JSON file of TaskSettings")
    parser.add_argument("--groups-of", default="", metavar="UNIT", help=controllers.BESIDE)
    arguments = parser.parse_args()
    settings = load(arguments.config)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    os.umask(0o027)  # what a task writes into `public` is for nginx's group, not for all
    ending, waking = socket.socketpair()
    waking.setblocking(False)
    signal.set_wakeup_fd(waking.fileno())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    holder = sockets.load(settings.holder)
    sink = Sink(holder.root, holder.uid_base, settings.retention)
    Owner(settings, sink, SandboxLauncher(holder, arguments.groups_of)).run(ending)
    return 0


@dataclass(slots=True)
class SandboxLauncher:
    """Starts tasks with the protections that the holder of the sockets has found on this machine."""

    holder: SocketSettings
    groups_of: str = ""
    _machine: Machine | None = None

    def __call__(self, site: str, task: Task) -> Program:
        """Raises TemporaryError while the holder does not answer, and the errors of `errand.start`."""
        self._machine = self._machine or errand.machine_as_held(self.holder, groups_of=self.groups_of)
        return errand.start(self._machine, served_of(self.holder, site), task.name, task.command)


if __name__ == "__main__":
    sys.exit(main())
