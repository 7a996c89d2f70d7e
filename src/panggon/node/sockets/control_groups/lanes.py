"""Programs that want all of their processor time go on, but not on everybody's processors.

A bound by the second lets a site take two processors for half of it, and who wakes meanwhile waits for a tick
(`core.node.sharing.lanes`). The rule is seen to by the group's own counts: how often it was held back, and how long it
has worked, because who waits for his own locks is everywhere without ever being held back.
"""

import os
from dataclasses import dataclass, field

from panggon.core.node.sharing.lanes import SECONDS, SPAN, lane, wants_much
from panggon.node import slices
from panggon.node.sockets.control_groups.groups import ControlGroups


@dataclass(slots=True)
class Lanes:
    """What was seen of groups, by name; times are seconds of a monotonic clock."""

    groups: ControlGroups
    _held_back: dict[str, int] = field(default_factory=dict)
    _worked: dict[str, tuple[float, float]] = field(default_factory=dict)  # when it was read, and how much it was
    _until: dict[str, float] = field(default_factory=dict)

    def look(self, name: str, *, number: int, now: float) -> None:
        """At a group of the site with this number that runs now."""
        if self._was_held_back(name) | self._worked_much(name, now):
            if name not in self._until:
                self.confine(name, number)
            self._until[name] = now + SECONDS
        elif name in self._until and now >= self._until[name]:
            del self._until[name]
            self.groups.confine(name, ())
            self.groups.set_slice(name, slices.USUAL)

    def _was_held_back(self, name: str) -> bool:
        count = self.groups.held_back(name)
        before, self._held_back[name] = self._held_back.get(name, count), count
        return count > before

    def _worked_much(self, name: str, now: float) -> bool:
        """Since it was asked for the last time that is long enough ago."""
        last = self._worked.get(name)
        if last and now - last[0] < SPAN:
            return False
        worked = self.groups.worked(name)
        self._worked[name] = now, worked
        if last is None:
            return False
        since, before = last
        return wants_much(worked - before, seconds=now - since, percent=self.groups.cpu_percent(name))

    def started(self, name: str, *, number: int, now: float) -> None:
        """Who was confined a moment ago still is."""
        if self._until.get(name, now) > now:
            self.confine(name, number)
        else:
            self._until.pop(name, None)

    def ended(self, name: str, *, by_itself: bool, now: float) -> None:
        """Who is killed for its memory, and begins anew, is never held back: it counts as wanting too much."""
        self._held_back.pop(name, None)
        self._worked.pop(name, None)
        if by_itself:
            self._until[name] = now + SECONDS

    def confine(self, name: str, number: int) -> None:
        """From now on, for as long as nobody lets it out. On the processors that it has left, and where there is only
        one, it gives way at once to whoever wakes.
        """
        if place := lane(number, self.groups.cpu_percent(name), os.sched_getaffinity(0)):
            self.groups.confine(name, place)
        self.groups.set_slice(name, slices.HEAVY)
