"""Helper: whose a site's things are on this machine, and who of theirs is logged in."""

import contextlib
import functools
import grp
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from panggon.core.errors import PermanentError
from panggon.core.spec import SITE_ID

SFTP = "sshd"  # OpenSSH's own programs, which run as the site's user for its SFTP; since 9.8 `sshd-session`


def uid_of(site: str, *, base: int) -> int:
    """The site's user and group id: `base` plus the number in its name, so that no machine keeps a list.

    Raises PermanentError `site.invalid`: no name that is not a site's may become a path, a user or an SQL identifier.
    """
    if not SITE_ID.fullmatch(site):
        raise PermanentError("site.invalid", site)
    return base + int(site[1:])


@functools.cache
def group_id(name: str) -> int:
    """Raises KeyError for a group that the system does not know."""
    return grp.getgrnam(name).gr_gid


def end_logins(uid: int) -> None:
    """End this user's SFTP sessions: sshd asks about keys and passwords at the beginning of one only."""
    for pid, name in running(uid):
        if name.startswith(SFTP):
            with contextlib.suppress(OSError):  # ended meanwhile
                os.kill(pid, signal.SIGKILL)


def running(uid: int) -> Iterator[tuple[int, str]]:
    """The processes of this user, each with its command name. What has ended and waits for its parent is none."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # ended meanwhile
            if process.stat().st_uid == uid:
                name, _, state = (process / "stat").read_text().partition("(")[2].rpartition(")")
                if state.split()[0] not in ("Z", "X"):
                    yield int(process.name), name
