"""Holds the sockets of all sites, starts a site's sandbox on its first connection and stops it when idle.

`python -m panggon.node.sockets --config FILE` starts the keeper, which starts the holder. SIGTERM ends everything,
SIGHUP replaces the holder (for an update) while all sites go on.

The holder's loop (`holder`) turns to the sites that are served (`serving`). Some of them run (`sandboxes`), between
walls (`shields`) and within bounds (`control_groups`, `quota`); all are guarded (`guards`). Their sockets outlive the
holder (`listening`).
"""

from panggon.node.sockets.settings import SocketSettings
from panggon.node.sockets.shields.protections import Protection, protections

__all__ = ["Protection", "SocketSettings", "protections"]
