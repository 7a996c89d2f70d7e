"""The holder's parent: keeps every listening socket while the holder dies or is replaced. It does nothing else.

So `kill -9` of the holder closes no socket and loses no connection that waits in one: the next holder gets them back.
"""

import logging
import signal
import socket
import sys
import time
from pathlib import Path

from panggon.drivers.system import shell
from panggon.node.sockets.listening import channel
from panggon.node.sockets.settings import SocketSettings

PAUSE_SECONDS = (0.1, 10.0)
# A holder that lives this long did not fail at its start.
SOUND_SECONDS = 5.0
# Exit status of a holder that must not run on this machine (sysexits.h, EX_CONFIG).
REFUSED = 78

log = logging.getLogger(__name__)


class Keeper:
    def __init__(self, settings: SocketSettings, config: Path) -> None:
        self._settings = settings
        self._config = config
        self._listeners: dict[str, socket.socket] = {}
        self._ending = False
        self._child: shell.Process | None = None

    def run(self) -> int:
        """Until SIGTERM, or until the holder ends by intent (told to, refused, or handed everything over)."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._end())
        signal.signal(signal.SIGHUP, lambda *_: self._send(signal.SIGKILL))
        shortest, longest = PAUSE_SECONDS
        pause = shortest
        while True:
            began, asked = time.monotonic(), self._ending
            code = self._one_holder()
            if code == REFUSED and not self._listeners:
                log.error("the holder must not run here; why stands in %s", self._settings.logs / "sockets.log")
                return code
            if code == 0 or asked:
                return code
            pause = shortest if time.monotonic() - began >= SOUND_SECONDS else min(pause * 2, longest)
            log.warning("the holder ended with %s, starting another in %.1f s", code, pause)
            time.sleep(0 if self._ending else pause)

    def _end(self) -> None:
        self._ending = True
        self._send(signal.SIGTERM)

    def _send(self, number: signal.Signals) -> None:
        if self._child:
            self._child.send(number)

    def _one_holder(self) -> int:
        """Run a holder to its end; its exit code. One that is started while all is ending only cleans up."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours:
            with theirs:
                argv = [sys.executable, "-m", "panggon.node.sockets", "--config", str(self._config)]
                argv += ["--keeper", str(theirs.fileno()), *(["--end"] if self._ending else [])]
                log_file = self._settings.logs / "sockets.log"
                self._child = shell.start(argv, log=log_file, pass_fds=[theirs.fileno()])
            try:
                channel.send_all(ours, self._listeners)
                while self._keep(*channel.receive(ours)):
                    pass
            except OSError as error:
                log.warning("the holder's channel broke: %s", error)
        return self._child.popen.wait()

    def _keep(self, word: str, name: str, listener: socket.socket | None) -> bool:
        former = self._listeners.pop(name, None) if word in (channel.KEEP, channel.DROP) else None
        if former:
            former.close()
        if listener:
            self._listeners[name] = listener
        return bool(word)
