"""All guards, who look in turn."""

import logging
from collections.abc import Callable

from panggon.node.daemons.going_on import going_on
from panggon.node.sockets.guards import locks, unread
from panggon.node.sockets.guards.asleep import Asleep
from panggon.node.sockets.guards.locks import Locks
from panggon.node.sockets.guards.sessions import Sessions
from panggon.node.sockets.guards.unread import Unread
from panggon.node.sockets.quota.full import Full
from panggon.node.sockets.sandboxes.sandbox import Machine

log = logging.getLogger(__name__)


class Guards:
    """`awake` as of `Asleep`."""

    def __init__(self, machine: Machine, full: Full, awake: Callable[[str], bool]) -> None:
        users, uid_base = machine.users, machine.settings.uid_base
        self._sessions = Sessions(machine, full)
        self._each = (
            self._sessions,
            Asleep(machine, full, awake),
            Unread(users, uid_base, unread.is_short),
            Locks(users, uid_base, locks.is_short),
        )

    def look(self) -> None:
        """What fails for one of them is told; the others look."""
        for each in self._each:
            with going_on(log, "a look at all sites"):
                each.look()

    def close(self) -> None:
        self._sessions.close()
