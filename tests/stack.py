"""The demonstration's whole stack, real servers and all, in places of its own, for tests that need everything."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from demo import cleaning, layout, postgres
from demo.layout import REPOSITORY, Layout
from demo.people import Account
from tests import database
from tests.waiting import until

BASE = Path("/srv")  # sshd wants every parent of a chroot to be root's, and database servers run as other users
SECONDS_TO_START = 300
SECONDS_TO_STOP = 300


@dataclass
class Stack:
    """A running stack: where it keeps its things, who may sign in, and the supervisor that started it."""

    layout: Layout
    accounts: dict[str, Account]  # by role
    process: subprocess.Popen[bytes]

    @property
    def portal(self) -> str:
        return self.layout.portal_url

    @property
    def ports(self) -> dict[str, int]:
        return self.layout.ports

    def execute(self, statement: LiteralString, *values: Any) -> None:
        """In the portal's own database: for what else only days would bring about."""
        with psycopg.connect(postgres.url(self.layout.state / "postgres", self.ports["postgres"])) as session:
            session.execute(statement, values)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Nothing of it runs meanwhile; whoever was signed in still is afterwards."""
        _stop(self.process)
        yield
        self.process = _start(self.layout, simulate=False)
        _await_ready(self.layout, self.process)

    @contextmanager
    def deaf_worker(self) -> Iterator[None]:
        """One of nginx' workers answers nobody meanwhile; a change waits for it for five seconds."""
        rows = json.loads((self.layout.run / "services.json").read_text())
        nginx = next(row["pid"] for row in rows if row["name"] == "nginx")
        pid = int(Path(f"/proc/{nginx}/task/{nginx}/children").read_text().split()[0])
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)


@contextmanager
def running_stack(name: str, *, first_site: int, simulate: bool = False) -> Iterator[Stack]:
    """Office, machine and agent below `/srv/panggon-test-<name>`; nothing of it is left afterwards.

    `first_site` must leave 10,000 numbers that no other stack of this machine uses.
    """
    base = BASE / f"panggon-test-{name}"
    state, hosting = base / "var", base / "hosting"
    cleaning.remove(state, hosting=hosting, first_site=first_site)  # of a run that was killed
    base.mkdir(exist_ok=True)
    places = layout.prepare(state=state, hosting=hosting, first_site=first_site)
    database.copied_to(state / "postgres")
    stack = Stack(places, {}, _start(places, simulate=simulate))
    try:
        _await_ready(places, stack.process)
        stack.accounts = _accounts(places)
        yield stack
    finally:
        _stop(stack.process)
        cleaning.remove(state, hosting=hosting, first_site=first_site)
        base.rmdir()


def _start(places: Layout, *, simulate: bool) -> "subprocess.Popen[bytes]":
    options = ["--simulate"] if simulate else []
    # When the tests are killed, the stack is told to stop as well.
    argv = ["setpriv", "--pdeathsig", "TERM", sys.executable, "-m", "demo.stack", str(places.state), *options]
    with _said(places).open("wb") as said:
        return subprocess.Popen(argv, stdout=said, stderr=said, cwd=REPOSITORY, start_new_session=True)


def _said(places: Layout) -> Path:
    return places.logs / "stack.log"


def _await_ready(places: Layout, process: "subprocess.Popen[bytes]") -> None:
    def said() -> str:
        return _said(places).read_text()

    until(lambda: "agent siap" in said() or process.poll() is not None, "the stack starts", seconds=SECONDS_TO_START)
    if process.poll() is not None:
        raise RuntimeError(f"the stack did not start\n{said()}")


def _accounts(places: Layout) -> dict[str, Account]:
    return {role: Account(**account) for role, account in json.loads(places.accounts.read_text()).items()}


def _stop(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    until(lambda: process.poll() is not None, "the stack stops", seconds=SECONDS_TO_STOP)
