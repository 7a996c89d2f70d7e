"""A server's process that can be watched and ended, whether it is our child or was left by an earlier supervisor."""

import contextlib
import os
import select
import signal
from dataclasses import dataclass

from panggon.drivers.system import processes, shell
from panggon.node.servers import Server


@dataclass(slots=True)
class Running:
    """`started` in clock ticks since boot; `pidfd` becomes readable when the process ends."""

    pid: int
    started: int
    pidfd: int
    child: shell.Process | None = None

    def ended(self) -> bool:
        over = processes.ended(self.pidfd)
        if over and self.child:
            self.child.wait(seconds=5)  # reaps it
        return over

    def stop(self, number: signal.Signals, seconds: float) -> None:
        """Ask it to end, and end it with all of its session when it does not in time. Not to be used after this."""
        if not self.ended():
            processes.send(self.pid, number)
        self._wait(seconds)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._wait(5)
        self.ended()
        os.close(self.pidfd)

    def _wait(self, seconds: float) -> None:
        poll = select.poll()
        poll.register(self.pidfd, select.POLLIN)
        poll.poll(seconds * 1000)


def begin(server: Server) -> Running:
    child = shell.start(
        server.argv,
        log=server.log,
        cwd=server.cwd,
        environment=server.environment,
        user=server.user,
        group=server.group,
    )
    return Running(child.pid, processes.start_time(child.pid), os.pidfd_open(child.pid), child)


def find(pid: int, started: int) -> Running | None:
    """A process that somebody else started; None when exactly this one is gone."""
    pidfd = processes.open_pidfd(pid, started)
    return None if pidfd is None else Running(pid, started, pidfd)
