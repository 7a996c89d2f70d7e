"""The sockets of all sites, each of which somebody else has as well (`channel.Keeping`): so no death closes one."""

import socket

from panggon.node.sockets.listening.channel import Keeping
from panggon.node.sockets.listening.listener import make, name_of, put_in_place
from panggon.node.sockets.settings import SocketSettings


class Listeners:
    """`keeper` is told of every socket; None: nobody keeps them."""

    def __init__(self, settings: SocketSettings, keeper: Keeping | None) -> None:
        self.keeper = keeper
        self._settings = settings

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
        if self.keeper:
            self.keeper.drop(name_of(listener))
        listener.close()
