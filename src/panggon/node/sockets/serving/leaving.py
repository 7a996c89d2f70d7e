"""Sites that are served no more, as long as anything of them is left; some are served to who was let in before."""

import time
from enum import StrEnum

from panggon.core.errors import TemporaryError
from panggon.drivers.file_systems import storage
from panggon.drivers.system import files
from panggon.node.sockets.settings import SocketSettings


class Dropping(StrEnum):
    """What becomes of the requests that run when a site is served no more."""

    WHEN_DONE = ""  # they end, and then it is done
    LATER = "later"  # it is done, and whatever the web server let in before has as long as a request may take
    KILLED = "killed"


class Leaving:
    """Times are seconds of a monotonic clock."""

    def __init__(self, settings: SocketSettings) -> None:
        self._settings = settings
        self._names: set[str] = set()
        self._lingering: dict[str, float] = {}  # of these: served to who was let in before, until when

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def add(self, name: str) -> None:
        """Nobody new comes in from now on."""
        self._names.add(name)
        self._lingering.pop(name, None)

    def discard(self, name: str) -> None:
        """It is served again, or nothing of it is left."""
        self._names.discard(name)

    def linger(self, name: str, *, longest: float, now: float) -> bool:
        """Serve it to who was let in before, for so many seconds from the first such word on; marked for another holder
        too. False where that cannot be: on a full disk nobody lingers.
        """
        mark = self._settings.leaving(name)
        try:
            if not mark.exists():
                storage.write(mark, "")
            since = time.time() - mark.stat().st_mtime
        except (OSError, TemporaryError):
            return False
        self._lingering[name] = now + min(max(longest - since, 0), longest)
        return True

    def linger_no_more(self, name: str) -> None:
        """It is served to everybody again, or to nobody."""
        self._lingering.pop(name, None)
        files.remove(self._settings.leaving(name))

    def lingers(self, name: str) -> bool:
        return name in self._lingering

    @property
    def anybody_lingers(self) -> bool:
        return bool(self._lingering)

    def due(self, now: float) -> tuple[str, ...]:
        """Whose time to linger is over."""
        return tuple(name for name, until in self._lingering.items() if now >= until)
