"""One fault by chance, and the attempt that meets it."""

import errno
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from panggon.core.errors import PanggonError
from panggon.core.node.planning.resources import Kind
from panggon.core.sites.spec import SiteSpec
from panggon.drivers.system import asking, processes
from tests.crash import deaf
from tests.crash.attempts import Attempt, Ended, Fault, Moments
from tests.crash.mischief import MEDDLINGS, Failing, Lying, Meddled, Meddling, Refuted, Unheard
from tests.faults.machine import Machine, kill

NONE = Fault(Moments.ENTRIES)
# Whoever serves: the servers, one worker of nginx, and what runs the site's own programs.
SERVERS = ("nginx", "worker", "mariadb", "postgresql", "knot", "sshd", "holder", "sockets", "programs")
# Only its owner can bring a lost password back, and no plan knows of a name before a pass of the drift has found it.
MENDABLE = [name for name in MEDDLINGS if name not in ("database.ini empty", "one name more")]
# More moments than any step has are looked at, so some faults come too late; those count as tries without one.
MOMENTS = {Moments.ENTRIES: 40, Moments.CALLS: 250, Moments.WRITES: 40}
MOMENTS_BACK = {Moments.ENTRIES: 24, Moments.CALLS: 80}

Chance = tuple[str, Callable[[], Ended]]


