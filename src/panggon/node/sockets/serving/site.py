"""One site's socket and what answers on it: asleep, awake, ending, or waiting after a failure. Time is an argument."""

import logging
import select
import socket
import time
from collections.abc import Callable, Set
from contextlib import suppress

from panggon.core.errors import PanggonError
from panggon.node.sockets.guards.asleep import meter
from panggon.node.sockets.quota.full import Full
from panggon.node.sockets.quota.usage import Meter
from panggon.node.sockets.sandboxes import sandbox, starting
from panggon.node.sockets.sandboxes.adopting import adopt
from panggon.node.sockets.sandboxes.former import Former
from panggon.node.sockets.sandboxes.launch import Launch, keeps_entrance, launch, request_seconds
from panggon.node.sockets.sandboxes.sandbox import Machine, Sandbox
from panggon.node.sockets.served import Description, Served, described

# The program kills requests itself when their time is over; the holder kills everything a little later.
GRACE_SECONDS = 3.0
# A sandbox that lives this long was not a failed start.
SOUND_SECONDS = 10.0
PAUSE_SECONDS = (1.0, 60.0)
# Who is awake for so long and has no visitor may make room for another; who finds none is tried again after so long.
IDLE_SECONDS = 1.0
ROOM_SECONDS = 0.25
# One that stays although nobody visits it is looked at so often only: there may be many.
RESTING_SECONDS = 2.0
# From so many failures in a row on, visitors are told at once instead of waiting for the next try.
FAILURES_TO_WAIT_FOR = 3
# What runs of a site that stores too much may go on storing for this long.
FULL_SECONDS = 2.0

log = logging.getLogger(__name__)


