"""Programs that want more processor time than they may have go on, but not on everybody's processors.

A bound by the second lets a site take two processors for half of it, and who wakes meanwhile waits for a tick
(`core.lanes`). The rule is seen to by the group's own count of how often it was held back.
"""

import os
from dataclasses import dataclass, field

from panggon.core.lanes import SECONDS, lane
from panggon.node.sockets.cgroups import ControlGroups


@dataclass(slots=True)
class Lanes:
    """What was seen of groups, by name; times are seconds of a monotonic clock."""

    groups: ControlGroups
    _held_back: dict[str, int] = field(default_factory=dict)
    _until: dict[str, float] = field(default_factory=dict)

    def look(self, name: str, *, number: int, now: float) -> None:
        """At a group of the site with this number that runs now."""
        count = self.groups.held_back(name)
        wants_more = count > self._held_back.get(name, count)
        self._held_back[name] = count
        if wants_more:
            if name not in self._until:
                self.confine(name, number)
            self._until[name] = now + SECONDS
        elif name in self._until and now >= self._until[name]:
            del self._until[name]
            self.groups.confine(name, ())

    def started(self, name: str, *, number: int, now: float) -> None:
        """Who was confined a moment ago still is."""
        if self._until.get(name, now) > now:
            self.confine(name, number)
        else:
            self._until.pop(name, None)

    def ended(self, name: str, *, by_itself: bool, now: float) -> None:
        """Who is killed for its memory, and begins anew, is never held back: it counts as wanting too much."""
        self._held_back.pop(name, None)
        if by_itself:
            self._until[name] = now + SECONDS

    def confine(self, name: str, number: int) -> None:
        """From now on, for as long as nobody lets it out."""
        if place := lane(number, self.groups.cpu_percent(name), os.sched_getaffinity(0)):
            self.groups.confine(name, place)
