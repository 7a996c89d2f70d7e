"""A sandbox that another has taken the place of: it answers who was let in before, on a socket that has no name any
more, and then ends.
"""

from dataclasses import dataclass

from panggon.node.sockets.sandboxes.sandbox import Sandbox

# Who looked up the name of its socket before that was given away has come in by then, and is seen.
SETTLED_SECONDS = 1.0


@dataclass(slots=True)
class Former:
    """Times are seconds of a monotonic clock."""

    sandbox: Sandbox
    since: float
    end_by: float

    def tick(self, now: float) -> None:
        """Not asked to end before its last visitor is gone: php-fpm's way to ask cuts a page's `sleep()` short."""
        if now >= self.end_by:
            self.sandbox.kill()
        elif now >= self.since + SETTLED_SECONDS and not self.sandbox.visited:
            self.sandbox.ask_to_end()

    def end(self, by: float) -> None:
        """Then at the latest."""
        self.end_by = min(self.end_by, by)
