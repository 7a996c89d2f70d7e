"""`python -m panggon.node.sockets --config FILE`: the keeper, and with `--keeper` (its own use) the holder.

With `--kept-by-systemd` there is no keeper: the holder itself is a service of systemd that has a store of descriptors.
"""

import argparse
import logging
import os
import resource
import socket
import sys
from pathlib import Path

from panggon.core.errors import PanggonError
from panggon.node.sockets.control_groups import controllers
from panggon.node.sockets.holder import Holder
from panggon.node.sockets.listening.channel import ByKeeper, BySystemd
from panggon.node.sockets.listening.keeper import REFUSED, Keeper
from panggon.node.sockets.settings import load


def main() -> int:
    parser = argparse.ArgumentParser(prog="panggon-sockets", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="JSON file of SocketSettings")
    parser.add_argument("--kept-by-systemd", action="store_true", help="as a unit with FileDescriptorStoreMax")
    parser.add_argument("--groups-of", default="", metavar="UNIT", help=controllers.BESIDE)
    parser.add_argument("--keeper", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--end", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    settings = load(arguments.config)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # keeper and holder have one descriptor a site and more
    os.umask(0o027)  # inherited by PHP: what it writes into `public` is for nginx's group, not for all
    if arguments.keeper is None and not arguments.kept_by_systemd:
        return Keeper(settings, arguments.config.resolve()).run()
    try:
        keeper = BySystemd() if arguments.kept_by_systemd else ByKeeper(socket.socket(fileno=arguments.keeper))
        holder = Holder(settings, keeper, controllers.find(beside=arguments.groups_of))
    except PanggonError as error:
        logging.getLogger("panggon.node.sockets").error("refusing to start: %s", error)  # noqa: TRY400
        return REFUSED
    holder.run(end=arguments.end)
    return 0


if __name__ == "__main__":
    sys.exit(main())
