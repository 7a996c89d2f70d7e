"""What each server of this machine is asked, to learn whether it answers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from panggon.core.errors import TemporaryError
from panggon.core.sites.spec import Engine
from panggon.drivers.ssh import knocking
from panggon.drivers.system import asking
from panggon.drivers.zones import zone
from panggon.node import layout, wiring
from panggon.node.daemons import alive, control
from panggon.node.settings.config import NodeConfig

NO_SITE = "s000000"
ANSWER_SECONDS = 3.0  # for a server that is only asked whether it answers
OWNER_SECONDS = 20.0  # for one of the node's own, which may be busy with all sites


@dataclass(frozen=True, slots=True)
class Question:
    """Something small for a server, which raises a PanggonError where that does not answer. `server` is its name, ""
    where it is another machine's; `waits` says what does not go on meanwhile.
    """

    server: str
    ask: Callable[[], object]
    waits: str = "situs tidak dapat diubah"


def questions(config: NodeConfig) -> tuple[Question, ...]:
    """For each server but nginx, whose workers are asked one by one, and `renewal`, which says when it looked last."""
    run = config.services.run
    return (*_of_databases(config), *_of_names(config), *(each for each in _of_own(config) if each.server in run))


def _of_databases(config: NodeConfig) -> Iterator[Question]:
    if set(Engine) & set(config.services.run):
        for engine, database_server in wiring.database_servers(config).items():
            yield Question(engine.value, partial(database_server.sessions, NO_SITE))


def _of_names(config: NodeConfig) -> Iterator[Question]:
    """Also where all of them are others': no change is done without them."""
    own = config.dns.servers[0] if "knot" in config.services.run else None
    for each in config.dns.servers:
        server = zone.Server(each.address, each.port)
        ask = partial(wiring.ask_for_the_zone, config, server, seconds=ANSWER_SECONDS)
        yield Question("knot" if each is own else "", ask)


def _of_own(config: NodeConfig) -> tuple[Question, ...]:
    """Those that nobody but sites, owners and the agent asks."""
    holder, scheduled = layout.socket_settings(config).control, layout.task_settings(config).control
    databases, logs = layout.databases_control(config), layout.log_settings(config).alive
    return (
        Question(
            "sockets",
            partial(_ask_owner, holder, "runtime.holder"),
            "situs yang tidur tidak dapat bangun, dan situs tidak dapat diubah",
        ),
        Question(
            "sshd", partial(_knock, config.sftp.port), "pemilik situs tidak dapat masuk, dan situs tidak dapat diubah"
        ),
        Question(
            "tasks",
            partial(_ask_owner, scheduled, "tasks.owner"),
            "tugas terjadwal tidak dijalankan, dan situs tidak dapat diubah",
        ),
        Question(
            "databases",
            partial(_ask_owner, databases, "database.owner"),
            "basis data situs tidak dibatasi, dan salinannya tidak dibuat",
        ),
        Question("logs", partial(_await_beat, logs), "log situs tidak bertambah, dan log mesin tidak dibatasi"),
    )


def _ask_owner(socket: Path, silent: str) -> None:
    asking.ask(socket, silent=silent, seconds=OWNER_SECONDS, request=control.ANSWER)


def _knock(port: int) -> None:
    with knocking.knocked(port) as line:
        if line is None or not knocking.is_answered(line):
            raise TemporaryError("sftp.silent", f"Server SFTP tidak menjawab di port {port}")


def _await_beat(record: Path) -> None:
    if not alive.beats(record, seconds=OWNER_SECONDS):
        raise TemporaryError("logs.silent", "Pengurus log di mesin ini tidak bekerja")
