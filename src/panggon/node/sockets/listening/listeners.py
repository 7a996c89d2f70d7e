"""The sockets of all sites, each of which somebody else has as well (`channel.Keeping`): so no death closes one."""

import socket

from panggon.node.sockets.listening.channel import Keeping
from panggon.node.sockets.listening.listener import make, name_of, put_in_place
from panggon.node.sockets.settings import SocketSettings

# systemd compares each with all that it has: thousands at once are seconds of its time, at each boot, in which it
# starts nothing else. So many it gets at the start, of the others so many at each tick.
AT_ONCE, AT_A_TICK = 500, 10


class Listeners:
    """`keeper` is told of every socket; None: nobody keeps them."""

    def __init__(self, settings: SocketSettings, keeper: Keeping | None) -> None:
        self.keeper = keeper
        self._settings = settings
        self._begun = 0
        self._later: dict[str, socket.socket] = {}  # by their own names: what the keeper has still to get

    @property
    def keeps_later(self) -> bool:
        return bool(self._later)

    def begin(self, site: str) -> socket.socket:
        """The first socket of a site, of which nobody has kept any. Whoever is killed before the keeper has it leaves
        only who waits in it: another one is opened then. Raises OSError.
        """
        self._begun += 1
        if self._begun <= AT_ONCE:
            return self.open(site, former=None)
        listener = make(self._settings, site)
        self._later[name_of(listener)] = listener
        put_in_place(self._settings, listener)
        return listener

    def keep_some(self) -> None:
        for name in list(self._later)[:AT_A_TICK]:
            listener = self._later.pop(name)
            if self.keeper:
                self.keeper.keep(name, listener)

    def open(self, site: str, *, former: socket.socket | None) -> socket.socket:
        """A new socket of the site, in place of the `former` one. The keeper has it before: whoever is killed between
        loses no site. Raises OSError.
        """
        listener = make(self._settings, site, former=former)
        self.take(listener, kept=False)
        return listener

    def take(self, listener: socket.socket, *, kept: bool) -> None:
        """One that is there already."""
        if not kept and self.keeper:
            self.keeper.keep(name_of(listener), listener)
        put_in_place(self._settings, listener)

    def close(self, listener: socket.socket) -> None:
        self._later.pop(name_of(listener), None)
        if self.keeper:
            self.keeper.drop(name_of(listener))
        listener.close()
