"""Running a server of the machine privately, for the length of a test."""

from collections.abc import Iterator
from contextlib import contextmanager

from panggon.drivers.system import shell
from panggon.node.servers import Server
from tests.waiting import until


@contextmanager
def running(server: Server, *, seconds: float = 60) -> Iterator[shell.Process]:
    process = shell.start(
        server.argv,
        log=server.log,
        cwd=server.cwd,
        environment=server.environment,
        user=server.user,
        group=server.group,
    )
    try:
        until(lambda: server.ready() or not process.running(), f"{server.name} is not ready", seconds=seconds)
        assert process.running(), server.log.read_text()
        yield process
    finally:
        process.send(server.stop_signal)
        ended = process.wait(seconds=server.stop_seconds)
        process.kill_session()
        assert ended, f"{server.name} did not stop on {server.stop_signal.name}"