@dataclass(frozen=True, slots=True)
class Chances:
    machine: Machine
    random: random.Random

    def of(self, attempt: Attempt, spec: SiteSpec) -> Chance:
        """What it is, and how it ends. The first word of its name is its kind."""
        kinds = (
            self._killed,
            self._killed_again,
            self._killed_going_back,
            self._no_room,
            self._failing,
            self._lying,
            self._meddled_before,
            self._meddled_within,
            self._struck_server,
            self._deaf,
            *([self._away] if self.machine.beside else []),
        )
        return self.random.choice(kinds)(attempt, spec)

    def _killed(self, attempt: Attempt, spec: SiteSpec) -> Chance:
        fault = killed_somewhere(self.random)
        return f"killed: {fault.moments} {fault.number}", lambda: attempt.apply(spec, fault)

    def _killed_again(self, attempt: Attempt, spec: SiteSpec) -> Chance:
        """And so is the next start, while it brings the run to its end."""
        first, second = killed_somewhere(self.random), killed_somewhere(self.random)

        def act() -> Ended:
            ended = attempt.apply(spec, first)
            return attempt.resume(spec, second) if ended.word == "killed" else ended

        return f"killed twice: {first.moments} {first.number}, {second.moments} {second.number}", act

    def _killed_going_back(self, attempt: Attempt, spec: SiteSpec) -> Chance:
        kind, late = self.random.choice(list(Kind)), self.random.random() < 0.5
        refused = Failing(kind, "write", 1, permanent=True, late=late)
        obstacle = self.random.choice((Refuted(kind), refused))
        moments = self.random.choice((Moments.ENTRIES, Moments.CALLS))
        at = self.random.randrange(MOMENTS_BACK[moments])
        return (
            f"killed going back: {moments} {at} from {obstacle}",
            lambda: replace(attempt, around=obstacle).apply(spec, Fault(moments, at, back=True)),
        )

    def _no_room(self, attempt: Attempt, spec: SiteSpec) -> Chance:
        fault = no_room_somewhere(self.random)
        return f"disk {errno.errorcode[fault.error]}: {fault.number}", lambda: attempt.apply(spec, fault)

    def _failing(self, attempt: Attempt, spec: SiteSpec) -> Chance:
        failing = Failing(
            self.random.choice(list(Kind)),
            self.random.choice(("read", "write", "probe")),
            self.random.choice((1, 2, 3, 99)),
            permanent=self.random.random() < 0.4,
            late=self.random.random() < 0.5,
        )
        return f"driver fails: {failing}", lambda: replace(attempt, around=failing).apply(spec, NONE)

    def _lying(self, attempt: Attempt, spec: SiteSpec) -> Chance:
        kind = self.random.choice(list(Kind))
        return f"driver lies: {kind}", lambda: replace(attempt, around=Lying(kind)).apply(spec, NONE)

    def _meddled_before(self, attempt: Attempt, spec: SiteSpec) -> Chance:
        meddling = Meddling(self.machine, spec, self.random.choice(MENDABLE))
        return f"meddled before: {meddling.name}", lambda: replace(attempt, between=meddling).apply(spec, NONE)

    def _meddled_within(self, attempt: Attempt, spec: SiteSpec) -> Chance:
        kind = self.random.choice(list(Kind))
        meddling = Meddling(self.machine, spec, self.random.choice(MENDABLE))
        return (
            f"meddled within: {meddling.name} after {kind}",
            lambda: replace(attempt, around=Meddled(kind, meddling)).apply(spec, NONE),
        )

    def _struck_server(self, attempt: Attempt, spec: SiteSpec) -> Chance:
        server = self.random.choice((*SERVERS, *self.machine.beside))
        freeze = server in self.machine.beside or self.random.random() < 0.3  # nobody starts those again
        after = self.random.uniform(0, 1)
        return (
            f"server {'frozen' if freeze else 'killed'}: {server}",
            lambda: self._beside(attempt, spec, server, after, freeze=freeze),
        )

    def _away(self, attempt: Attempt, spec: SiteSpec) -> Chance:
        """The ACME server, or the secondary DNS server, says nothing the whole time."""
        name = self.random.choice(list(self.machine.beside))

        def act() -> Ended:
            with _frozen(self.machine.beside[name]):
                return attempt.apply(spec, NONE)

        return f"server away: {name}", act

    def _deaf(self, attempt: Attempt, spec: SiteSpec) -> Chance:
        """Nginx does not hear the agent, one of its workers does not, or the agent says nothing."""
        who = self.random.choice(("all", "0", "1", "agent"))
        if who == "agent":
            return "deaf: agent", lambda: replace(attempt, around=Unheard()).apply(spec, NONE)
        return f"deaf: {who}", lambda: self._unheard(attempt, spec, who)

    def _unheard(self, attempt: Attempt, spec: SiteSpec, who: str) -> Ended:
        place = deaf.who(self.machine.layout.state.parent / "deaf")
        place.write_text(who)
        try:
            return attempt.apply(spec, NONE)
        finally:
            place.unlink()

    def _beside(self, attempt: Attempt, spec: SiteSpec, server: str, after: float, *, freeze: bool) -> Ended:
        with self._struck(spec, server, after, freeze=freeze):
            return attempt.apply(spec, NONE)

    @contextmanager
    def _struck(self, spec: SiteSpec, server: str, after: float, *, freeze: bool) -> Iterator[None]:
        """The server is killed, or hangs for a second, while the block runs."""

        def strike() -> None:
            pid = self._process(spec, server)
            if pid and freeze:
                with suppress(ProcessLookupError), _frozen(pid):
                    time.sleep(1)
            elif pid:
                kill(pid)

        timer = threading.Timer(after, strike)
        timer.start()
        try:
            yield
        finally:
            timer.join()

    def _process(self, spec: SiteSpec, server: str) -> int:
        """0 where it does not run now."""
        servers = {**self.machine.servers(), **self.machine.beside}
        if server == "worker":
            return next(iter(self.random.sample(processes.children(servers.get("nginx", 0)), 1)), 0)
        if server != "programs":
            return servers.get(server, 0)
        control, request = self.machine.layout.run / "sockets.sock", {"do": "show", "site": spec.site}
        try:
            answer = asking.ask(control, silent="holder", seconds=30, request=request)
        except PanggonError:
            return 0
        return int((answer["serving"] or {}).get("process") or 0)


def killed_somewhere(chance: random.Random) -> Fault:
    moments = chance.choice(list(Moments))
    return Fault(moments, chance.randrange(MOMENTS[moments]))


def no_room_somewhere(chance: random.Random) -> Fault:
    at, error = chance.randrange(MOMENTS[Moments.WRITES]), chance.choice((errno.ENOSPC, errno.EROFS))
    return Fault(Moments.WRITES, at, error)


def struck_somewhere(chance: random.Random) -> Fault:
    """One of the two."""
    return chance.choice((killed_somewhere, no_room_somewhere))(chance)


@contextmanager
def _frozen(pid: int) -> Iterator[None]:
    """Raises ProcessLookupError where there is none."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
