"""Holds the sockets of all sites, starts a site's sandbox on its first connection and stops it when idle.

`python -m panggon.node.sockets --config FILE` starts the keeper, which starts the holder. SIGTERM ends everything,
SIGHUP replaces the holder (for an update) while all sites go on.
"""

from panggon.node.sockets.settings import SocketSettings
from panggon.node.sockets.shields.protections import Protection, protections

__all__ = ["Protection", "SocketSettings", "protections"]
