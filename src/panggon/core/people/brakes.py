"""Brakes on guessing: some tries are free, then each failure makes the next wait longer, up to a limit.

A brake is counted for who tries and what is tried together, so that a stranger who fails never keeps the owner out
(OWASP, "Slow Down Online Guessing Attacks with Device Cookies").
"""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Brake:
    """`free` tries need no waiting; then the pause is `first_pause`, and doubles with each failure, to `longest_pause`.

    Without a failure for `forgets_after` all is as at the beginning.
    """

    name: str
    free: int
    first_pause: timedelta
    longest_pause: timedelta
    forgets_after: timedelta

    def pause(self, failures: int) -> timedelta:
        """How long after its last failure somebody who failed so often has to wait."""
        beyond = failures - self.free
        if beyond < 0:
            return timedelta()
        doublings = min(beyond, 30)  # beyond every limit, and more would be beyond timedelta
        return min(self.first_pause * (1 << doublings), self.longest_pause)

    def held_until(self, failures: int, *, last: datetime, now: datetime) -> datetime | None:
        """Until when no try is let through; None: it may go on now."""
        if now - last >= self.forgets_after:
            return None
        end = last + self.pause(failures)
        return end if end > now else None

    def after_failure(self, failures: int, *, last: datetime, now: datetime) -> int:
        """How many failures count once there is one more."""
        return 1 if now - last >= self.forgets_after else failures + 1


# One person's password from one device or one network.
PASSWORD = Brake("password", 5, timedelta(seconds=5), timedelta(minutes=15), timedelta(hours=1))
# All that strangers of one network try: many offices share one address.
NETWORK = Brake("network", 60, timedelta(seconds=10), timedelta(minutes=15), timedelta(hours=1))
# The second factor: a million codes, so that all unknown devices together get few tries; a known device its own.
CODE = Brake("code", 5, timedelta(seconds=30), timedelta(minutes=15), timedelta(hours=6))
# Mails that one network asks for.
RESET = Brake("reset", 5, timedelta(minutes=1), timedelta(hours=1), timedelta(hours=6))
# Number and token of a case on the tracking page.
TRACKING = Brake("tracking", 20, timedelta(seconds=10), timedelta(minutes=15), timedelta(minutes=30))
# The code of an access document: for one person and case.
ACCESS_CODE = Brake("access_code", 5, timedelta(seconds=30), timedelta(minutes=15), timedelta(hours=6))
# Complaints that one network sends, each of which asks somebody to read it.
COMPLAINT = Brake("complaint", 10, timedelta(minutes=1), timedelta(hours=1), timedelta(hours=6))
# E-mails of one sender, and of all together, that become complaints without a person; and those in one thread.
MAIL_OF_ONE = Brake("mail_of_one", 5, timedelta(minutes=10), timedelta(hours=6), timedelta(hours=12))
MAIL_OF_ALL = Brake("mail_of_all", 60, timedelta(seconds=30), timedelta(minutes=10), timedelta(minutes=30))
MAIL_OF_THREAD = Brake("mail_of_thread", 20, timedelta(minutes=10), timedelta(hours=6), timedelta(hours=12))
# Addresses that one network leaves on tracking pages, each of which is sent a mail.
FOLLOW = Brake("follow", 20, timedelta(minutes=1), timedelta(hours=1), timedelta(hours=6))
# Files that one network has verified: each takes a process of its own.
VERIFY = Brake("verify", 15, timedelta(seconds=10), timedelta(minutes=5), timedelta(minutes=30))