class Site:
    """Times are seconds of a monotonic clock."""

    def __init__(
        self,
        machine: Machine,
        served: Served,
        listener: socket.socket,
        full: Full,
        *,
        groups: Set[str],
        now: float,
    ) -> None:
        """`groups` are all control groups that there are."""
        self.machine = machine
        self._full = full
        self.served = served
        self.listener = listener
        self.sandbox, former = adopt(machine, served.site, served.kind, listener, there=groups)
        self.former = [Former(each, now, now + self._longest) for each in former]
        self.failures = 0
        self._started = self._worked = self._looked = now
        self._compared = now - self._number % machine.settings.update_seconds  # not all adopted ones at once
        self._wake_after = 0.0
        self._end_by: float | None = None
        self._leave_by: float | None = None
        self._when_asleep: list[Callable[[], None]] = []
        self._when_gone: list[Callable[[], None]] = []
        self._meter: Meter | None = None

    @property
    def waiting(self) -> bool:
        """Whether anything is to be done at a later tick."""
        return self.awake or self._wake_after > 0 or self._leave_by is not None

    @property
    def awake(self) -> bool:
        """Whether any of its programs run."""
        return self.sandbox is not None or bool(self.former)

    def is_due(self, now: float) -> bool:
        """Whether it is to be looked at now."""
        return not self.rests(now) or now - self._looked >= RESTING_SECONDS

    def rests(self, now: float) -> bool:
        """Whether nobody has visited it for long."""
        long = now - self._worked >= self.machine.settings.idle_seconds
        return long and self.stays_awake and not self.former and self._leave_by is None

    def listens(self, now: float) -> bool:
        """Whether a new connection is the holder's business: nobody else answers it, and no pause holds it back."""
        return self.sandbox is None and now >= self._wake_after

    def idle_since(self, now: float) -> tuple[float, float] | None:
        """Since when it has done nothing, and when it woke; None where somebody is there, or that is about to be so."""
        if self.sandbox is None or self._end_by is not None or now - self._started < IDLE_SECONDS:
            return None
        return None if self.sandbox.visited else (self._worked, self._started)

    @property
    def stays_awake(self) -> bool:
        return self.sandbox is not None and self._end_by is None

    @property
    def ending(self) -> bool:
        """Whether what answers takes nobody in any more: who waits in its socket is the next one's."""
        return self.sandbox is not None and self._end_by is not None

    def lets_in(self, now: float) -> bool:
        """Whether somebody waits in the socket of this site, which goes, who is to be answered still."""
        going = self._leave_by is not None and now < self._leave_by
        return going and not self._fails_again_and_again and _is_readable(self.listener)

    def turns_away(self, now: float) -> bool:
        """Whether somebody waits in its socket who is to be told at once that it does not answer. He is when the socket
        is closed, and another one has taken its place: never taken in by the holder, who would stand there for as long
        as the site likes if a program of it, which has the socket, too, takes him first (accept(2)).
        """
        pauses = self.sandbox is None and now < self._wake_after and self._leave_by is None
        return pauses and self._fails_again_and_again and _is_readable(self.listener)

    @property
    def _fails_again_and_again(self) -> bool:
        return self.failures >= FAILURES_TO_WAIT_FOR

    def hold_back(self, now: float) -> None:
        """It cannot wake now; whoever knocks waits."""
        self._wake_after = now + ROOM_SECONDS

    def wake(self, now: float) -> None:
        """Start the sandbox; a start that cannot be is a failure like an early end."""
        self._started = self._worked = self._compared = now
        self._wake_after = 0.0
        self._end_by = None
        try:
            description, wanted = self._wanted()
            self.sandbox = self._begin(description, wanted, now)
            self.machine.lanes.started(self.sandbox.group, number=self._number, now=now)
            if not keeps_entrance(self.machine.settings, self.served.site, description, wanted):
                self.end(now)
        except (OSError, ValueError, PanggonError) as error:
            log.warning("%s: cannot start: %s", self.served.site, error)
            self._failed(now)

    def expect(self, now: float) -> bool:
        """That it will be woken. False where it cannot be."""
        with suppress(OSError, ValueError, PanggonError):
            self.machine.spares.expect(self._wanted()[1], now)
            return True
        return False

    def _begin(self, description: Description, wanted: Launch, now: float) -> Sandbox:
        """By a spare, if there is one for it. Whoever has just failed is started without: the spare may be why."""
        what = (self.machine, self.served.site, description, wanted, self.listener)
        if spare := None if self.failures else self.machine.spares.take(wanted, now):
            try:
                return starting.use(*what, group=self._free_group, spare=spare)
            except (OSError, PanggonError) as error:
                log.warning("%s: no spare became it: %s", self.served.site, error)
                spare.close()
        return starting.start(*what, group=self._free_group)

    def tick(self, now: float, *, patience: float) -> None:
        """Ask a sandbox to end that has been idle for longer than this; kill one that does not end in time."""
        self._looked = now
        if self._leave_by is not None:
            self._go(now)
        for former in self.former:
            former.tick(now)
        for each in self._sandboxes:  # one that nobody visits may compute all the same
            self.machine.lanes.look(each.group, number=self._number, now=now)
        if self.sandbox is None:
            self._wake_after = 0.0 if self.listens(now) else self._wake_after
        elif self._end_by is None:
            if self.sandbox.working:
                self._worked = now
            elif now - self._worked >= patience:
                self.end(now)
        elif now >= self._end_by:
            log.warning("%s: did not end in time, killing it", self.served.site)
            self.sandbox.kill()
        else:
            self.sandbox.ask_to_end()

    def count(self, until: float) -> None:
        """Count what the site stores, until this time; a site that is over its bounds, or no more, starts anew."""
        if self.sandbox is None or self._end_by is not None:
            return
        with suppress(OSError, ValueError, PanggonError):  # its description is gone or broken: others see to that
            self._meter = self._meter or meter(self.machine, self.served.site, known=self._full.of(self.served.site))
            before = self._full.of(self.served.site)
            excess = self._meter.count(until, time.monotonic) if self._meter else None
            if excess is None or excess is before:
                return
            self._full.set(self.served.site, excess)
            if excess:
                sandbox.end_others(self.machine, self.served.site, but=self.sandbox)
            if excess and before:
                return  # its programs store nothing any more
            self.end(time.monotonic())
            self._end_by = time.monotonic() + FULL_SECONDS if excess else self._end_by

    def end(self, now: float, then: Callable[[], None] | None = None, *, seconds: float | None = None) -> None:
        """Let the sandbox end after its running requests, which get so many seconds (None: those of the settings);
        `then` is called when it is gone, at once if none runs.
        """
        if self.sandbox is None:
            if then:
                then()
            return
        if then:
            self._when_asleep.append(then)
        if self._end_by is None:
            given = self.machine.settings.stop_seconds if seconds is None else seconds
            self._end_by = now + given + GRACE_SECONDS
        self.sandbox.ask_to_end()

    def leave(self, now: float, then: Callable[[], None], *, seconds: float) -> None:
        """As `end_all`, once nobody waits in its socket, whose name is gone, whom nothing has taken in."""
        self._when_gone.append(then)
        self._leave_by = now + seconds
        self._go(now)

    def _go(self, now: float) -> None:
        if self._leave_by is not None and not self.lets_in(now):
            self.end_all(now, seconds=max(0.0, self._leave_by - now))
            self._tell(now)

    def end_all(self, now: float, *, seconds: float) -> None:
        """As `end`, of all that runs, the former sandboxes among it."""
        for former in self.former:
            former.end(now + seconds + GRACE_SECONDS)
        self.end(now, seconds=seconds)

    def kill(self, now: float, then: Callable[[], None]) -> None:
        """End all at once, whatever runs; `then` as of `leave`."""
        self._when_gone.append(then)
        self._end_by = now if self.sandbox else None
        self._leave_by = None
        for each in self._sandboxes:
            each.kill()
        self._tell(now)

    def is_outdated(self, now: float) -> bool:
        """Whether what answers is no longer what lies on the disk (an update); looked at once in a while."""
        if self.sandbox is None or self._end_by is not None or self.former:  # one after the other
            return False
        if now - self._compared < self.machine.settings.update_seconds:
            return False
        self._compared = now
        return self.sandbox.outdated

    @property
    def replaceable(self) -> bool:
        """Whether there may be one sandbox more."""
        return len(self.former) + 1 < len(sandbox.groups_of(self.machine, self.served.site))

    def replace(self, listener: socket.socket, now: float) -> None:
        """Answer on this socket from now on, with a sandbox of its own; the one that ran finishes what it began."""
        if self.sandbox:
            self.former.append(Former(self.sandbox, now, now + self._longest))
        self.listener, self.sandbox, self._end_by = listener, None, None

    @property
    def request_seconds(self) -> float | None:
        """How long a request of the site may take; None where nothing says so any more."""
        with suppress(OSError, ValueError, PanggonError):
            return request_seconds(described(self.machine.settings, self.served.site))
        return None

    def ended(self, now: float) -> None:
        """The sandbox's process is gone."""
        if self.sandbox:
            self.sandbox.clean_up()
            self.machine.lanes.ended(self.sandbox.group, by_itself=self._end_by is None, now=now)
        self.sandbox = None
        if self._end_by is None:
            log.warning("%s: ended by itself", self.served.site)
            self._failed(now)
        elif now - self._started >= SOUND_SECONDS:
            self.failures = 0
        self._end_by = None
        self._tell(now)

    def former_ended(self, former: Former, now: float) -> None:
        """Its process is gone."""
        former.sandbox.clean_up()
        self.machine.lanes.ended(former.sandbox.group, by_itself=False, now=now)
        self.former.remove(former)
        self._tell(now)

    def serve(self, served: Served) -> bool:
        """Take over what is wished now; True when the sandbox that runs was started with something else.

        Raises ValueError when the site has no description.
        """
        self.served, self._meter = served, None
        self.failures, self._wake_after = 0, 0.0
        return self.sandbox is not None and self.sandbox.fingerprint != self._wanted()[1].fingerprint

    def _tell(self, now: float) -> None:
        """Whoever waits for what has happened by now."""
        due: list[Callable[[], None]] = []
        if self.sandbox is None:
            due, self._when_asleep = self._when_asleep, []
        if not self.awake and not self.lets_in(now):
            due, self._when_gone = [*due, *self._when_gone], []
        for then in due:
            then()

    @property
    def _sandboxes(self) -> tuple[Sandbox, ...]:
        return (*([self.sandbox] if self.sandbox else []), *(former.sandbox for former in self.former))

    @property
    def _number(self) -> int:
        return int(self.served.site[1:])

    @property
    def _free_group(self) -> str:
        taken = {former.sandbox.group for former in self.former}
        return next(group for group in sandbox.groups_of(self.machine, self.served.site) if group not in taken)

    @property
    def _longest(self) -> float:
        """Seconds that what was let in before may take."""
        return (self.request_seconds or 0) + GRACE_SECONDS

    def _wanted(self) -> tuple[Description, Launch]:
        description = described(self.machine.settings, self.served.site)
        return description, launch(self.machine.settings, self.served, description, self.machine.shields)

    def _failed(self, now: float) -> None:
        sound = now - self._started >= SOUND_SECONDS
        self.failures = 0 if sound else self.failures + 1
        shortest, longest = PAUSE_SECONDS
        self._wake_after = 0.0 if sound else now + min(longest, shortest * 2 ** min(self.failures - 1, 10))


def _is_readable(listener: socket.socket) -> bool:
    """Whether somebody waits in it; in one that a program of the site has shut nobody does (POLLRDHUP, POLLHUP)."""
    waiting = select.poll()
    waiting.register(listener, select.POLLIN | select.POLLRDHUP)
    return waiting.poll(0) == [(listener.fileno(), select.POLLIN)]
