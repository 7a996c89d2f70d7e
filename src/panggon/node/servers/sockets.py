"""The holder of the sites' sockets, as one more server of the machine."""

import sys
from pathlib import Path

from panggon.core.errors import PanggonError
from panggon.drivers import files
from panggon.drivers.runtime import ask
from panggon.node.servers import Server
from panggon.node.sockets.settings import SocketSettings
from panggon.node.sockets.site import GRACE_SECONDS


def prepare(settings: SocketSettings, configuration: Path) -> None:
    for directory in (settings.root, settings.run, settings.logs, configuration.parent):
        files.directory(directory)
    settings.save(configuration)


def proof_page(settings: SocketSettings, *, sandboxed: bool) -> str:
    """The path of the node's PHP page as PHP sees it, for nginx."""
    return "/panggon/proof.php" if sandboxed else str(settings.pages / "proof.php")


def server(settings: SocketSettings, configuration: Path) -> Server:
    """Its end is the end of every sandbox; one that is killed instead leaves them all running for the next."""
    return Server(
        name="sockets",
        argv=(sys.executable, "-m", "panggon.node.sockets", "--config", str(configuration)),
        log=settings.logs / "sockets.log",
        ready=lambda: _answers(settings.control),
        stop_seconds=settings.stop_seconds + GRACE_SECONDS + 5,
    )


def _answers(control: Path) -> bool:
    try:
        ask(control, do="list")
    except PanggonError:
        return False
    return True
