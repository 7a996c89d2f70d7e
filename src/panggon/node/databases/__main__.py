"""`python -m panggon.node.databases --config FILE`."""

import argparse
import logging
import os
import signal
import socket
import sys
from pathlib import Path

from panggon.node import layout, wiring
from panggon.node.databases.jobs import SandboxLauncher
from panggon.node.databases.owner import Owner
from panggon.node.databases.watch import Watch
from panggon.node.settings import config_file
from panggon.node.settings.config import NodeConfig
from panggon.node.sockets.control_groups import controllers


def main() -> int:
    parser = argparse.ArgumentParser(prog="panggon-databases", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="settings of the machine as JSON")
    parser.add_argument("--groups-of", default="", metavar="UNIT", help=controllers.BESIDE)
    arguments = parser.parse_args()
    config = config_file.load(arguments.config)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    os.umask(0o077)
    ending, waking = socket.socketpair()
    waking.setblocking(False)
    signal.set_wakeup_fd(waking.fileno())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    owner(config, groups_of=arguments.groups_of).run(ending)
    return 0


def owner(config: NodeConfig, *, groups_of: str) -> Owner:
    watch = Watch(
        wiring.database_servers(config),
        config.paths.root / "sites",
        config.sites.uid_base,
        layout.databases_report(config),
    )
    launcher = SandboxLauncher(layout.socket_settings(config), config.tasks.zone, groups_of)
    return Owner(watch, launcher, layout.databases_control(config), layout.databases_alive(config))


if __name__ == "__main__":
    sys.exit(main())
