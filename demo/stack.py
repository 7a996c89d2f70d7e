"""Everything that the demonstration runs, in one supervised list: the office's servers, the machine's, the agent.

`python -m demo.stack` brings it up, says so line by line, and stops it all on SIGTERM or Ctrl-C.
"""

import os
import pwd
import signal
import socket
import sys
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from demo import postgres
from demo.layout import NODE, OFFICE_USER, REPOSITORY, Layout, is_root, load
from demo.settings import portal_environment, write_node_config
from panggon.core.errors import PanggonError
from panggon.node.layout import Listener
from panggon.node.servers import Server
from panggon.node.supervision.services import Service, Supervisor

BINARIES = REPOSITORY / ".venv" / "bin"


def services(layout: Layout, *, simulation: bool) -> list[Service]:
    """In the order of starting. The machine's servers take as long as the office's, so both start side by side."""
    office = [Service(*served) for served in (_postgres(layout), *_portal(layout, simulation=simulation))]
    machine = [] if simulation else [Service(_machine(layout), early=True)]
    return [*office, *machine, Service(_agent(layout))]


def prepare(layout: Layout, *, simulation: bool) -> None:
    postgres.initialise(layout.state / "postgres")
    write_node_config(layout, simulation=simulation)
    for part in ("files", "mail"):
        (layout.office / part).mkdir(exist_ok=True)
    portal_environment(layout, simulation=simulation)  # makes the secret key
    if layout.office_user is not None:
        for path in (layout.office, *layout.office.rglob("*")):
            os.chown(path, OFFICE_USER, OFFICE_USER)


# ------------------------------------------------------------------------------------------------------------------

Served = tuple[Server, list[Listener]]


def _postgres(layout: Layout) -> Served:
    directory, port = layout.state / "postgres", layout.ports["postgres"]
    owner = pwd.getpwnam("postgres") if is_root() else None
    server = Server(
        name="postgresql",
        argv=tuple(postgres.command(directory, port)),
        log=layout.logs / "postgresql.log",
        ready=lambda: postgres.answers(postgres.url(directory, port)),
        cwd=Path("/"),
        stop_signal=signal.SIGINT,
        user=owner.pw_uid if owner else None,
        group=owner.pw_gid if owner else None,
    )
    return server, [Listener(socket.SOCK_STREAM, "127.0.0.1", port)]


def _portal(layout: Layout, *, simulation: bool) -> list[Served]:
    environment = portal_environment(layout, simulation=simulation)

    def server(name: str, argv: tuple[str, ...], ready: Callable[[], bool]) -> Server:
        return Server(
            name=name,
            argv=argv,
            log=layout.logs / f"{name}.log",
            ready=ready,
            cwd=REPOSITORY,
            environment=environment,
            user=layout.office_user,
            group=layout.office_user,
        )

    panggon, pages, nodes = str(BINARIES / "panggon"), layout.ports["portal"], layout.ports["nodes"]
    code = () if layout.identity.exists() else (str(layout.enrol_code),)
    begin = (str(BINARIES / "python"), "-m", "demo.office", str(layout.accounts), str(pages), *code)
    return [
        (
            server("portal", begin, lambda: _answers(layout.portal_url + "/")),
            [Listener(socket.SOCK_STREAM, "127.0.0.1", pages)],
        ),
        (
            server("node-interface", (panggon, "serve", "--nodes", "--port", str(nodes)), lambda: _connects(nodes)),
            [Listener(socket.SOCK_STREAM, "127.0.0.1", nodes)],
        ),
        (server("worker", (panggon, "worker"), lambda: True), []),
    ]


def _machine(layout: Layout) -> Server:
    ports = [layout.ports[name] for name in ("https", "dns", "sftp")]
    return Server(
        name="machine",
        argv=(str(BINARIES / "panggon-node"), "--config", str(layout.node_config), "services", "run"),
        log=layout.logs / "machine.log",
        ready=lambda: all(map(_connects, ports)),
        cwd=REPOSITORY,
        stop_seconds=60,
    )


def _agent(layout: Layout) -> Server:
    begin = (str(layout.node_config), str(layout.identity), str(layout.enrol_code), layout.nodes_url, NODE)
    return Server(
        name="agent",
        argv=(str(BINARIES / "python"), "-m", "demo.agent", *begin),
        log=layout.logs / "agent.log",
        ready=lambda: True,
        cwd=REPOSITORY,
        stop_seconds=30,
    )


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _connects(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0


def main() -> int:
    layout = load(Path(sys.argv[1]))
    simulation = "--simulate" in sys.argv[2:]
    try:
        prepare(layout, simulation=simulation)
        parts = services(layout, simulation=simulation)
        Supervisor(parts, layout.state / "stack.json", tell=_tell).run()
    except (PanggonError, OSError, RuntimeError) as error:
        _tell(f"✗ {getattr(error, 'detail', '') or error}")
        return 1
    return 0


def _tell(words: str) -> None:
    """To the demonstration; when that was killed nobody reads, and the servers must still be stopped."""
    with suppress(BrokenPipeError):
        print(words, flush=True)


if __name__ == "__main__":
    sys.exit(main())
