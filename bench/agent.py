"""What the agent itself takes with the sites that are there: how soon it asks for a wish, and while none comes."""

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bench.machine import Machine
from bench.memory import proportional
from bench.serving import cpu_seconds
from panggon.node.agent import identity
from panggon.node.agent.identity import Identity

WAIT_SECONDS = 15.0
PATIENCE_SECONDS = 60.0
IDLE_SECONDS = 120.0


@dataclass(frozen=True)
class AgentFigures:
    """`started`: seconds until it asks for a wish; `idle`: the share of one processor while none comes, with the looks
    at a few sites (drift) and the visits to some of them in it, and of `servers` what each takes meanwhile; MiB.
    """

    started: float
    idle: float
    servers: dict[str, float]
    visits: int
    mebibytes: float


class _Portal(ThreadingHTTPServer):
    """One that never has a wish; `asked` is released at each question for one. `visits` are those it was told of."""

    daemon_threads = True
    visits = 0

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.asked = threading.Semaphore(0)


class _Answer(BaseHTTPRequestHandler):
    server: _Portal

    def do_GET(self) -> None:
        self.server.asked.release()
        time.sleep(WAIT_SECONDS)
        self._nothing()

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        self.server.visits += len(said.get("visits", ()))
        self._nothing()

    def _nothing(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Not among the figures."""


def figures(machine: Machine) -> AgentFigures:
    """From its start until long after its third question: before, it has not looked at any site. The first visits come
    after half a minute (`node.visiting`).
    """
    with _portal() as portal:
        me = Identity(f"http://127.0.0.1:{portal.server_port}", 1, "bench")
        identity.save(machine.config.paths.state, me)
        began = time.perf_counter()
        argv = [*machine.command, "run"]
        process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _await(portal)
            started = time.perf_counter() - began
            _await(portal)
            _await(portal)
            watched, visits = {"agent": process.pid, **machine.servers()}, portal.visits
            used, since = {name: cpu_seconds(pid) for name, pid in watched.items()}, time.perf_counter()
            time.sleep(IDLE_SECONDS)
            took = time.perf_counter() - since
            shares = {name: (cpu_seconds(pid) - used[name]) / took for name, pid in watched.items()}
            idle = shares.pop("agent")
            return AgentFigures(started, idle, shares, portal.visits - visits, proportional(process.pid))
        finally:
            process.terminate()
            process.wait()


def _await(portal: _Portal) -> None:
    if not portal.asked.acquire(timeout=PATIENCE_SECONDS):
        raise RuntimeError("the agent asks for no wish")


@contextmanager
def _portal() -> Iterator[_Portal]:
    with _Portal() as portal:
        thread = threading.Thread(target=portal.serve_forever, daemon=True)
        thread.start()
        try:
            yield portal
        finally:
            portal.shutdown()
